#include "proxy/runtime/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace weft::proxy {
namespace {

// Without its descriptors no worker can run; the process ends before it serves anything.
int opened(int descriptor, const char* what) {
  if (descriptor >= 0) return descriptor;
  log_error("an event loop cannot start", {{"call", what}, {"reason", std::strerror(errno)}});
  std::abort();
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(opened(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(opened(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      now_(Clock::now()),
      wheel_(now_) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  opened(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event), "epoll_ctl");
}

EventLoop::~EventLoop() {
  adopted_.clear();
  close(wake_);
  close(epoll_);
}

void EventLoop::run() {
  while (!stopping()) turn(std::chrono::milliseconds::max());
}

void EventLoop::turn(std::chrono::milliseconds limit) {
  const int count = epoll_wait(epoll_, events_, kMaxEvents, wait_milliseconds(limit));
  now_ = Clock::now() + skipped_;
  telling_.swap(again_);
  received_ = count > 0 ? count : 0;  // EINTR: a turn without events
  for (served_ = 0; served_ < received_;) {
    const epoll_event& event = events_[served_++];
    if (event.data.ptr != nullptr) {
      static_cast<Watcher*>(event.data.ptr)->on_events(event.events);
    } else if (event.events != 0) {
      run_posted();
    }
  }
  if (!telling_.empty()) tell_those_again();
  wheel_.advance(now_);
  run_deferred();
}

void EventLoop::tell_those_again() {
  for (size_t i = 0; i < telling_.size(); ++i) {
    if (telling_[i].watcher != nullptr) telling_[i].watcher->on_events(telling_[i].events);
  }
  telling_.clear();
}

int EventLoop::wait_milliseconds(std::chrono::milliseconds limit) const {
  if (!deferred_.empty() || !again_.empty()) return 0;
  constexpr auto kLongest = std::chrono::milliseconds(std::chrono::hours(24));
  limit = std::min(limit, kLongest);
  const TimePoint next = wheel_.next_expiry();
  if (next == kNever) return limit == kLongest ? -1 : static_cast<int>(limit.count());
  const auto until = std::chrono::ceil<std::chrono::milliseconds>(next - now_);
  return static_cast<int>(std::clamp(until, std::chrono::milliseconds(0), limit).count());
}

void EventLoop::stop() {
  stopping_.store(true, std::memory_order_relaxed);
  wake();
}

void EventLoop::post(absl::AnyInvocable<void()> function) {
  bool first;
  {
    const std::lock_guard lock(posted_mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(function));
  }
  if (first) wake();
}

void EventLoop::wake() {
  // Fails only when the counter is full, and then the loop is awake already. Never read: each write is an edge of its
  // own.
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

void EventLoop::run_posted() {
  std::vector<absl::AnyInvocable<void()>> posted;
  {
    const std::lock_guard lock(posted_mutex_);
    posted.swap(posted_);
  }
  for (auto& function : posted) function();
}

void EventLoop::defer(absl::AnyInvocable<void()> function) { deferred_.push_back(std::move(function)); }

void EventLoop::run_deferred() {
  if (deferred_.empty()) return;
  running_.swap(deferred_);
  for (auto& function : running_) function();
  running_.clear();
}

void EventLoop::add(int descriptor, Watcher* watcher) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = watcher;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0) return;
  // No memory, or the limit of watches a user may have: what waits on the descriptor ends by its deadline.
  log_error("a descriptor cannot be watched", {{"reason", std::strerror(errno)}});
}

void EventLoop::abandon(const Watcher* watcher) {
  std::erase_if(adopted_, [&](const auto& adopted) { return adopted.get() == watcher; });
}

void EventLoop::remove(int descriptor, Watcher* watcher) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
  for (int i = served_; i < received_; ++i) {
    if (events_[i].data.ptr == watcher) events_[i] = epoll_event{};
  }
  for (std::vector<Told>* const list : {&again_, &telling_}) {
    for (Told& told : *list) {
      if (told.watcher == watcher) told.watcher = nullptr;
    }
  }
}

}  // namespace weft::proxy
