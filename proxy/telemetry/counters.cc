#include "proxy/telemetry/counters.h"

namespace weft::proxy {

DestinationCounters& WorkerCounters::at(uint32_t slot) {
  auto& place = slots_[slot < kSlots ? slot : kSlots - 1];
  DestinationCounters* counters = place.load(std::memory_order_relaxed);
  if (counters == nullptr) {
    counters = new DestinationCounters;
    place.store(counters, std::memory_order_release);
  }
  return *counters;
}

WorkerCounters::~WorkerCounters() {
  for (auto& place : slots_) delete place.load(std::memory_order_relaxed);
}

}  // namespace weft::proxy
