// One listener on one worker: accepts connections and has each served according to the protocol of the listener's
// destination. Keeps the newest form of the listener for its sessions, also after it has stopped accepting. Owned by
// its worker's stack, which keeps it while sessions remain; worker's thread only.
#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "proxy/http/server_connection.h"
#include "proxy/net/session.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

// Told when a session of any of a worker's acceptors has ended.
struct SessionObserver {
  virtual ~SessionObserver() = default;
  virtual void on_session_ended() = 0;
  // A listener cannot accept; sessions that do nothing could make room.
  virtual void on_shortage() {}
};

// What one listener carries on all workers.
struct ListenerLoad {
  std::atomic<uint32_t> connections{0};
};

class Acceptor final : public ListenerView, private Watcher, private Timer {
 public:
  // Takes over a listening, non-blocking descriptor.
  Acceptor(Worker& worker, Upstreams& upstreams, SessionObserver& observer, std::shared_ptr<const Listener> listener,
           int descriptor, std::shared_ptr<ListenerLoad> load = std::make_shared<ListenerLoad>());
  ~Acceptor() override;  // no session remains

  const std::shared_ptr<const Listener>& current() const override { return listener_; }
  // The worker has switched from `before` (null: none) to a snapshot with this form of the listener. Connections that
  // are relayed and whose peers may no longer talk are closed; requests under way finish.
  void update(std::shared_ptr<const Listener> listener, const Snapshot* before);

  // Closes the listening socket, after what waits in its queue has been accepted: the kernel would reset it.
  void stop_accepting();
  // What is believed about peers has changed: connections that are relayed end when nobody vouches for them any more,
  // the others look around.
  void review(const TlsMaterial& material);
  // Lets every session look around: a drain has begun.
  void nudge_sessions();
  void cancel_sessions();
  // Memory is about to run out: at most `count` sessions end now, the newest first. Returns how many.
  size_t cut_sessions(size_t count);
  // The listening socket, as a descriptor of its own; -1: it accepts no more, or there was none left.
  int duplicate() const;
  const std::shared_ptr<ListenerLoad>& load() const { return load_; }
  size_t sessions() const { return sessions_.size(); }

 private:
  void on_events(uint32_t events) override;
  void on_timer() override { accept_pending(); }
  void accept_pending();
  std::optional<AcceptRest> full() const;
  bool somebody_waits() const;
  void rest(AcceptRest why);
  void refuse(int connection);
  void pause(int error);
  bool speaks();
  bool sheds(const Destination& destination);
  Task<void> serve(int descriptor);

  Worker& worker_;
  Upstreams& upstreams_;
  SessionObserver& observer_;
  std::shared_ptr<const Listener> listener_;
  int descriptor_;
  const std::shared_ptr<ListenerLoad> load_;
  bool stopping_ = false;
  TimePoint quiet_until_ = TimePoint::min();  // of warnings
  SessionList sessions_;
};

}  // namespace weft::proxy
