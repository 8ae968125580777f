#include "proxy/net/acceptor.h"

#include <fcntl.h>
#include <poll.h>
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

std::string_view rest_word(AcceptRest why) {
  switch (why) {
    case AcceptRest::kConnections: return "the process has as many connections as it may";
    case AcceptRest::kListenerConnections: return "the listener has as many connections as it may";
    default: return "";
  }
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

// The same policies say who may talk.
bool same_guards(const Destination& a, const Destination& b) {
  if (a.routes.empty() || b.routes.empty()) return a.routes.empty() == b.routes.empty();
  return a.routes.front().policies.same_guards(b.routes.front().policies);
}

}  // namespace

Acceptor::Acceptor(Worker& worker, Upstreams& upstreams, SessionObserver& observer,
                   std::shared_ptr<const Listener> listener, int descriptor, std::shared_ptr<ListenerLoad> load)
    : worker_(worker),
      upstreams_(upstreams),
      observer_(observer),
      listener_(std::move(listener)),
      descriptor_(descriptor),
      load_(std::move(load)) {
  worker_.loop.add(descriptor_, this);
}

Acceptor::~Acceptor() { stop_accepting(); }

void Acceptor::stop_accepting() {
  if (descriptor_ < 0) return;
  stopping_ = true;
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
    const bool refuses = worker_.load->pressure() >= Pressure::kRefuse;
    const std::optional<AcceptRest> why = refuses ? std::nullopt : full();
    if (why) return somebody_waits() ? rest(*why) : void();
    const int connection = accept4(descriptor_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0 && refuses) {
      refuse(connection);
    } else if (connection >= 0) {
      worker_.counters.connections_accepted.add();
      worker_.load->connection_opened();
      load_->connections.fetch_add(1, std::memory_order_relaxed);
      spawn(serve(connection));
    } else if (errno == EAGAIN) {
      return;
    } else if (is_shortage(errno)) {
      return pause(errno);
    }
    // Anything else concerns the one connection, which its client gave up.
  }
}

// What waits in the queue of a socket that is being closed would be lost: then no limit counts.
std::optional<AcceptRest> Acceptor::full() const {
  const ProcessLoad& process = *worker_.load;
  if (stopping_) return std::nullopt;
  if (process.connections() >= worker_.limits.max_connections) return AcceptRest::kConnections;
  const uint32_t own = load_->connections.load(std::memory_order_relaxed);
  if (own >= worker_.limits.max_listener_connections) return AcceptRest::kListenerConnections;
  return std::nullopt;
}

// Memory is short. In the queue it would stay, with what its client has sent, and cost just that.
void Acceptor::refuse(int connection) {
  worker_.counters.connections_refused.add();
  if (speaks()) {
    log_warning("refusing connections", {{"listener", listener_->name}, {"reason", "memory is short"}});
  }
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(connection, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(connection);
}

// Who comes later is told of by an event.
bool Acceptor::somebody_waits() const {
  pollfd queue{descriptor_, POLLIN, 0};
  return poll(&queue, 1, 0) > 0;
}

void Acceptor::rest(AcceptRest why) {
  worker_.counters.accept_rests[static_cast<size_t>(why)].add();
  if (speaks()) {
    log_warning("accepting no connection until there is room",
                {{"listener", listener_->name}, {"reason", rest_word(why)}});
  }
  worker_.loop.arm(*this, worker_.loop.now() + kPause);
  observer_.on_shortage();
}

void Acceptor::pause(int error) {
  worker_.counters.accept_pauses.add();
  if (speaks()) {
    log_warning("not accepting connections for a moment",
                {{"listener", listener_->name}, {"reason", std::strerror(error)}});
  }
  worker_.loop.arm(*this, worker_.loop.now() + kPause);
  observer_.on_shortage();
}

// One line an episode: connections that come meanwhile find the same shortage.
bool Acceptor::speaks() {
  const bool speaks = worker_.loop.now() >= quiet_until_;
  quiet_until_ = worker_.loop.now() + std::chrono::seconds(10);
  return speaks;
}

Task<void> Acceptor::serve(int descriptor) {
  {
    Session session(sessions_, worker_.loop, descriptor);
    Entered entered;
    if (sheds(*listener_->destination)) {
      session.connection.reset_on_close();
    } else {
      entered = co_await enter(worker_, *this, session);
    }
    // What is wanted of it now: the handshake may have taken its time.
    const std::shared_ptr<const Destination> destination =
        entered.named != nullptr ? entered.named : listener_->destination;
    if (entered.how == Entrance::kServe && destination->protocol != Protocol::kTcp) {
      count_unchecked(worker_, *destination, session.connection);
      co_await serve_http1(worker_, upstreams_, *this, session.connection, session.connection.peer());
    } else if (entered.how != Entrance::kEnd) {
      co_await tcp_relay(worker_, upstreams_, *this, *destination, session, session.connection.peer(), entered.how);
    }
  }
  worker_.counters.connections_closed.add();
  worker_.load->connection_closed();
  load_->connections.fetch_sub(1, std::memory_order_relaxed);
  observer_.on_session_ended();
}

// What a request of HTTP is told, a connection of TCP cannot be.
bool Acceptor::sheds(const Destination& destination) {
  if (destination.protocol != Protocol::kTcp || !worker_.load->shedding()) return false;
  worker_.counters.at(destination.counters_slot).failures[static_cast<size_t>(Reason::kOverloaded)].add();
  return true;
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

size_t Acceptor::cut_sessions(size_t count) {
  size_t cut = 0;
  sessions_.for_each([&](Session& session) {
    if (cut == count || session.connection.cancelled()) return;
    ++cut;
    session.revoke();
  });
  return cut;
}

int Acceptor::duplicate() const { return descriptor_ < 0 ? -1 : fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); }

void Acceptor::cancel_sessions() {
  sessions_.for_each([](Session& session) { session.cancel(); });
}

}  // namespace weft::proxy
