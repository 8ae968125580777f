#include "control-plane/serve/registrations.h"

#include <algorithm>

#include "base/log.h"

namespace weft::cp {

Registrations::Registrations(Store& store, std::chrono::milliseconds delay) : store_(store), delay_(delay) {}

void Registrations::arrived(const ResourceKey& dataplane) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[dataplane];
  ++entry.streams;
  entry.remove_at.reset();
}

void Registrations::left(const ResourceKey& dataplane, bool brought_along, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(dataplane);
  if (found == entries_.end()) return;
  --found->second.streams;
  if (found->second.streams > 0) return;
  if (brought_along) {
    found->second.remove_at = now + delay_;
  } else {
    entries_.erase(found);
  }
}

std::optional<SteadyTime> Registrations::remove_due(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  std::optional<SteadyTime> next;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    if (!entry->second.remove_at.has_value() || *entry->second.remove_at > now) {
      if (entry->second.remove_at.has_value())
        next = std::min(next.value_or(*entry->second.remove_at), *entry->second.remove_at);
      ++entry;
      continue;
    }
    const Result<uint64_t> removed = store_.write({{.kind = Write::Kind::kDelete, .key = entry->first}});
    if (removed.ok()) {
      log_info("the proxy did not come back: its dataplane is removed",
               {{"mesh", entry->first.mesh}, {"name", entry->first.name}});
    } else if (!is_not_found(removed.status())) {
      log_warning("cannot remove a dataplane whose proxy is gone",
                  {{"mesh", entry->first.mesh}, {"name", entry->first.name}, {"reason", reason(removed.status())}});
      entry->second.remove_at = now + delay_;
      next = std::min(next.value_or(*entry->second.remove_at), *entry->second.remove_at);
      ++entry;
      continue;
    }
    entry = entries_.erase(entry);
  }
  return next;
}

}  // namespace weft::cp
