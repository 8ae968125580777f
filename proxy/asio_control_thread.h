// The control thread on an Asio event loop: runs in the thread that calls run(), which is main's. The admin server uses
// the same loop. Signals arrive here as ordinary events.
#pragma once

#include <memory>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "proxy/config/control_thread.h"

namespace boost::asio {
class io_context;
}

namespace weft::proxy {

class AsioControlThread final : public ControlThread {
 public:
  AsioControlThread();
  ~AsioControlThread() override;

  void post(Function function) override;
  Ticket after(std::chrono::nanoseconds delay, Function function) override;
  TimePoint now() const override;

  // Calls `on_signal` for each of `signals` that arrives, until the thread stops.
  void watch_signals(const std::vector<int>& signals, absl::AnyInvocable<void(int)> on_signal);
  // Until stop().
  void run();
  void stop();  // any thread

  boost::asio::io_context& loop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft::proxy
