#include "proxy/net/acceptor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "proxy/net/entrance.h"
#include "proxy/net/tcp_relay.h"
#include "proxy/runtime/tls_layer.h"

namespace weft::proxy {
namespace {

// Connections accepted before those that are open get their turn, until the next tick.
constexpr int kAcceptsPerTurn = 256;
// Without descriptors or memory, accepting rests this long; connections wait in the kernel's queue.
constexpr std::chrono::milliseconds kPause(100);

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

// The same policies say who may talk.
bool same_guards(const Destination& a, const Destination& b) {
  if (a.routes.empty() || b.routes.empty()) return a.routes.empty() == b.routes.empty();
  return a.routes.front().policies.same_guards(b.routes.front().policies);
}

}  // namespace

Acceptor::Acceptor(Worker& worker, Upstreams& upstreams, SessionObserver& observer,
                   std::shared_ptr<const Listener> listener, int descriptor)
    : worker_(worker),
      upstreams_(upstreams),
      observer_(observer),
      listener_(std::move(listener)),
      descriptor_(descriptor) {
  worker_.loop.add(descriptor_, this);
}

Acceptor::~Acceptor() { stop_accepting(); }

void Acceptor::stop_accepting() {
  if (descriptor_ < 0) return;
  accept_pending();
  worker_.loop.disarm(*this);
  worker_.loop.remove(descriptor_, this);
  close(std::exchange(descriptor_, -1));
}

void Acceptor::on_events(uint32_t) {
  if (!armed()) accept_pending();
}

void Acceptor::accept_pending() {
  for (int accepted = 0; descriptor_ >= 0; ++accepted) {
    if (accepted == kAcceptsPerTurn) return worker_.loop.arm(*this, worker_.loop.now());
    const int connection = accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      worker_.counters.connections_accepted.add();
      spawn(serve(connection));
    } else if (errno == EAGAIN) {
      return;
    } else if (is_shortage(errno)) {
      return pause(errno);
    }
    // Anything else concerns the one connection, which its client gave up.
  }
}

void Acceptor::pause(int error) {
  worker_.counters.accept_pauses.add();
  // One line an episode: connections that come meanwhile find the same shortage.
  if (worker_.loop.now() >= quiet_until_) {
    log_warning("not accepting connections for a moment",
                {{"listener", listener_->name}, {"reason", std::strerror(error)}});
  }
  quiet_until_ = worker_.loop.now() + std::chrono::seconds(10);
  worker_.loop.arm(*this, worker_.loop.now() + kPause);
}

Task<void> Acceptor::serve(int descriptor) {
  {
    Session session(sessions_, worker_.loop, descriptor);
    const Entrance entrance = co_await enter(worker_, *this, session);
    // What is wanted of it now: the handshake may have taken its time.
    const std::shared_ptr<const Destination> destination = listener_->destination;
    if (entrance == Entrance::kServe && destination->protocol != Protocol::kTcp) {
      count_unchecked(worker_, *destination, session.connection);
      co_await serve_http1(worker_, upstreams_, *this, session.connection, session.connection.peer());
    } else if (entrance != Entrance::kEnd) {
      co_await tcp_relay(worker_, upstreams_, *this, *destination, session, session.connection.peer(), entrance);
    }
  }
  worker_.counters.connections_closed.add();
  observer_.on_session_ended();
}

void Acceptor::update(std::shared_ptr<const Listener> listener, const Snapshot* before) {
  const std::shared_ptr<const Listener> was = std::exchange(listener_, std::move(listener));
  const Destination& now = *listener_->destination;
  const bool stricter = is_strict(worker_.snapshot.get(), now) && !is_strict(before, *was->destination);
  if (stricter) nudge_sessions();
  if (!stricter && (was->destination == listener_->destination || same_guards(*was->destination, now))) return;
  sessions_.for_each([&](Session& session) {
    if (!session.relayed || still_allowed(worker_, now, session.connection, session.connection.peer())) return;
    session.revoke();
  });
}

void Acceptor::review(const TlsMaterial& material) {
  if (listener_->destination->direction != Direction::kInbound) return;
  sessions_.for_each([&](Session& session) {
    TlsLayer* const tls = session.connection.tls();
    const bool known = session.connection.peer().authenticated;
    if (session.relayed && known && !tls->vouched_by(material)) return session.revoke();
    if (!session.relayed) session.connection.nudge();
  });
}

void Acceptor::nudge_sessions() {
  sessions_.for_each([](Session& session) { session.connection.nudge(); });
}

void Acceptor::cancel_sessions() {
  sessions_.for_each([](Session& session) { session.cancel(); });
}

}  // namespace weft::proxy
