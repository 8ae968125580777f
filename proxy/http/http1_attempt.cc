#include "proxy/http/http1_attempt.h"

#include "base/text.h"
#include "proxy/http/gather.h"
#include "proxy/http/head_writer.h"
#include "proxy/runtime/tls_layer.h"

namespace weft::proxy {

void HeadSource::values(std::string_view lower_case_name, std::vector<std::string_view>& out) const {
  for (size_t i = 0; i < head_.field_count(); ++i) {
    const Field& field = head_.field(i);
    if (field.name_size != lower_case_name.size()) continue;
    if (!equal_ignoring_case(head_.name(bytes_.base(), field), lower_case_name)) continue;
    out.push_back(head_.value(bytes_.base(), field));
  }
}

bool Http1Attempt::over() const {
  return client_gone_ || limits_.expired() != Reason::kNone || stream_.failure() != Reason::kNone ||
         client_.cancelled();
}

AttemptResult Http1Attempt::interrupted() const {
  AttemptResult result;
  result.failure = limits_.expired();
  result.final = result.failure != Reason::kPerTryTimeout;
  if (stream_.failure() != Reason::kNone) result.failure = stream_.failure();
  if (client_gone_ || client_.cancelled()) result.failure = Reason::kDownstreamClosed;
  return result;
}

AttemptResult Http1Attempt::died(const Connection& connection, Reason reason, bool reused,
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

Task<AttemptResult> Http1Attempt::attempt(Connection& connection, bool reused) {
  const uint64_t written_before = connection.bytes_written();
  answer_.head.reset();
  answer_.bytes.clear();
  answer_.error = {};
  AttemptResult result;
  stream_.send(connection, request_, added_);
  const TimePoint sent = Clock::now();
  for (;;) {
    if (!over()) co_await connection.readable(kNever);
    if (over()) {
      result = interrupted();
      break;
    }
    const Step step = read(connection, result);
    if (step == Step::kAnswered) break;
    if (step == Step::kMore) continue;
    const bool broken = result.failure == Reason::kUpstreamClosed || result.failure == Reason::kUpstreamReset;
    if (broken) result = died(connection, result.failure, reused, written_before);
    if (result.failure == Reason::kTlsFailure) answer_.error = connection.tls()->stream().detail();
    break;
  }
  if (worker_.loop.now() > sent) waited += worker_.loop.now() - sent;
  if (result.failure != Reason::kNone) {
    stream_.stop();
    answer_.bytes.release();
  }
  co_return result;
}

// One try to read, and what its bytes mean.
Http1Attempt::Step Http1Attempt::read(Connection& connection, AttemptResult& result) {
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

Http1Attempt::Step Http1Attempt::parse(AttemptResult& result) {
  for (;;) {
    switch (answer_.head.parse_response(answer_.bytes.pending())) {
      case HeadStatus::kIncomplete: return Step::kMore;
      case HeadStatus::kComplete: break;
      default: return protocol_error(answer_.head.error(), result);
    }
    answer_.admitted = {};
    if (const BadMessage bad =
            admit_response(answer_.head, answer_.bytes.base(), request_, direction_, answer_.admitted)) {
      return protocol_error(bad.detail, result);
    }
    const unsigned status = answer_.admitted.status;
    if (status >= 200 || (status == 101 && request_.upgrade)) {
      result.status = answer_.admitted.status;
      if (answer_.head.has(HeaderId::kWeft)) read_reported(result);
      return Step::kAnswered;
    }
    if (status == 101) return protocol_error("protocol switch that was not asked for", result);
    if (const Step step = interim(result); step != Step::kMore) return step;
  }
}

// The service's own proxy answered in its place and says why; that a request never reached the service is worth knowing
// here.
void Http1Attempt::read_reported(AttemptResult& result) const {
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

// Passes a 1xx on; kMore: the bytes behind it are parsed next. A client that does not take a few hundred bytes at once
// goes without: interim answers are optional (RFC 9110 section 15.2), and waiting here would hold up the real one.
Http1Attempt::Step Http1Attempt::interim(AttemptResult& result) {
  if (++interim_answers_ > kMaxInterimAnswers) return protocol_error("too many interim answers", result);
  if (!request_.http10) {
    Gather out;
    write_response_head(answer_.head, answer_.bytes.base(), answer_.admitted, {}, out);
    const size_t size = out.size();
    const IoResult io = client_.try_write(out.left());
    if (io.bytes != size && io.bytes != 0) client_gone_ = true;  // half a head cannot be taken back
    if (io.error != 0) client_gone_ = true;
    if (client_gone_) {
      result = interrupted();
      return Step::kFailed;
    }
  }
  answer_.bytes.begin += answer_.head.size();
  answer_.bytes.move_to_front();
  answer_.head.reset();
  return Step::kMore;
}

Http1Attempt::Step Http1Attempt::protocol_error(std::string_view what, AttemptResult& result) {
  answer_.error = what;
  result.failure = Reason::kUpstreamProtocolError;
  return Step::kFailed;
}

bool Http1Attempt::discard_answer() {
  stream_.stop();
  const Head& head = answer_.head;
  BodyReader body(answer_.admitted.body);
  const std::string_view rest = answer_.bytes.pending().substr(head.size());
  const size_t taken = body.take(rest);
  const bool clean = body.complete() && taken == rest.size() && answer_.admitted.keep_alive && stream_.sent();
  answer_.bytes.release();
  return clean;
}

}  // namespace weft::proxy
