// What the engine knows of one mesh, ready to be asked: services and dataplanes by name and label, policies sorted, the
// instances of every service, who is who and who is believed. Follows the tables of a World by pointer, so what did not
// change is not looked at. Owned by a Memo, on its thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "control-plane/engine/identity_index.h"
#include "control-plane/engine/label_index.h"
#include "control-plane/engine/trust_index.h"
#include "control-plane/engine/views.h"
#include "control-plane/store/world.h"

namespace weft::cp {

using Instances = std::shared_ptr<const std::vector<DataplaneViewPtr>>;

// The policies of one kind, weakest first.
class PolicyIndex {
 public:
  bool follow(const std::shared_ptr<const World::Table>& table);
  const std::vector<PolicyPtr>& sorted() const { return sorted_; }

 private:
  struct Entry {
    ResourcePtr resource;
    PolicyPtr policy;
  };
  std::shared_ptr<const World::Table> table_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::vector<PolicyPtr> sorted_;
};

class MeshIndex {
 public:
  explicit MeshIndex(std::string mesh);

  // Takes over what `world` says of the mesh; returns how many tables are new.
  size_t follow(const World& world);

  // Rise when something of the kind changed.
  uint64_t policies_generation() const { return policies_generation_; }
  uint64_t services_generation() const { return services_.generation(); }
  uint64_t dataplanes_generation() const { return dataplanes_.generation(); }
  uint64_t identities_generation() const { return identities_.generation(); }

  // The Mesh itself exists.
  bool mesh_visible() const { return mesh_visible_; }
  DataplaneViewPtr dataplane(std::string_view name) const { return dataplanes_.find(name); }
  ServiceViewPtr service(std::string_view name) const { return services_.find(name); }
  // The oldest that carries all of the labels; null when there is none.
  template <typename LabelMap>
  ServiceViewPtr oldest_service(const LabelMap& labels) const {
    const auto selected = services_.select(labels);
    return selected.empty() ? nullptr : selected.front();
  }
  // The dataplanes a service selects. The same pointer as long as they are the same versions of the same dataplanes.
  Instances instances(const ServiceViewPtr& service);
  // By the position of the kind in policy_kinds().
  const std::vector<PolicyPtr>& policies(size_t kind) const { return policies_[kind].sorted(); }
  ProxyIdentity identity_of(const DataplaneView& dataplane) {
    return identities_.identity_of(dataplane.resource->labels);
  }
  const TrustViews& trusts() const { return trusts_.domains(); }

 private:
  struct Selected {
    ServiceViewPtr service;
    uint64_t generation = 0;
    Instances instances;
  };
  std::string mesh_;
  bool mesh_visible_ = false;
  uint64_t policies_generation_ = 0;
  LabelIndex<DataplaneView> dataplanes_;
  LabelIndex<ServiceView> services_;
  IdentityIndex identities_;
  TrustIndex trusts_;
  std::vector<PolicyIndex> policies_;
  std::unordered_map<std::string, Selected> selected_;  // by service name
};

}  // namespace weft::cp
