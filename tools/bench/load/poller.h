// Level-triggered epoll for one thread. A watched object is registered with its descriptor and told of events; it must
// stay in place until the turn in which it was removed has ended, because events already fetched still reach it. Owned
// by the program; its thread only.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>

namespace weft::bench {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

class Watched {
 public:
  virtual ~Watched() = default;
  virtual void on_events(uint32_t events) = 0;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void add(int descriptor, uint32_t events, Watched& watched);
  void change(int descriptor, uint32_t events, Watched& watched);
  // Waits for events, at most until `deadline`, and delivers them.
  void turn(TimePoint deadline);

 private:
  int epoll_;
};

}  // namespace weft::bench
