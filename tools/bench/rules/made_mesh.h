// A large mesh without a store: services with two instances each, and policies of every breadth. For measuring; the
// same sizes give the same mesh.
#pragma once

#include <cstddef>
#include <string>

#include "control-plane/store/world.h"

namespace weft::bench {

struct MeshSize {
  int services = 1000;
  int dataplanes = 2000;
  int policies = 200;
};

cp::WorldPtr make_world(const MeshSize& size);

cp::ResourceKey dataplane_key(int number);
// A MeshTimeout for the two instances of one service, another one each time. What is measured as a change.
cp::ResourcePtr narrow_policy(int service, int seconds);

}  // namespace weft::bench
