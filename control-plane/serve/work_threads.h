// A few threads for work that waits (for the disk). Tasks start in the order they were left. Thread-safe; destroying it
// drops what has not started and waits for what has.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"

namespace weft::cp {

class WorkThreads {
 public:
  // `name`: at most 15 characters, shown by the system.
  WorkThreads(int count, const char* name);
  ~WorkThreads();

  void post(absl::AnyInvocable<void()> task);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<absl::AnyInvocable<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace weft::cp
