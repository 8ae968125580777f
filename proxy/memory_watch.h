// Looks once a second how much memory is in use, and twenty times a second when it becomes tight; tells the workers'
// shared load (proxy/runtime/load.h), has them give back what they can, and says in the log when requests are refused
// for it and when they no longer are. Control thread.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "proxy/config/control_thread.h"
#include "proxy/memory_usage.h"
#include "proxy/runtime/load.h"

namespace weft::proxy {

class MemoryWatch {
 public:
  // `limit`: bytes of memory of its own; 0: only what its control group allows. `relieve` is called while there is
  // pressure. All must outlive it.
  MemoryWatch(ControlThread& thread, ProcessLoad& load, uint64_t limit, std::function<MemoryUsage()> read,
              absl::AnyInvocable<void()> relieve);

  // Looks at once and from then on.
  void start();

  // As last seen; limit 0: there is none.
  uint64_t used() const { return used_; }
  uint64_t limit() const { return limit_; }
  uint64_t anonymous() const { return anonymous_; }

 private:
  void look();
  void report(Pressure before);

  ControlThread& thread_;
  ProcessLoad& load_;
  const uint64_t own_limit_;
  const std::function<MemoryUsage()> read_;
  absl::AnyInvocable<void()> relieve_;
  uint64_t used_ = 0;
  uint64_t limit_ = 0;
  uint64_t anonymous_ = 0;
  Pressure reported_ = Pressure::kNone;
  ControlThread::Ticket timer_;
};

}  // namespace weft::proxy
