// The one thread on which everything but requests happens: the stream to the control plane, building snapshots,
// signals, the admin socket. An interface because tests drive time and order by hand; the real one is
// proxy/asio_control_thread.h.
#pragma once

#include <chrono>
#include <memory>

#include "absl/functional/any_invocable.h"

namespace weft::proxy {

class ControlThread {
 public:
  using Function = absl::AnyInvocable<void()>;
  using TimePoint = std::chrono::steady_clock::time_point;
  // Destroying it cancels what it stands for.
  using Ticket = std::shared_ptr<void>;

  virtual ~ControlThread() = default;
  // Runs `function` on the control thread, in the order of the calls. Any thread.
  virtual void post(Function function) = 0;
  // Runs `function` once after `delay`. Control thread.
  [[nodiscard]] virtual Ticket after(std::chrono::nanoseconds delay, Function function) = 0;
  virtual TimePoint now() const = 0;
};

}  // namespace weft::proxy
