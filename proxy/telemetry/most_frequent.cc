#include "proxy/telemetry/most_frequent.h"

#include <algorithm>

namespace weft::proxy {

void MostFrequent::record(uint32_t destination_slot, std::string_view text) {
  const std::lock_guard lock(mutex_);
  for (Tally& tally : tallies_) {
    if (tally.destination_slot != destination_slot || tally.text != text) continue;
    ++tally.connections;
    return;
  }
  if (tallies_.size() < kTexts) {
    tallies_.push_back({destination_slot, std::string(text), 1});
    return;
  }
  Tally& least = *std::min_element(tallies_.begin(), tallies_.end(),
                                   [](const Tally& a, const Tally& b) { return a.connections < b.connections; });
  least = {destination_slot, std::string(text), least.connections + 1};
}

std::vector<MostFrequent::Tally> MostFrequent::list() const {
  const std::lock_guard lock(mutex_);
  return tallies_;
}

}  // namespace weft::proxy
