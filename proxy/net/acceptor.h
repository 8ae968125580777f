// One listener on one worker: accepts connections and has each served according to the protocol of the listener's
// destination. Keeps the newest form of the listener for its sessions, also after it has stopped accepting. Owned by
// its worker's stack, which keeps it while sessions remain; worker's thread only.
#pragma once

#include <memory>

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
};

class Acceptor final : public ListenerView, private Watcher, private Timer {
 public:
  // Takes over a listening, non-blocking descriptor.
  Acceptor(Worker& worker, Upstreams& upstreams, SessionObserver& observer, std::shared_ptr<const Listener> listener,
           int descriptor);
  ~Acceptor() override;  // no session remains

  std::shared_ptr<const Listener> current() const override { return listener_; }
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
  size_t sessions() const { return sessions_.size(); }

 private:
  void on_events(uint32_t events) override;
  void on_timer() override { accept_pending(); }
  void accept_pending();
  void pause(int error);
  Task<void> serve(int descriptor);

  Worker& worker_;
  Upstreams& upstreams_;
  SessionObserver& observer_;
  std::shared_ptr<const Listener> listener_;
  int descriptor_;
  TimePoint quiet_until_ = TimePoint::min();  // of warnings
  SessionList sessions_;
};

}  // namespace weft::proxy
