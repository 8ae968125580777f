// Small worlds in which much collides: few names, few labels, every role, origin and zone. The same seed gives the same
// world everywhere. For tests.
#pragma once

#include <cstdint>

#include "tests/matching/reference.h"

namespace weft::reference {

// Only kinds that the programs know appear.
World random_world(uint64_t seed);

}  // namespace weft::reference
