// Joins what the control plane sends to what the workers run on: an update is built into a snapshot, its listeners are
// opened, it is published, and acknowledged when the last worker runs on it. One update at a time, the rest wait. Keeps
// the last good configuration on disk, half a second after a change. A port that another process holds is tried again
// every few seconds. Control thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "proxy/config/control_thread.h"
#include "proxy/config/snapshot_builder.h"
#include "proxy/config/snapshot_file.h"
#include "proxy/config/subscription.h"
#include "proxy/data_plane.h"

namespace weft::proxy {

class Activation final : public Subscription::Receiver {
 public:
  struct Options {
    std::string mesh;
    std::string name;
    std::string snapshot_file;
  };
  struct Events {
    // The proxy first has something to serve with, and may.
    absl::AnyInvocable<void()> first;
    // An item that was refused came into use without being sent again, which the control plane cannot know.
    absl::AnyInvocable<void()> healed;
    // Another configuration may be in use than before; after `first`.
    absl::AnyInvocable<void()> changed;
  };
  Activation(Options options, ControlThread& thread, DataPlane& data_plane, SnapshotBuilder::MakeMaterial make_material,
             Events events);
  // Writes the configuration if that is still due.
  ~Activation() override;

  // Starts from the last good configuration if there is a usable one; says in the log if it is there and is not.
  void restore();

  std::vector<v1::HeldItem> held() const override;
  bool active() const override { return active_; }
  void apply(v1::Update update, absl::AnyInvocable<void(v1::Ack)> done) override;
  // What the proxy shows from now on; null: nothing. In use when `builder().current()` says so.
  void set_certificate(std::shared_ptr<const WorkloadCertificate> certificate);

  const SnapshotBuilder& builder() const { return builder_; }
  // Another process keeps the configuration on disk now.
  void stop_keeping();
  uint64_t keep_failures() const { return keep_failures_.load(std::memory_order_relaxed); }
  // When the configuration in use was last confirmed or changed by the control plane; nothing: only ever read from
  // disk.
  std::optional<ControlThread::TimePoint> confirmed() const { return confirmed_; }

 private:
  struct Waiting {
    v1::Update update;
    absl::AnyInvocable<void(v1::Ack)> done;
    bool from_control_plane = true;
    std::optional<std::shared_ptr<const WorkloadCertificate>> certificate = std::nullopt;
  };
  void enqueue(Waiting waiting);
  void start_next();
  void finish(Waiting waiting, ControlThread::TimePoint started);
  // Stages, opens listeners, commits. True: there is a new snapshot to publish.
  bool stage(const v1::Update& update);
  v1::Update nothing_new() const;
  v1::Ack make_ack(const v1::Update& update, ControlThread::TimePoint started) const;
  void note_refusals(const Configuration& before) const;
  bool has_healed(const Configuration& before, const v1::Update& update) const;
  void retry_listeners_later();
  void save_later();
  void save();

  const Options options_;
  ControlThread& thread_;
  DataPlane& data_plane_;
  Events events_;
  SnapshotBuilder builder_;
  std::atomic<uint64_t> keep_failures_{0};
  bool keeping_ = true;
  SnapshotWriter writer_;
  std::deque<Waiting> waiting_;
  bool busy_ = false;
  bool active_ = false;
  bool serving_ = false;
  bool heal_ = false;
  std::optional<std::string> listeners_refusal_;
  std::optional<ControlThread::TimePoint> confirmed_;
  ControlThread::Ticket save_timer_;
  ControlThread::Ticket listeners_timer_;
};

}  // namespace weft::proxy
