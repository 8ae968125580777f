#include "proxy/asio_control_thread.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <utility>

namespace weft::proxy {

struct AsioControlThread::State {
  boost::asio::io_context loop{1};
  boost::asio::signal_set signals{loop};
  absl::AnyInvocable<void(int)> on_signal;

  void wait_for_signal() {
    signals.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      on_signal(signal);
      wait_for_signal();
    });
  }
};

AsioControlThread::AsioControlThread() : state_(std::make_unique<State>()) {}
AsioControlThread::~AsioControlThread() = default;

void AsioControlThread::post(Function function) {
  boost::asio::post(state_->loop, [f = std::move(function)]() mutable { f(); });
}

ControlThread::Ticket AsioControlThread::after(std::chrono::nanoseconds delay, Function function) {
  auto timer = std::make_shared<boost::asio::steady_timer>(state_->loop, delay);
  // A timer that was destroyed, or had expired in the very moment it was, does not fire.
  timer->async_wait(
      [f = std::move(function), alive = std::weak_ptr(timer)](const boost::system::error_code& error) mutable {
        if (!error && !alive.expired()) f();
      });
  return timer;
}

ControlThread::TimePoint AsioControlThread::now() const { return std::chrono::steady_clock::now(); }

void AsioControlThread::watch_signals(const std::vector<int>& signals, absl::AnyInvocable<void(int)> on_signal) {
  state_->on_signal = std::move(on_signal);
  for (int signal : signals) state_->signals.add(signal);
  state_->wait_for_signal();
}

void AsioControlThread::run() {
  const auto work = boost::asio::make_work_guard(state_->loop);
  state_->loop.run();
}

void AsioControlThread::stop() { state_->loop.stop(); }

boost::asio::io_context& AsioControlThread::loop() { return state_->loop; }

}  // namespace weft::proxy
