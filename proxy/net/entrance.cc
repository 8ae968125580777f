#include "proxy/net/entrance.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "proxy/http/error_reply.h"
#include "proxy/http/send.h"
#include "proxy/net/farewell.h"
#include "proxy/net/name_choice.h"
#include "proxy/runtime/handshake.h"
#include "proxy/runtime/tls_layer.h"
#include "proxy/tls/client_hello.h"

namespace weft::proxy {
namespace {

// From the accepted connection to a known peer.
constexpr std::chrono::seconds kHandshakeTime{10};

bool looks_like_http(std::string_view bytes) {
  constexpr std::array<std::string_view, 10> kMethods = {"GET ",     "HEAD ",    "POST ",  "PUT ",   "DELETE ",
                                                         "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ", "PRI "};
  return !bytes.empty() && std::any_of(kMethods.begin(), kMethods.end(), [&](std::string_view method) {
    const size_t size = std::min(method.size(), bytes.size());
    return bytes.substr(0, size) == method.substr(0, size);
  });
}

class Door {
 public:
  Door(Worker& worker, const Listener& listener, Session& session)
      : worker_(worker),
        listener_(listener),
        destination_(*listener.destination),
        connection_(session.connection),
        material_(worker.snapshot->tls),
        deadline_(worker.loop.now() + kHandshakeTime) {}

  Task<Entrance> strict();
  Task<Entrance> permissive();

 private:
  Task<Entrance> handshake(const HandshakeGate::Pass& pass);
  Task<void> refuse(TlsFailure failure);
  void report(TlsFailure failure, std::string_view detail) const;
  void count_and_report(TlsFailure failure, std::string_view detail) const;

