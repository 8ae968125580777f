#include "proxy/shutdown.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace weft::proxy {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(50);

}  // namespace

Shutdown::Shutdown(Options options, ControlThread& thread, DataPlane& data_plane, absl::AnyInvocable<void()> began,
                   absl::AnyInvocable<void()> finished)
    : options_(options),
      thread_(thread),
      data_plane_(data_plane),
      began_(std::move(began)),
      finished_(std::move(finished)) {}

void Shutdown::terminate() {
  if (std::exchange(handed_over_, false)) {
    ends_at_ = std::min(ends_at_, thread_.now() + options_.drain_time);
    return;
  }
  if (terminating_) {
    log_info("terminating at once");
    finish();
    return;
  }
  terminating_ = true;
  began_();
  if (inbound_drained_) {
    finish();
    return;
  }
  drain(options_.drain_time);
}

void Shutdown::hand_over() {
  if (terminating_) return;
  terminating_ = handed_over_ = true;
  drain(options_.hand_over_time);
}

void Shutdown::drain(Nanoseconds at_most) {
  log_info("draining", {{"connections", data_plane_.open_connections()}, {"at_most", format_duration(at_most)}});
  data_plane_.drain_all();
  ends_at_ = thread_.now() + at_most;
  look();
}

void Shutdown::drain_inbound() {
  if (inbound_drained_ || terminating_) return;
  inbound_drained_ = true;
  log_info("draining inbound connections");
  data_plane_.drain_inbound();
}

void Shutdown::look() {
  const auto now = thread_.now();
  const uint64_t open = data_plane_.open_connections();
  const bool quiet = open == 0 && data_plane_.active_exchanges() == 0;
  if (!quiet) quiet_since_.reset();
  if (quiet && !quiet_since_) quiet_since_ = now;
  const bool done = quiet_since_ && now - *quiet_since_ >= options_.quiet_time;
  const bool late = now >= ends_at_;
  if (!done && !late) {
    timer_ = thread_.after(kLookEvery, [this] { look(); });
    return;
  }
  if (!quiet) log_warning("the drain time is over", {{"connections_closed", open}});
  finish();
}

void Shutdown::finish() {
  timer_.reset();
  if (finished_) std::exchange(finished_, nullptr)();
}

}  // namespace weft::proxy
