// Which endpoint an attempt goes to: a priority by the health of its instances, a locality in it by weight, and one of
// its instances by the rule of the route. An instance that was tried already, or could not be reached a moment ago, is
// only taken when no other is left. No
// I/O and no clock; what it knows of sets and instances is this worker's own. Worker's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/random.h"
#include "proxy/route/hash_tables.h"
#include "proxy/route/outlier_board.h"
#include "proxy/route/route.h"
#include "proxy/upstream/endpoint_health.h"
#include "proxy/upstream/priority_shares.h"
#include "proxy/upstream/rotation.h"

namespace weft::proxy {

// The endpoints one request has been sent to, the last few.
class Tried {
 public:
  static constexpr size_t kRemembered = 8;
  void add(const Endpoint& endpoint) {
    slots_[count_ % slots_.size()] = endpoint.slot;
    ++count_;
  }
  bool contains(const Endpoint& endpoint) const {
    for (size_t i = 0; i < count_ && i < slots_.size(); ++i) {
      if (slots_[i] == endpoint.slot) return true;
    }
    return false;
  }
  bool empty() const { return count_ == 0; }

 private:
  std::array<uint32_t, kRemembered> slots_{};
  size_t count_ = 0;
};

// One backend of `route` by weight; null when there is none with a weight.
const Backend* pick_backend(const Route& route, Random& random);

// What a pick depends on beside the set itself.
struct PickContext {
  const BalanceRule* rule = nullptr;       // null: round robin
  const HashTables* tables = nullptr;      // of this set, when the rule hashes
  const OutlierBoard* outliers = nullptr;  // of this set; null: nobody is left out
  std::optional<uint64_t> hash;            // of the request
  Tried tried;
  TimePoint now{};
  double panic_threshold = 50;
  bool fails_on_panic = false;
};
PickContext pick_context(const Backend& backend, const Plan& plan, const Tried& tried, TimePoint now);

class Balancer {
 public:
  Balancer(Random& random, HealthTable& health) : random_(random), health_(health) {}

  // Null when there is nobody to go to.
  const Endpoint* pick(const EndpointSet& set, const PickContext& context);
  // From time to time what belongs to sets that are not used any more goes.
  void snapshot_changed();

  size_t known_sets() const { return states_.size(); }

 private:
  // Who may be picked in one locality.
  struct Group {
    std::vector<uint32_t> members;  // indexes in the set
    double weight = 1;
    bool equal = true;           // all members weigh the same
    TimePoint youngest_since{};  // when the member came that came last
    size_t next = 0;             // of equal members
    WeightedRotation turns;      // of others
  };
  struct Level {
    size_t first_group = 0;
    size_t end_group = 0;
    bool panicking = false;
    WeightedRotation turns;  // of its groups, when there are several
  };
  // What is known of one set.
  struct SetState {
    uint64_t health_version = ~uint64_t{0};
    uint64_t outliers_version = 0;
    double panic_threshold = -1;
    uint64_t last_used = 0;
    PriorityShares shares;
    std::vector<Level> levels;
    std::vector<Group> groups;
  };

  SetState& state_of(const EndpointSet& set, const PickContext& context);
  void meet(const EndpointSet& set, TimePoint now);
  void refresh(const EndpointSet& set, SetState& state, const PickContext& context);
  bool usable(const EndpointSet& set, size_t index, const PickContext& context) const;
  void fill_group(const EndpointSet& set, const Locality& locality, bool panicking, const PickContext& context,
                  Group& group) const;
  size_t level_for(const SetState& state, const PickContext& context);
  Group& group_in(SetState& state, Level& level);
  uint32_t turn(const EndpointSet& set, Group& group, const PickContext& context);
  uint32_t least_busy(const EndpointSet& set, const Group& group, uint32_t choices);
  const Endpoint* by_hash(const EndpointSet& set, const SetState& state, size_t level,
                          const PickContext& context) const;
  const Endpoint* in_group(const EndpointSet& set, Group& group, const PickContext& context);
  bool passed_over(const Endpoint& endpoint, const PickContext& context) const;
  const Endpoint* untried(const EndpointSet& set, const SetState& state, const PickContext& context);

  Random& random_;
  HealthTable& health_;
  absl::flat_hash_map<uint64_t, SetState> states_;  // by the set's number
  uint64_t snapshots_ = 0;
};

}  // namespace weft::proxy
