// The thread for what has to be done by itself, apart from any request: generating services, removing what has gone. A
// chore runs soon after a change, when it asked to, and at the latest every so often. Owned by main.cc; chores run one
// after the other on this thread and may block on the store.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace weft::cp {

class Chores {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  // Returns when it wants to run again at the latest.
  using Chore = std::function<std::optional<SteadyTime>(SteadyTime now)>;

  // Changes that follow each other closely are handled together.
  static constexpr std::chrono::milliseconds kGatherTime{20};
  // After a run the thread rests this many times as long as the run took, so that chores take no more than a tenth of a
  // core; but not longer than this.
  static constexpr int kRest = 9;
  static constexpr std::chrono::milliseconds kLongestRest{500};

  Chores(std::vector<Chore> chores, std::chrono::milliseconds at_least_every);
  ~Chores();

  // Something changed. Any thread.
  void wake();

 private:
  void loop();

  const std::vector<Chore> chores_;
  const std::chrono::milliseconds at_least_every_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = true;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace weft::cp
