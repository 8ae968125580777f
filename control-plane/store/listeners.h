// Functions to call when something happens. Adding gives a handle; when the handle is gone the function is never called
// again, and none of its calls is under way (unless it let go of its own handle). Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace weft::cp {

template <typename... Args>
class Listeners {
 public:
  using Function = std::function<void(Args...)>;

  std::shared_ptr<void> add(Function function) {
    auto entry = std::make_shared<Entry>();
    entry->function = std::move(function);
    const std::lock_guard lock(list_->mutex);
    list_->entries.push_back(entry);
    return std::shared_ptr<void>(nullptr, [list = list_, entry](void*) { remove(*list, entry); });
  }

  // One call at a time: callers are the writer thread alone.
  void call(Args... args) {
    std::vector<std::shared_ptr<Entry>> entries;
    {
      const std::lock_guard lock(list_->mutex);
      entries = list_->entries;
    }
    for (const auto& entry : entries) {
      const std::lock_guard lock(entry->running);
      if (!entry->function) continue;
      entry->caller = std::this_thread::get_id();
      entry->function(args...);
      entry->caller = std::thread::id();
    }
  }

 private:
  struct Entry {
    std::mutex running;
    std::atomic<std::thread::id> caller;
    Function function;
  };
  struct List {
    std::mutex mutex;
    std::vector<std::shared_ptr<Entry>> entries;
  };

  static void remove(List& list, const std::shared_ptr<Entry>& entry) {
    {
      const std::lock_guard lock(list.mutex);
      std::erase(list.entries, entry);
    }
    if (entry->caller == std::this_thread::get_id()) return;  // inside its own call
    const std::lock_guard wait(entry->running);
    entry->function = nullptr;
  }

  std::shared_ptr<List> list_ = std::make_shared<List>();
};

}  // namespace weft::cp
