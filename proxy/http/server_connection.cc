#include "proxy/http/server_connection.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "proxy/http/error_reply.h"
#include "proxy/http/exchange.h"
#include "proxy/http/http1_client.h"
#include "proxy/http/http2_server.h"
#include "proxy/http/refused_request.h"
#include "proxy/http/send.h"
#include "proxy/http/standing.h"
#include "proxy/runtime/glitches.h"

namespace weft::proxy {
namespace {

// How long, and how much, is read from a client that may not have noticed the end yet.
constexpr std::chrono::seconds kLingerTime{2};
constexpr size_t kLingerBytes = 8 * 1024 * 1024;
// A connection that served so recently may be about to bring its next request: a drain that closed it now would cost
// that request. (HTTP/2 says GOAWAY; here there is only the answer to tell with.)
constexpr std::chrono::seconds kJustServed{1};

// A head may come in so many pieces, and so many requests at once, before it counts as odd.
constexpr unsigned kUsualPieces = 16;
constexpr unsigned kUsualDepth = 64;
constexpr uint32_t kPointsOfARefusedHead = 5;

TimePoint after(TimePoint start, std::chrono::nanoseconds timeout) {
  return timeout.count() > 0 ? start + timeout : kNever;
}

class ServedConnection {
 public:
  ServedConnection(Worker& worker, Upstreams& upstreams, const ListenerView& view, Connection& connection,
                   const Peer& peer)
      : worker_(worker),
        upstreams_(upstreams),
        view_(view),
        connection_(connection),
        caller_{peer, peer.authenticated ? cat("x-forwarded-client-cert: URI=", peer.identity, "\r\n") : ""},
        opened_(worker.loop.now()),
        glitches_(worker.limits.glitches) {}

  Task<void> serve();

 private:
  Task<bool> wait_for_request();
  Task<AfterExchange> serve_request();
  Task<HeadStatus> read_head(Head& head, TimePoint deadline);
  Task<AfterExchange> refuse_head(HeadStatus status, const Head& head, std::shared_ptr<const Listener> listener);
  Task<void> linger();
  Task<bool> speaks_http2();
  TimePoint head_deadline(const Listener& listener);
  TimePoint idle_deadline(const ConnectionPlan& plan) const;
  bool welcome() const { return is_welcome(worker_, *view_.current()->destination, connection_); }
  bool fill();
  bool note(Glitch kind, uint32_t points = 1);

