// Which dataplanes a resource concerns. Sorted by name. Pure functions of a World; any thread.
#pragma once

#include <vector>

#include "control-plane/store/world.h"

namespace weft::cp {

// A policy: those that it is for.
std::vector<ResourcePtr> dataplanes_of_policy(const World& world, const Resource& policy);

// A MeshService: its instances, ready or not.
std::vector<ResourcePtr> dataplanes_of_service(const World& world, const Resource& service);

// A service: those that may send to it.
std::vector<ResourcePtr> clients_of_service(const World& world, const Resource& service);

}  // namespace weft::cp
