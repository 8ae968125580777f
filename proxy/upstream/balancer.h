// Which endpoint an attempt goes to: smooth weighted round robin over each endpoint set, per worker. A retry prefers an
// endpoint that has not been tried. Worker's thread only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/random.h"
#include "proxy/route/route.h"

namespace weft::proxy {

// The endpoints one request has been sent to, the last few.
class Tried {
 public:
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
  std::array<uint32_t, 8> slots_{};
  size_t count_ = 0;
};

// One backend of `route` by weight; null when there is none with a weight.
const Backend* pick_backend(const Route& route, Random& random);

class Balancer {
 public:
  explicit Balancer(Random& random) : random_(random) {}

  // Null when the set is empty.
  const Endpoint* pick(const EndpointSet& set, const Tried& tried);

 private:
  // Where the rotation of one set stands.
  struct Rotation {
    size_t next = 0;               // equal weights
    std::vector<int64_t> credits;  // unequal weights; as many as endpoints
    size_t size = 0;               // endpoints when this was made
    bool equal = true;
  };
  Rotation& rotation_of(const EndpointSet& set);
  static const Endpoint& turn(const EndpointSet& set, Rotation& rotation);

  Random& random_;
  // By address: sets are immutable and shared. An address used again by another set starts somewhere else in its
  // rotation, which nobody can tell.
  absl::flat_hash_map<const EndpointSet*, Rotation> rotations_;
};

}  // namespace weft::proxy
