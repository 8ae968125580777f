// Stored resources in the shape the engine works with: what is asked of them again and again is computed once. A view
// belongs to one stored version of a resource, so equal pointers mean equal inputs. Immutable, any thread.
#pragma once

#include <memory>
#include <string>

#include "control-plane/resource/resource.h"
#include "policies/match.h"
#include "policies/to_rules.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {

struct DataplaneView {
  ResourcePtr resource;
  const v1::Dataplane* spec = nullptr;  // never null
  ProxyView proxy;

  const v1::Dataplane::Networking& networking() const { return spec->networking(); }
  // Where an inbound listens.
  const std::string& address_of(const v1::Dataplane::Networking::Inbound& inbound) const {
    return inbound.address().empty() ? networking().address() : inbound.address();
  }
};

struct ServiceView {
  ResourcePtr resource;
  const v1::MeshService* spec = nullptr;  // never null
  TargetResource target;
};

using DataplaneViewPtr = std::shared_ptr<const DataplaneView>;
using ServiceViewPtr = std::shared_ptr<const ServiceView>;

// Null when the resource is of another type.
DataplaneViewPtr view_dataplane(ResourcePtr resource);
ServiceViewPtr view_service(ResourcePtr resource);
PolicyPtr view_policy(ResourcePtr resource);

// Traffic may be sent to it.
bool is_ready(const v1::Dataplane::Networking::Inbound& inbound);
// It is what calls of this port of a service reach.
bool fits(const v1::MeshService::Port& port, const v1::Dataplane::Networking::Inbound& inbound);

// "10.0.0.5", "fd00::1"; not a name.
bool is_ip_address(const std::string& text);

}  // namespace weft::cp
