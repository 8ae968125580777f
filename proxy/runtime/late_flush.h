// The last bytes of a connection that was closed before its slow peer took them: what was encrypted for it counts as
// written. Owns the descriptor and itself; worker's thread only.
#pragma once

#include <string>

#include "proxy/runtime/event_loop.h"

namespace weft::proxy {

class LateFlush final : private Watcher, private Timer {
 public:
  // Closes `descriptor` when all is written, the peer is gone, or after kLimit.
  static void start(EventLoop& loop, int descriptor, std::string bytes);
  ~LateFlush() override;

 private:
  static constexpr std::chrono::seconds kLimit{10};
  LateFlush(EventLoop& loop, int descriptor, std::string bytes);
  void on_events(uint32_t events) override;
  void on_timer() override { loop_.abandon(this); }

  EventLoop& loop_;
  const int descriptor_;
  const std::string bytes_;
  size_t sent_ = 0;
};

}  // namespace weft::proxy