  Worker& worker_;
  Upstreams& upstreams_;
  const ListenerView& view_;
  Connection& connection_;
  const Caller caller_;
  const TimePoint opened_;
  Glitches glitches_;
  unsigned in_a_row_ = 0;  // requests that were there without waiting
  ReceiveBuffer inbox_;
  TimePoint head_begun_{};  // while a head is being received
  bool first_ = true;       // no request was served yet
  bool closed_ = false;     // by the peer, or broken
  bool timed_out_ = false;  // while a head was being received
};

Task<void> ServedConnection::serve() {
  AfterExchange next = AfterExchange::kKeep;
  for (; next == AfterExchange::kKeep; first_ = false) {
    bool begun = !inbox_.empty();
    if (!begun) {
      in_a_row_ = 0;
      begun = co_await wait_for_request();
    }
    if (!begun) co_return;
    bool http2 = first_ && inbox_.pending().starts_with(kHttp2Preface.front());
    if (http2) http2 = co_await speaks_http2();
    if (http2) {
      co_await serve_http2(worker_, upstreams_, view_, connection_, caller_, std::exchange(inbox_, {}));
      co_return;
    }
    if (++in_a_row_ > kUsualDepth && !note(Glitch::kPipelining)) co_return connection_.reset_on_close();
    next = co_await serve_request();
  }
  // What it sent after its last request is not answered, but must not cost it the last answer.
  if (next == AfterExchange::kClose && (!inbox_.empty() || connection_.maybe_readable())) next = AfterExchange::kLinger;
  inbox_.release();
  if (next == AfterExchange::kCut) connection_.reset_on_close();
  if (next == AfterExchange::kLinger) co_await linger();
}

// The first bytes tell, by ALPN or by prior knowledge (RFC 9113 section 3.3).
Task<bool> ServedConnection::speaks_http2() {
  const TimePoint deadline = head_deadline(*view_.current());
  for (;;) {
    const std::string_view first = inbox_.pending().substr(0, kHttp2Preface.size());
    if (first != kHttp2Preface.substr(0, first.size())) co_return false;
    if (first.size() == kHttp2Preface.size()) co_return true;
    const Wake wake = co_await connection_.readable(deadline);
    if (wake != Wake::kReady) co_return false;
    fill();
    if (closed_) co_return false;
  }
}

TimePoint ServedConnection::head_deadline(const Listener& listener) {
  if (head_begun_ == TimePoint{}) head_begun_ = worker_.loop.now();
  const Nanoseconds limit = listener.destination->connection.request_headers_timeout;
  return head_begun_ + (limit.count() > 0 ? limit : Nanoseconds(kDefaultHeadersTimeout));
}

TimePoint ServedConnection::idle_deadline(const ConnectionPlan& plan) const {
  return std::min(after(worker_.loop.now(), plan.idle_timeout), after(opened_, plan.max_connection_duration));
}

// False: that was too much, and the connection is to be cut.
bool ServedConnection::note(Glitch kind, uint32_t points) {
  return glitches_.add(worker_, connection_, kind, points) != Tolerance::kCut;
}

// One try to read; what came is in the inbox.
bool ServedConnection::fill() {
  inbox_.take_from(worker_.buffers);
  const IoResult io = connection_.try_read(inbox_.room());
  inbox_.end += io.bytes;
  closed_ = closed_ || io.closed || io.error != 0;
  if (inbox_.empty()) inbox_.release();
  return io.bytes > 0;
}

// Between requests the connection owns no buffer. True: the first bytes of a request are in the inbox.
Task<bool> ServedConnection::wait_for_request() {
  const TimePoint idle_since = worker_.loop.now();
  TimePoint deadline = idle_deadline(view_.current()->destination->connection);
  for (;;) {
    const Wake wake = co_await connection_.readable(deadline);
    if (wake != Wake::kReady) co_return false;
    if (worker_.load->pressure() >= Pressure::kRefuse && connection_.maybe_readable()) {
      // To say no takes a buffer, and thousands may ask.
      worker_.counters.connections_shed.add();
      connection_.reset_on_close();
      co_return false;
    }
    if (fill()) co_return true;
    if (closed_) co_return false;
    // Nudged. New connections are still served one answer.
    if (!welcome()) co_return false;
    if (is_draining(worker_, *view_.current()->destination)) deadline = std::min(deadline, idle_since + kJustServed);
    if (worker_.closing_idle && worker_.loop.now() >= idle_since + worker_.limits.spared_idle) {
      worker_.counters.connections_shed.add();
      co_return false;
    }
  }
}

Task<AfterExchange> ServedConnection::serve_request() {
  if (connection_.tls() != nullptr && !welcome()) co_return AfterExchange::kClose;
  const TimePoint started = worker_.loop.now();
  Head head;
  const TimePoint deadline = head_deadline(*view_.current());
  head_begun_ = {};
  // Pipelined requests have used up the front; what follows may need the room.
  if (inbox_.begin > kBufferSize / 2) inbox_.move_to_front();
  HeadStatus status = head.parse_request(inbox_.pending());
  if (status == HeadStatus::kIncomplete) status = co_await read_head(head, deadline);
  AfterExchange next = AfterExchange::kClose;
  if (status == HeadStatus::kComplete) {
    if (head.line_begin() > 0) note(Glitch::kEmptyLine);
    const bool inbound = view_.current()->destination->direction == Direction::kInbound;
    if (too_large(head, inbound)) note(Glitch::kBadRequest, kPointsOfARefusedHead);
  }
  if (glitches_.tolerance() == Tolerance::kCut) co_return AfterExchange::kCut;
  if (status != HeadStatus::kComplete) {
    next = co_await refuse_head(status, head, view_.current());
    co_return next;
  }
  // The newest configuration: the head may have taken its time.
  const std::shared_ptr<const Listener>& listener = view_.current();
  const TimePoint oldest = after(opened_, listener->destination->connection.max_connection_duration);
  const bool last = started >= oldest || glitches_.tolerance() != Tolerance::kGoOn;
  Http1Client client(worker_, connection_, inbox_, head, caller_, last, glitches_);
  Exchange exchange(worker_, upstreams_, listener, client, head);
  next = co_await exchange.run();
  co_return next;
}

// Until the head is complete or wrong; kIncomplete: the peer closed, or was too slow.
Task<HeadStatus> ServedConnection::read_head(Head& head, TimePoint deadline) {
  inbox_.move_to_front();
  for (unsigned pieces = 2;; ++pieces) {
    const Wake wake = co_await connection_.readable(deadline);
    timed_out_ = wake == Wake::kDeadline;
    if (wake != Wake::kReady) co_return HeadStatus::kIncomplete;
    const bool more = fill();
    if (closed_ && !more) co_return HeadStatus::kIncomplete;
    if (more && pieces > kUsualPieces && !note(Glitch::kSlowHead)) co_return HeadStatus::kIncomplete;
    const HeadStatus status = head.parse_request(inbox_.pending());
    if (status != HeadStatus::kIncomplete) co_return status;
  }
}

Task<AfterExchange> ServedConnection::refuse_head(HeadStatus status, const Head& head,
                                                  std::shared_ptr<const Listener> listener) {
  ErrorReply error;
  // Where HTTP/2 is expected, a preface that is none ends the connection (RFC 9113 section 3.4).
  const Protocol protocol = listener->destination->protocol;
  const bool expects_http2 = protocol == Protocol::kHttp2 || protocol == Protocol::kGrpc;
  if (expects_http2 && status == HeadStatus::kMalformed && first_) co_return AfterExchange::kLinger;
  switch (status) {
    case HeadStatus::kIncomplete:
      if (!timed_out_) co_return AfterExchange::kClose;
      error = reply_to_bad_request(408, "request header timeout");
      break;
    case HeadStatus::kLineTooLong: error = reply_to_bad_request(414, head.error()); break;
    case HeadStatus::kTooLarge: error = reply_to_bad_request(431, head.error()); break;
    case HeadStatus::kUnknownVersion: error = reply_to_bad_request(505, head.error()); break;
    default: error = reply_to_bad_request(400, head.error()); break;
  }
  count_refused(worker_, *listener, error);
  log_refused(worker_, caller_, connection_.peer_address(), error);
  ReplyContext context;
  context.direction = listener->destination->direction;
  context.close = true;
  const std::string text = write_reply(error, context);
  co_await send_all(connection_, text, worker_.loop.now() + kReplyTime);
  co_return AfterExchange::kLinger;
}

// Closing while bytes from the client are unread would reset the connection and take the answer with it.
Task<void> ServedConnection::linger() {
  connection_.shutdown_write();
  const TimePoint deadline = worker_.loop.now() + kLingerTime;
  size_t discarded = 0;
  while (discarded < kLingerBytes) {
    inbox_.clear();
    inbox_.release();
    const Wake wake = co_await connection_.readable(deadline);
    if (wake != Wake::kReady) break;
    const bool more = fill();
    if (!more && closed_) break;
    discarded += inbox_.end;
  }
  inbox_.release();
}

}  // namespace

Task<void> serve_http1(Worker& worker, Upstreams& upstreams, const ListenerView& listener, Connection& connection,
                       Peer peer) {
  ServedConnection served(worker, upstreams, listener, connection, peer);
  co_await served.serve();
}

}  // namespace weft::proxy
