// The thread that Delivery lives on, and the only door to it: others leave a task, it runs them in order. Owned by
// main.cc. Thread-safe; destroying it ends the thread after the task under way.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "control-plane/serve/delivery.h"

namespace weft::cp {

class DeliveryThread {
 public:
  using Task = absl::AnyInvocable<void(Delivery& delivery, SteadyTime now)>;

  DeliveryThread(Insights& insights, ServeMetrics& metrics);
  ~DeliveryThread();

  void post(Task task);

 private:
  void loop(Insights& insights, ServeMetrics& metrics);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Task> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace weft::cp
