// What a control plane finds of its own when it starts for the first time, beside the mesh (defaults.h): the zone it
// is, the generators of host names. Ordinary resources, created when they are absent.
#pragma once

#include "base/status.h"
#include "control-plane/resource/place.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// In a zone there is exactly one Zone, the zone itself; others go. Nothing on the global control plane, which learns of
// zones when they connect.
Status create_own_zone(Store& store, const World& world, const Place& place);

// The generators that name services: on the global control plane those for what it sends to zones, in a zone those for
// what is its own.
Status create_hostname_generators(Store& store, const World& world, const Place& place);

}  // namespace weft::cp
