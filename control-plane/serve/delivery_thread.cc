#include "control-plane/serve/delivery_thread.h"

#include <pthread.h>

#include <utility>

#include "control-plane/engine/compile_proxy.h"

namespace weft::cp {

DeliveryThread::DeliveryThread(Insights& insights, ServeMetrics& metrics)
    : thread_([this, &insights, &metrics] { loop(insights, metrics); }) {
  ::pthread_setname_np(thread_.native_handle(), "delivery");
}

DeliveryThread::~DeliveryThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void DeliveryThread::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = tasks_.empty();
    tasks_.push_back(std::move(task));
  }
  if (first) wake_.notify_one();
}

void DeliveryThread::loop(Insights& insights, ServeMetrics& metrics) {
  Memo memo;
  Delivery delivery([&memo](const World& world, const ResourceKey& key) { return compile_proxy(world, key, memo); },
                    insights, metrics);
  std::optional<SteadyTime> next;
  std::vector<Task> tasks;
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto something = [this] { return stopping_ || !tasks_.empty(); };
    if (next.has_value()) {
      wake_.wait_until(lock, *next, something);
    } else {
      wake_.wait(lock, something);
    }
    if (stopping_) return;
    tasks.swap(tasks_);
    lock.unlock();
    for (Task& task : tasks) task(delivery, std::chrono::steady_clock::now());
    tasks.clear();
    next = delivery.run(std::chrono::steady_clock::now());
    metrics.set_compiled(memo.counters());
    lock.lock();
  }
}

}  // namespace weft::cp
