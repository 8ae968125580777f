// Items from the control plane into snapshots. Keeps the last good version of every item; an item that cannot be used
// is refused alone, with a reason, and is tried again with every update until it is replaced or removed. Staging
// computes what the configuration would be; committing makes it the current one. No I/O, no clock; control thread. What
// did not change is shared with the previous snapshot by pointer: listeners, destinations, endpoint sets, policy
// objects and what TLS needs.
#pragma once

#include <compare>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/config/decode.h"
#include "proxy/config/identity_items.h"
#include "proxy/config/shared_policies.h"
#include "proxy/config/slots.h"
#include "proxy/config/snapshot.h"
#include "weft/v1/config_item.pb.h"
#include "weft/v1/config_service.pb.h"

namespace weft::proxy {

struct ItemKey {
  v1::ItemType type = v1::ITEM_TYPE_UNSPECIFIED;
  std::string name;
  auto operator<=>(const ItemKey&) const = default;
};

// One accepted item. A destination itself is in Configuration::destinations, once.
struct Unit {
  uint64_t hash = 0;
  std::string payload;
  std::variant<std::monostate, DecodedListeners, DecodedEndpoints, DecodedIdentity, TrustBundle> content;
};
// As the control plane sent it.
v1::Item item_of(const ItemKey& key, const Unit& unit);

struct RefusedItem {
  v1::Item item;
  std::string reason;
};

// What being told who it is means for a proxy at this moment.
enum class IdentityState : uint8_t {
  kNone,     // nobody told: everything is plaintext
  kAwaited,  // ran without, and goes on so until its first certificate has come
  kMissing,  // started with, and has no certificate: nothing is let in, nothing goes where TLS is spoken
  kInUse,
};

// What `Snapshot::tls` was made of.
struct TlsIngredients {
  std::shared_ptr<const WorkloadCertificate> certificate;
  std::shared_ptr<const Unit> identity;
  std::vector<std::shared_ptr<const Unit>> trust;
  bool operator==(const TlsIngredients&) const = default;
};

struct Configuration {
  uint64_t revision = 0;
  std::map<ItemKey, std::shared_ptr<const Unit>> accepted;
  // The newest version of items of which an older version, or none, is in use.
  std::map<ItemKey, RefusedItem> refused;
  // Removed by the control plane, but something that is in use refers to them.
  std::set<ItemKey> still_needed;
  std::map<std::string_view, std::shared_ptr<const Destination>> destinations;  // by their own name
  IdentityState identity = IdentityState::kNone;
  TlsIngredients tls;
  // Why what `tls` should be could not be made; the last good one is in use. Empty: it could.
  std::string tls_failure;
  // Never null once something was staged.
  std::shared_ptr<const Snapshot> snapshot;
};

// Null when there is no such item.
const DecodedIdentity* identity_of(const Configuration& configuration);

class SnapshotBuilder {
 public:
  // make_tls_material(), or a test's.
  using MakeMaterial = std::function<Result<std::shared_ptr<const TlsMaterial>>(
      std::shared_ptr<const WorkloadCertificate>, std::vector<TrustBundle>, const TlsRule&)>;
  explicit SnapshotBuilder(MakeMaterial make_material) : make_material_(std::move(make_material)) {}

  // Counts from the next stage() on. Null: there is none.
  void set_certificate(std::shared_ptr<const WorkloadCertificate> certificate) {
    certificate_ = std::move(certificate);
  }
  // `listeners_refusal`: why the listeners of the last try could not be opened; new listeners are then left as they
  // were.
  Configuration stage(const v1::Update& update, const std::optional<std::string>& listeners_refusal = std::nullopt);
  // The snapshot, if it is another than before, must then be published: workers learn from each what they must forget.
  void commit(Configuration next);

  const Configuration& current() const { return current_; }
  const DestinationNumbers& numbers() const { return numbers_; }

 private:
  friend class Staging;
  const MakeMaterial make_material_;
  std::shared_ptr<const WorkloadCertificate> certificate_;
  Configuration current_;
  AddressSlots slots_;
  std::vector<uint32_t> slot_tenants_;  // by slot: who had it in the last configuration that did
  SharedPolicies shared_policies_;
  DestinationNumbers numbers_;
};

}  // namespace weft::proxy
