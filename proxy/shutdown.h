// How a proxy ends. SIGTERM drains everything and ends as soon as no connection has been open for a short while (peers
// that have not noticed yet still get answers), at the latest after the drain time. A second SIGTERM ends at once, and
// so does the first one after SIGUSR2, which drains inbound connections for ever and lets outbound ones go on. Control
// thread.
#pragma once

#include <functional>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "base/duration.h"
#include "proxy/config/control_thread.h"
#include "proxy/data_plane.h"

namespace weft::proxy {

class Shutdown {
 public:
  struct Options {
    Nanoseconds drain_time = std::chrono::seconds(30);
    // Without an open connection for so long: done.
    Nanoseconds quiet_time = std::chrono::seconds(1);
    // Longest drain after another process has taken this one's place: nobody waits for the end of this one.
    Nanoseconds hand_over_time = std::chrono::minutes(15);
  };
  // `began` is called once, when termination starts; `finished` once, when it is time to exit.
  Shutdown(Options options, ControlThread& thread, DataPlane& data_plane, absl::AnyInvocable<void()> began,
           absl::AnyInvocable<void()> finished);

  void terminate();
  // Another process accepts the connections from now on; those that are open go on until they end, or time is up.
  // A SIGTERM after that is the first one.
  void hand_over();
  void drain_inbound();

 private:
  void drain(Nanoseconds at_most);
  void look();
  void finish();

  const Options options_;
  ControlThread& thread_;
  DataPlane& data_plane_;
  absl::AnyInvocable<void()> began_;
  absl::AnyInvocable<void()> finished_;
  bool inbound_drained_ = false;
  bool terminating_ = false;
  bool handed_over_ = false;
  ControlThread::TimePoint ends_at_;
  std::optional<ControlThread::TimePoint> quiet_since_;
  ControlThread::Ticket timer_;
};

}  // namespace weft::proxy
