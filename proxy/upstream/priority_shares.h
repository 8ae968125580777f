// How the traffic of one endpoint set is shared out among its priorities: what the first cannot take goes to the next.
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace weft::proxy {

struct PriorityHealth {
  uint32_t usable = 0;
  uint32_t all = 0;
};

struct PriorityShare {
  uint32_t percent = 0;       // of the traffic
  double usable_percent = 0;  // of its endpoints
};

struct PriorityShares {
  std::vector<PriorityShare> levels;
  // All priorities together have too little to give: those below the panic threshold use whatever they have.
  bool starved = false;
};

// A priority can take usable/all of the traffic, times `overprovisioning_percent`; the rest goes on to the next. When
// it is not enough at the end, what there is stands for everything; when nobody is usable, the number of endpoints
// decides.
void share_out(std::span<const PriorityHealth> health, uint32_t overprovisioning_percent, PriorityShares& out);

// Which priority a request goes to; `point` in [0, 100).
size_t priority_at(const PriorityShares& shares, uint32_t point);

// The share of its weight that an endpoint gets which came `age` ago.
double slow_start_share(double age, double window, double aggression, double least);

}  // namespace weft::proxy
