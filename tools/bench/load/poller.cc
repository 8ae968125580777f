#include "tools/bench/load/poller.h"

#include <unistd.h>

#include <algorithm>

namespace weft::bench {

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
Poller::~Poller() { close(epoll_); }

void Poller::add(int descriptor, uint32_t events, Watched& watched) {
  epoll_event event{.events = events, .data = {.ptr = &watched}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void Poller::change(int descriptor, uint32_t events, Watched& watched) {
  epoll_event event{.events = events, .data = {.ptr = &watched}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void Poller::turn(TimePoint deadline) {
  using std::chrono::nanoseconds;
  const auto left = std::max(nanoseconds::zero(), std::chrono::duration_cast<nanoseconds>(deadline - Clock::now()));
  const timespec wait{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
  epoll_event events[256];
  const int count = epoll_pwait2(epoll_, events, 256, &wait, nullptr);
  for (int i = 0; i < count; ++i) static_cast<Watched*>(events[i].data.ptr)->on_events(events[i].events);
}

}  // namespace weft::bench