  Worker& worker_;
  const Listener& listener_;
  const Destination& destination_;
  Connection& connection_;
  const std::shared_ptr<const TlsMaterial> material_;
  const TimePoint deadline_;
};

// No TLS object is made for a client that says nothing.
Task<Entrance> Door::strict() {
  const HandshakeGate::Pass pass(worker_.handshakes, connection_);
  const Wake wake = co_await connection_.readable(deadline_);
  if (wake != Wake::kReady) {
    if (wake == Wake::kDeadline) count_and_report(TlsFailure::kTimeout, "the client said nothing");
    if (pass.evicted()) count_and_report(TlsFailure::kOverloaded, "too many handshakes at a time");
    co_return Entrance::kEnd;
  }
  const Entrance entrance = co_await handshake(pass);
  co_return entrance;
}

Task<Entrance> Door::handshake(const HandshakeGate::Pass& pass) {
  const bool http = destination_.protocol != Protocol::kTcp;
  connection_.start_tls(
      TlsStream::accept(material_, destination_.connection.tls, http ? TlsApplication::kHttp : TlsApplication::kTcp),
      worker_.buffers);
  const TlsFailure failure = co_await shake_hands(worker_, connection_, pass, deadline_);
  if (failure == TlsFailure::kNone) co_return Entrance::kServe;
  report(failure, connection_.tls()->stream().detail());
  co_await refuse(failure);
  co_return Entrance::kEnd;
}

// The peer has its alert, if it speaks TLS; a client of HTTP without TLS is told in its own language.
Task<void> Door::refuse(TlsFailure failure) {
  if (failure == TlsFailure::kTimeout || failure == TlsFailure::kClosed || failure == TlsFailure::kOverloaded)
    co_return;
  if (failure == TlsFailure::kNotTls) {
    const bool http = looks_like_http(connection_.tls()->unused());
    connection_.drop_tls();
    if (!http) co_return;
    const ErrorReply reply = reply_to_failure(Reason::kTlsRequired, false, true, {});
    DestinationCounters& counters = worker_.counters.at(destination_.counters_slot);
    counters.requests.add();
    counters.requests_by_class[reply.status / 100].add();
    counters.failures[static_cast<size_t>(reply.reason)].add();
    ReplyContext context;
    context.direction = destination_.direction;
    context.close = true;
    const std::string text = write_reply(reply, context);
    co_await send_all(connection_, text, worker_.loop.now() + kFarewell);
  } else {
    connection_.drop_tls();
  }
  co_await farewell(worker_.loop, connection_);
}

void Door::count_and_report(TlsFailure failure, std::string_view detail) const {
  worker_.counters.tls[static_cast<size_t>(TlsSide::kServer)].failures[static_cast<size_t>(failure)].add();
  report(failure, detail);
}

// A line a second at most: a flood must not become one of lines.
void Door::report(TlsFailure failure, std::string_view detail) const {
  if (failure == TlsFailure::kClosed || worker_.loop.now() < worker_.quiet_about_tls_until) return;
  worker_.quiet_about_tls_until = worker_.loop.now() + std::chrono::seconds(1);
  log_warning("a connection was refused", {{"listener", listener_.name},
                                           {"peer", connection_.peer_address()},
                                           {"reason", std::string(tls_failure_word(failure))},
                                           {"detail", std::string(detail)}});
}

// Looks without taking: what is not the mesh's goes on as it came.
Task<Entrance> Door::permissive() {
  const HandshakeGate::Pass pass(worker_.handshakes, connection_);
  bool begun = false;
  // A proxy of the mesh has spoken when it is accepted (Opening::kClientSpeaks), so there is no need to wait and see.
  const bool may_listen = destination_.protocol == Protocol::kTcp;
  for (bool look_first = may_listen;; look_first = false) {
    const Wake wake = look_first ? Wake::kReady : co_await connection_.readable(deadline_);
    if (wake != Wake::kReady) {
      if (pass.evicted()) count_and_report(TlsFailure::kOverloaded, "too many handshakes at a time");
      if (begun && wake == Wake::kDeadline) count_and_report(TlsFailure::kTimeout, "stopped in its first bytes");
      // Who has said nothing at all may be in no hurry: a browser's spare connection.
      co_return begun || wake == Wake::kCancelled ? Entrance::kEnd : Entrance::kServe;
    }
    Buffer buffer = worker_.buffers.take();
    const IoResult io = connection_.peek({buffer.bytes(), kMaxFirstBytes});
    if (io.closed || io.error != 0) co_return Entrance::kServe;  // as any connection that ends
    if (io.would_block && may_listen && !begun) co_return Entrance::kSilent;
    if (io.would_block) continue;
    switch (inspect_first_bytes({buffer.bytes(), io.bytes})) {
      case FirstBytes::kPlain: co_return Entrance::kServe;
      case FirstBytes::kForeign: co_return Entrance::kPass;
      case FirstBytes::kPartial:
        if (connection_.peer_closed()) co_return Entrance::kEnd;
        begun = true;
        connection_.expect_more();
        continue;
      case FirstBytes::kMesh: break;
    }
    buffer.release();
    const Entrance entrance = co_await handshake(pass);
    co_return entrance;
  }
}

}  // namespace

void count_unchecked(Worker& worker, const Destination& destination, const Connection& connection) {
  if (!asks_callers(worker.snapshot.get(), destination) || connection.peer().authenticated) return;
  worker.counters.at(destination.counters_slot).connections_unchecked.add();
  const std::string address = connection.peer_address();
  worker.counters.plain_callers.record(destination.counters_slot, address.substr(0, address.rfind(':')));
}

Task<Entered> enter(Worker& worker, const ListenerView& view, Session& session) {
  Entered entered{Entrance::kServe, nullptr};
  if (view.current()->server_names != nullptr) {
    entered = co_await choose_by_name(worker, view, session);
    if (entered.how != Entrance::kServe) co_return entered;
  }
  const std::shared_ptr<const Listener> listener = view.current();
  const Destination& destination = *listener->destination;
  if (!asks_callers(worker.snapshot.get(), destination)) co_return entered;
  Door door(worker, *listener, session);
  if (destination.connection.tls.mode == TlsRule::Mode::kStrict) {
    entered.how = co_await door.strict();
  } else {
    entered.how = co_await door.permissive();
  }
  co_return entered;
}

}  // namespace weft::proxy
