#include "proxy/net/name_choice.h"

#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "proxy/http/send.h"
#include "proxy/net/farewell.h"
#include "proxy/route/server_names.h"
#include "proxy/tls/client_hello.h"

namespace weft::proxy {
namespace {

// A client of TLS speaks with its connection. Who says nothing for so long may wait for the service to speak first, so
// that one is called while we go on listening.
constexpr Nanoseconds kFirstWord = std::chrono::milliseconds(20);

// A fatal alert, unrecognized_name (RFC 6066 section 3): clients say so in words.
constexpr std::string_view kNotHere("\x15\x03\x03\x00\x02\x02\x70", 7);

Entered without_name(Entrance how) { return {how, nullptr}; }

class NameChoice {
 public:
  NameChoice(Worker& worker, const ListenerView& view, Session& session)
      : worker_(worker), view_(view), connection_(session.connection), begun_(worker.loop.now()) {}

  Task<Entered> choose();

 private:
  const Destination& own() const { return *view_.current()->destination; }
  bool has_own() const { return !own().routes.empty(); }
  // Its service might be one that speaks first, to anybody.
  bool service_may_speak() const {
    return has_own() && own().protocol == Protocol::kTcp && !is_strict(worker_.snapshot.get(), own());
  }
  Task<Entered> without_word(Wake wake, bool partial, const HandshakeGate::Pass& pass);
  Task<Entered> decide(const AskedName& asked);
  Task<Entered> refuse(Unrouted why, std::string_view name);
  void report(Unrouted why, std::string_view name);

  Worker& worker_;
  const ListenerView& view_;
  Connection& connection_;
  const TimePoint begun_;
};

Task<Entered> NameChoice::choose() {
  const HandshakeGate::Pass pass(worker_.handshakes, connection_);
  bool partial = false;
  for (;;) {
    AskedName asked;
    IoResult io;
    {
      Buffer buffer = worker_.buffers.take();
      io = connection_.peek({buffer.bytes(), kMaxFirstBytes});
      if (io.bytes > 0) asked = read_asked_name({buffer.bytes(), io.bytes});
    }
    if (io.closed || io.error != 0) co_return without_name(has_own() ? Entrance::kServe : Entrance::kEnd);
    if (io.bytes > 0 && asked.state != AskedName::State::kPartial) {
      Entered entered = co_await decide(asked);
      co_return entered;
    }
    if (io.bytes > 0) {
      partial = true;
      connection_.expect_more();
    }
    const bool gone = partial && connection_.peer_closed();
    const bool short_wait = !partial && service_may_speak();
    const TimePoint limit = begun_ + (short_wait ? kFirstWord : worker_.limits.hello_time);
    const Wake wake = gone ? Wake::kDeadline : co_await connection_.readable(limit);
    if (wake == Wake::kReady) continue;
    Entered entered = co_await without_word(wake, partial, pass);
    co_return entered;
  }
}

Task<Entered> NameChoice::without_word(Wake wake, bool partial, const HandshakeGate::Pass& pass) {
  Entered entered = without_name(Entrance::kEnd);
  if (pass.evicted()) {
    entered = co_await refuse(Unrouted::kOverloaded, {});
  } else if (partial && wake == Wake::kDeadline) {
    entered = co_await refuse(Unrouted::kIncomplete, {});
  } else if (wake == Wake::kDeadline && !has_own()) {
    entered = co_await refuse(Unrouted::kSilent, {});
  } else if (wake == Wake::kDeadline) {
    entered.how = service_may_speak() ? Entrance::kSilent : Entrance::kServe;
  }
  co_return entered;
}

Task<Entered> NameChoice::decide(const AskedName& asked) {
  const std::shared_ptr<const Listener> listener = view_.current();
  Entered entered = without_name(Entrance::kServe);
  const bool tls = asked.state != AskedName::State::kNotTls;
  const auto* const found =
      asked.name.empty() || listener->server_names == nullptr ? nullptr : listener->server_names->find(asked.name);
  if (found != nullptr && *found != nullptr) {
    entered.how = Entrance::kPass;
    entered.named = *found;
  } else if (found != nullptr) {
    entered = co_await refuse(Unrouted::kLeadsNowhere, asked.name);
  } else if (!has_own()) {
    const Unrouted unnamed = tls ? Unrouted::kNoName : Unrouted::kNotTls;
    entered = co_await refuse(asked.name.empty() ? unnamed : Unrouted::kUnknownName, asked.name);
  }
  co_return entered;
}

Task<Entered> NameChoice::refuse(Unrouted why, std::string_view name) {
  worker_.counters.connections_unrouted[static_cast<size_t>(why)].add();
  report(why, name);
  if (why == Unrouted::kNoName || why == Unrouted::kUnknownName || why == Unrouted::kLeadsNowhere) {
    co_await send_all(connection_, kNotHere, worker_.loop.now() + kFarewell);
    co_await farewell(worker_.loop, connection_);
  } else {
    connection_.reset_on_close();
  }
  co_return without_name(Entrance::kEnd);
}

// A line a second at most.
void NameChoice::report(Unrouted why, std::string_view name) {
  if (worker_.loop.now() < worker_.quiet_about_tls_until) return;
  worker_.quiet_about_tls_until = worker_.loop.now() + std::chrono::seconds(1);
  log_warning("a connection has nowhere to go", {{"listener", view_.current()->name},
                                                 {"peer", connection_.peer_address()},
                                                 {"reason", std::string(unrouted_word(why))},
                                                 {"server_name", std::string(name)}});
}

}  // namespace

Task<Entered> choose_by_name(Worker& worker, const ListenerView& view, Session& session) {
  NameChoice choice(worker, view, session);
  Entered entered = co_await choice.choose();
  co_return entered;
}

}  // namespace weft::proxy
