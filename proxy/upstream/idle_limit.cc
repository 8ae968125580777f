#include "proxy/upstream/idle_limit.h"

#include <algorithm>

namespace weft::proxy {
namespace {

using namespace std::chrono_literals;

// Who closes sooner does not mean idling.
constexpr auto kLeastTimeout = 500ms;
// Closes within this time are one event: a service that goes away closes everything at once.
constexpr auto kOneEvent = 1s;
// When what was learned counts for twice as long a time.
constexpr auto kFade = 10min;

bool agree(IdleLimit::Duration a, IdleLimit::Duration b) { return std::max(a, b) <= std::min(a, b) / 4 * 5; }

}  // namespace

// One close may have any reason. Two at different times after the same idleness are a timeout.
void IdleLimit::closed_after(Duration idled, TimePoint now) {
  if (idled < kLeastTimeout) return;
  if (seen_.count() > 0 && now - seen_at_ < kOneEvent) {
    seen_ = std::min(seen_, idled);
    return;
  }
  if (seen_.count() > 0 && agree(seen_, idled)) {
    learned_ = std::min(seen_, idled) / 5 * 4;
    learned_at_ = now;
  }
  seen_ = idled;
  seen_at_ = now;
}

IdleLimit::Duration IdleLimit::limit(TimePoint now) const {
  if (learned_.count() == 0) return Duration::max();
  const double faded = std::chrono::duration<double>(now - learned_at_) / std::chrono::duration<double>(kFade);
  constexpr double kLongest = 1e17;  // three years; more would overflow a time
  return Duration(static_cast<int64_t>(std::min(kLongest, static_cast<double>(learned_.count()) * (1 + faded))));
}

}  // namespace weft::proxy
