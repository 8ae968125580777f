#include "proxy/http/http_attempt.h"

#include "base/text.h"
#include "proxy/http/field_list.h"
#include "proxy/http/gather.h"
#include "proxy/http/head_writer.h"
#include "proxy/http/http1_client.h"
#include "proxy/http/websocket.h"
#include "proxy/runtime/tls_layer.h"

namespace weft::proxy {
namespace {

// A client that asked for a tunnel would take it for one.
constexpr std::string_view kNoSwitch = "the service answered and did not switch protocols";

bool has_content_by_meaning(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

void HeadSource::values(std::string_view lower_case_name, std::vector<std::string_view>& out) const {
  for (size_t i = 0; i < head_.field_count(); ++i) {
    const Field& field = head_.field(i);
    if (field.name_size != lower_case_name.size()) continue;
    if (!equal_ignoring_case(head_.name(base_, field), lower_case_name)) continue;
    out.push_back(head_.value(base_, field));
  }
}

Reason HttpAttempt::interruption() const {
  if (client_.gone()) return Reason::kDownstreamClosed;
  if (body_.failure() != Reason::kNone) return body_.failure();
  return limits_.expired();
}

AttemptResult HttpAttempt::interrupted() const {
  AttemptResult result;
  result.failure = interruption();
  result.final = result.failure != Reason::kPerTryTimeout;
  return result;
}

void HttpAttempt::interrupt() {
  if (connection_ != nullptr) return connection_->interrupt();
  if (stream_ != nullptr) stream_->interrupt();
}

AttemptResult HttpAttempt::died(const Connection& connection, Reason reason, bool reused,
                                uint64_t written_before) const {
  AttemptResult result;
  result.failure = reason;
  const bool silent = answer_.bytes.empty() && interim_answers_ == 0;
  if (connection.tls() != nullptr && connection.tls()->stream().refused_us()) {
    // In TLS 1.3 the server looks at our certificate after we have begun to send.
    result.failure = Reason::kTlsFailure;
    result.not_processed = true;
    return result;
  }
  result.died_on_reused = reused && silent;
  if (!silent) return result;
  const bool accepted_nothing = connection.bytes_written() == written_before;
  // An orderly close crossed our request: its bytes reached no application.
  const bool crossed =
      reused && reason == Reason::kUpstreamClosed && connection.nothing_acknowledged_after(written_before);
  result.not_processed = accepted_nothing || crossed;
  return result;
}

// More of a failure that read() has met.
void HttpAttempt::explain(const Lease& lease, uint64_t written_before, AttemptResult& result) {
  if (lease.stream != nullptr) {
    if (result.failure == Reason::kNone) result = died(*lease.stream, lease.reused);
    return;
  }
  const Connection& connection = *lease.connection;
  const bool broken = result.failure == Reason::kUpstreamClosed || result.failure == Reason::kUpstreamReset;
  if (broken) result = died(connection, result.failure, lease.reused, written_before);
  if (result.failure == Reason::kTlsFailure) answer_.error = connection.tls()->stream().detail();
}

// A stream that was refused provably met nobody (RFC 9113 section 8.7): it is asked of another connection at once.
AttemptResult HttpAttempt::died(const Http2Stream& stream, bool reused) const {
  AttemptResult result;
  const bool silent = interim_answers_ == 0;
  result.not_processed = result.refused = stream.end() == StreamEnd::kRefused && silent;
  switch (stream.end()) {
    case StreamEnd::kConnectionLost: result.failure = Reason::kUpstreamClosed; break;
    case StreamEnd::kPeerViolation: result.failure = Reason::kUpstreamProtocolError; break;
    default: result.failure = Reason::kUpstreamReset; break;
  }
  result.died_on_reused = silent && (result.refused || (reused && stream.end() == StreamEnd::kConnectionLost));
  return result;
}

Task<AttemptResult> HttpAttempt::attempt(Lease& lease) {
  answer_.head.reset();
  answer_.bytes.clear();
  answer_.error = {};
  const TimePoint sent = Clock::now();
  const uint64_t written_before = lease.stream == nullptr ? lease.connection->bytes_written() : 0;
  if (lease.stream != nullptr) {
    send(*lease.stream, lease.to_proxy);
  } else {
    send(*lease.connection);
  }
  stream_ = lease.stream.get();
  connection_ = lease.connection.get();
  if (stream_ == nullptr) limits_.watch(connection_->descriptor());
  AttemptResult result;
  for (Step step = Step::kMore; step == Step::kMore;) {
    if (interruption() == Reason::kNone) {
      if (stream_ != nullptr) co_await stream_->readable();
      if (stream_ == nullptr) co_await connection_->readable(kNever);
    }
    if (interruption() != Reason::kNone) {
      result = interrupted();
      break;
    }
    step = stream_ != nullptr ? read(*stream_, result) : read(*connection_, result);
    if (step == Step::kFailed) explain(lease, written_before, result);
  }
  stream_ = nullptr;
  connection_ = nullptr;
  if (worker_.loop.now() > sent) waited += worker_.loop.now() - sent;
  if (result.failure != Reason::kNone) {
    stop();
    answer_.bytes.release();
  }
  co_return result;
}

void HttpAttempt::send(Connection& connection) {
  carrier_.reset();  // of an attempt over HTTP/2
  if (Http1Client* const client = client_.http1()) return client->stream().send(connection, request_, added_);
  BodyFraming framing = request_.body;
  // Trailers need chunks (RFC 9112 section 7.1.2).
  std::optional<AdmittedRequest> chunked;
  if (framing.kind == BodyFraming::Kind::kLength && !request_.upgrade && announces_trailers(head_, base_)) {
    framing.kind = BodyFraming::Kind::kStream;
    drop_content_length(head_, chunked.emplace(request_).dropped);
  }
  std::string more;
  if (request_.upgrade) add_websocket_key(more);
  // HTTP/2 needs no field to say that there is no content; many services of HTTP/1.1 do (RFC 9110 section 8.6).
  if (framing.kind == BodyFraming::Kind::kNone && has_content_by_meaning(request_.method)) {
    more += "content-length: 0\r\n";
  }
  if (framing.kind == BodyFraming::Kind::kStream) {
    framing.kind = BodyFraming::Kind::kChunked;
    more += "transfer-encoding: chunked\r\n";
  }
  if (!more.empty()) more.insert(0, added_);
  to_connection_ = std::make_unique<Http1Sink>(connection, framing);
  write_request_head(head_, base_, chunked ? *chunked : request_, more.empty() ? added_ : more, to_connection_->start(),
                     client_.names_are_known() ? request_.names : std::string_view());
  // What follows an upgrade is the other protocol's, and waits for the switch.
  carry_body(request_.upgrade ? static_cast<BodySource&>(no_body) : body_, *to_connection_);
  if (whole_) to_connection_.reset();  // the next request finds it in the cache
}

void HttpAttempt::send(Http2Stream& stream, bool to_proxy) {
  to_proxy_ = to_proxy;
  FieldList fields;
  write_request_fields(head_, base_, request_, added_, to_proxy, fields);
  body_.rewind();
  // A gRPC call ends with a DATA frame, be it empty ("gRPC over HTTP2", Requests): there are servers that never see the
  // end of one that ends with its head.
  const bool empty = !request_.grpc && body_.content().empty() && body_.ended() && body_.trailers().empty();
  stream.send_head(fields.all(), empty && !request_.upgrade);
  whole_ = empty || request_.upgrade;
  if (whole_) return;
  to_stream_.emplace(stream);
  carry_body(body_, *to_stream_);
}

HttpAttempt::Upgrade& HttpAttempt::upgrade() {
  if (upgrade_ == nullptr) upgrade_ = std::make_unique<Upgrade>();
  return *upgrade_;
}

// A handshake over HTTP/2 has no key (RFC 8441 section 5.1), and over HTTP/1.1 there is none without.
void HttpAttempt::add_websocket_key(std::string& added) {
  if (!equal_ignoring_case(upgrade_protocol(head_, base_), "websocket") || !websocket_key(head_, base_).empty()) return;
  std::string& key = upgrade().key;
  if (key.empty()) key = make_websocket_key(worker_.random);
  append(added, "sec-websocket-key: ", key, "\r\n");
}

// What is here goes at once; the rest is pumped, beside who waits for the answer.
void HttpAttempt::carry_body(BodySource& body, BodySink& sink) {
  body_.rewind();
  carrier_.emplace(worker_.loop, limits_, body, sink);
  whole_ = carrier_->try_all();
  if (!whole_) spawn(pump());
}

Task<void> HttpAttempt::pump() {
  pumping_ = true;
  const BodyCarrier::End end = co_await carrier_->run();
  pumping_ = false;
  whole_ = end == BodyCarrier::End::kComplete;
  if (end == BodyCarrier::End::kSourceFailed) owner_.interrupt();
}

void HttpAttempt::stop() {
  limits_.watch(-1);
  if (Http1Client* const client = client_.http1()) client->stream().stop();
  if (pumping_) carrier_->stop();
}

bool HttpAttempt::sent() const {
  Http1Client* const client = client_.http1();
  return client != nullptr && !carrier_ ? client->stream().sent() : whole_;
}

// One try to read, and what its bytes mean.
HttpAttempt::Step HttpAttempt::read(Connection& connection, AttemptResult& result) {
  answer_.bytes.take_from(worker_.buffers);
  const IoResult io = connection.try_read(answer_.bytes.room());
  if (io.would_block) {
    if (answer_.bytes.empty()) answer_.bytes.release();
    return Step::kMore;
  }
  if (io.bytes == 0) {
    result.failure = io.closed ? Reason::kUpstreamClosed : Reason::kUpstreamReset;
    return Step::kFailed;
  }
  answer_.bytes.end += io.bytes;
  limits_.activity();
  return parse(result);
}

HttpAttempt::Step HttpAttempt::parse(AttemptResult& result) {
  for (;;) {
    answer_.base = answer_.bytes.base();
    switch (answer_.head.parse_response(answer_.bytes.pending())) {
      case HeadStatus::kIncomplete: return Step::kMore;
      case HeadStatus::kComplete: break;
      default: return protocol_error(answer_.head.error(), result);
    }
    if (const Step step = understand(result); step != Step::kMore) return step;
    answer_.bytes.begin += answer_.head.size();
    answer_.bytes.move_to_front();
    answer_.head.reset();
  }
}

// Its next heads. kFailed without a reason: the stream has ended.
HttpAttempt::Step HttpAttempt::read(Http2Stream& stream, AttemptResult& result) {
  for (;;) {
    const std::string_view head = stream.head();
    if (head.empty()) {
      if (stream.end() != StreamEnd::kNone) return Step::kFailed;
      return stream.peer_ended() ? protocol_error("no answer on the stream", result) : Step::kMore;
    }
    limits_.activity();
    answer_.base = head.data();
    if (answer_.head.parse_response(head) != HeadStatus::kComplete) {
      return protocol_error(answer_.head.error(), result);
    }
    if (const Step step = understand(result); step != Step::kMore) {
      BodyFraming& body = answer_.admitted.body;
      if (body.kind == BodyFraming::Kind::kUntilClose) body.kind = BodyFraming::Kind::kStream;
      return step;
    }
    stream.next_head();
    answer_.head.reset();
  }
}

// A complete head. kMore: it was interim, the next one counts.
HttpAttempt::Step HttpAttempt::understand(AttemptResult& result) {
  answer_.admitted = {};
  answer_.no_switch = false;
  if (const BadMessage bad = admit_response(answer_.head, answer_.base, request_, direction_, answer_.admitted)) {
    return protocol_error(bad.detail, result);
  }
  if (request_.upgrade) {
    const std::string_view wrong = settle_upgrade();
    if (!wrong.empty()) return protocol_error(wrong, result);
  }
  const unsigned status = answer_.admitted.status;
  if (status >= 200 || (status == 101 && request_.upgrade)) {
    result.status = answer_.admitted.status;
    if (answer_.head.has(HeaderId::kWeft)) read_reported(result);
    return Step::kAnswered;
  }
  if (status == 101) return protocol_error("protocol switch that was not asked for", result);
  return interim(result);
}

// Of an answer that the service's own proxy calls an ordinary one. 0: it does not.
uint16_t HttpAttempt::take_ordinary_status() {
  unsigned status = 0;
  for (size_t i = 0; to_proxy_ && i < answer_.head.field_count(); ++i) {
    const Field& field = answer_.head.field(i);
    if (!equal_ignoring_case(answer_.head.name(answer_.base, field), kOrdinaryStatus)) continue;
    answer_.admitted.dropped.set(i);
    if (!parse_number(answer_.head.value(answer_.base, field), status) || status < 200 || status > 299) status = 0;
  }
  return static_cast<uint16_t>(status);
}

// What an answer to an upgrade means for both ends: 101 where it is one, whatever the service calls it. Else what is
// wrong with it.
std::string_view HttpAttempt::settle_upgrade() {
  AdmittedResponse& admitted = answer_.admitted;
  if (stream_ == nullptr) {
    if (client_.tunnel() && admitted.status >= 200 && admitted.status < 300) {
      answer_.no_switch = client_.names_are_known();
      return answer_.no_switch ? std::string_view() : kNoSwitch;
    }
    if (admitted.status != 101 || upgrade_ == nullptr) return {};
    const std::string_view accept = websocket_accept(answer_.head, answer_.base);
    if (accept != websocket_accept(upgrade_->key)) return "the service's sec-websocket-accept is not what it should be";
    // It answers a key that the client never saw.
    for (size_t i = 0; i < answer_.head.field_count(); ++i) {
      if (answer_.head.value(answer_.base, answer_.head.field(i)) == accept) admitted.dropped.set(i);
    }
    return {};
  }
  if (const uint16_t status = take_ordinary_status(); status != 0) {
    admitted.status = status;
    if (status == 204) admitted.body = {};
    return client_.tunnel() ? kNoSwitch : std::string_view();
  }
  if (admitted.status < 200 || admitted.status >= 300) return {};
  admitted.status = 101;
  admitted.body = {};
  for (size_t i = 0; i < answer_.head.field_count(); ++i) {
    if (answer_.head.field(i).id == HeaderId::kContentLength) admitted.dropped.set(i);
  }
  std::string& lines = upgrade().lines;
  lines = cat("upgrade: ", upgrade_protocol(head_, base_), "\r\n");
  const std::string_view key = websocket_key(head_, base_);
  if (!key.empty() && websocket_accept(answer_.head, answer_.base).empty()) {
    append(lines, "sec-websocket-accept: ", websocket_accept(key), "\r\n");
  }
  answer_.added = lines;
  return {};
}

// The service's own proxy answered in its place and says why; that a request never reached the service is worth knowing
// here.
void HttpAttempt::read_reported(AttemptResult& result) const {
  std::vector<std::string_view> values;
  answer_source_.values("x-weft-reason", values);
  if (direction_ != Direction::kOutbound || values.size() != 1 ||
      values[0].find("; by=inbound;") == std::string_view::npos) {
    return;
  }
  const std::string_view word = values[0].substr(0, values[0].find(';'));
  for (const Reason reason :
       {Reason::kConnectFailure, Reason::kConnectTimeout, Reason::kTlsFailure, Reason::kUpstreamClosed,
        Reason::kUpstreamReset, Reason::kNoHealthyUpstream, Reason::kOverflow}) {
    if (word == reason_word(reason)) result.reported = reason;
  }
  // Who may not talk may not talk a moment later either, whatever statuses a policy repeats.
  if (word == reason_word(Reason::kDenied)) result.final = true;
  result.not_processed = result.reported != Reason::kNone && result.reported != Reason::kUpstreamClosed &&
                         result.reported != Reason::kUpstreamReset;
}

HttpAttempt::Step HttpAttempt::interim(AttemptResult& result) {
  if (++interim_answers_ > kMaxInterimAnswers) return protocol_error("too many interim answers", result);
  if (!request_.http10) client_.send_interim(answer_);
  if (!client_.gone()) return Step::kMore;
  result = interrupted();
  return Step::kFailed;
}

HttpAttempt::Step HttpAttempt::protocol_error(std::string_view what, AttemptResult& result) {
  answer_.error = what;
  result.failure = Reason::kUpstreamProtocolError;
  return Step::kFailed;
}

bool HttpAttempt::discard_answer(Lease& lease) {
  stop();
  if (lease.connection == nullptr) return false;
  const Head& head = answer_.head;
  BodyReader body(answer_.admitted.body);
  const std::string_view rest = answer_.bytes.pending().substr(head.size());
  const size_t taken = body.take(rest);
  const bool clean = body.complete() && taken == rest.size() && answer_.admitted.keep_alive && sent();
  answer_.bytes.release();
  return clean;
}

}  // namespace weft::proxy
