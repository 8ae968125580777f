#include "proxy/telemetry/plain_callers.h"

#include <algorithm>

namespace weft::proxy {

void PlainCallers::record(uint32_t destination_slot, std::string_view address) {
  const std::string_view host = address.substr(0, address.rfind(':'));
  const std::lock_guard lock(mutex_);
  for (Caller& caller : callers_) {
    if (caller.destination_slot != destination_slot || caller.address != host) continue;
    ++caller.connections;
    return;
  }
  if (callers_.size() < kAddresses) {
    callers_.push_back({destination_slot, std::string(host), 1});
    return;
  }
  Caller& least = *std::min_element(callers_.begin(), callers_.end(),
                                    [](const Caller& a, const Caller& b) { return a.connections < b.connections; });
  least = {destination_slot, std::string(host), least.connections + 1};
}

std::vector<PlainCallers::Caller> PlainCallers::list() const {
  const std::lock_guard lock(mutex_);
  return callers_;
}

}  // namespace weft::proxy
