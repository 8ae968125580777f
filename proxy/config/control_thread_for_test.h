// A control thread whose time and order a test drives by hand. For tests; post() from any thread.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "proxy/config/control_thread.h"

namespace weft::proxy {

class FakeControlThread final : public ControlThread {
 public:
  void post(Function function) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(function));
  }
  Ticket after(std::chrono::nanoseconds delay, Function function) override {
    auto ticket = std::make_shared<int>(0);
    timers_.push_back({now_ + delay, ticket, std::move(function)});
    return ticket;
  }
  TimePoint now() const override { return now_; }

  // Everything that was posted, and what that posts.
  void run_posted() {
    for (;;) {
      Function next;
      {
        const std::lock_guard lock(mutex_);
        if (posted_.empty()) return;
        next = std::move(posted_.front());
        posted_.pop_front();
      }
      next();
    }
  }

  // Moves time and runs what becomes due, in its order.
  void advance(std::chrono::nanoseconds by) {
    run_posted();
    const TimePoint end = now_ + by;
    for (;;) {
      std::erase_if(timers_, [](const Entry& entry) { return entry.ticket.expired(); });
      const auto next = std::min_element(timers_.begin(), timers_.end(),
                                         [](const Entry& a, const Entry& b) { return a.due < b.due; });
      if (next == timers_.end() || next->due > end) break;
      now_ = next->due;
      const auto keep = next->ticket.lock();
      Function function = std::move(next->function);
      timers_.erase(next);
      function();
      run_posted();
    }
    now_ = end;
  }

 private:
  struct Entry {
    TimePoint due;
    std::weak_ptr<int> ticket;
    Function function;
  };
  std::mutex mutex_;
  std::deque<Function> posted_;
  std::vector<Entry> timers_;
  TimePoint now_{std::chrono::hours(1)};
};

}  // namespace weft::proxy
