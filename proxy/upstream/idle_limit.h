// How long a connection to one endpoint may idle before the endpoint itself would close it, learned from those it
// closed: a request must not meet the close half way. What was learned fades, so that a wrong conclusion mends itself.
// No clock; part of a pool's slot, worker's thread only.
#pragma once

#include <chrono>

#include "proxy/runtime/event_loop.h"

namespace weft::proxy {

class IdleLimit {
 public:
  using Duration = std::chrono::nanoseconds;

  // The peer closed a connection that had idled for so long.
  void closed_after(Duration idled, TimePoint now);

  // max(): nothing is known.
  Duration limit(TimePoint now) const;

 private:
  Duration learned_{0};  // 0: nothing
  TimePoint learned_at_{};
  Duration seen_{0};  // what the last close looked like; 0: none was seen
  TimePoint seen_at_{};
};

}  // namespace weft::proxy
