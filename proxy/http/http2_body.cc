#include "proxy/http/http2_body.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "proxy/http/field_list.h"
#include "proxy/http/header_names.h"

namespace weft::proxy {

bool valid_trailers(std::string_view lines) {
  if (lines.empty()) return true;
  FieldList fields;
  fields.add_lines(lines);
  return !fields.overflowed() && std::none_of(fields.all().begin(), fields.all().end(),
                                              [](const Header& field) { return forbidden_in_trailers(field.name); });
}

// What is wrong with what did come.
Reason Http2Source::failure_of_content() const {
  if (bodyless_ && !service_.pending().empty()) return Reason::kUpstreamProtocolError;
  if (service_.peer_ended() && !valid_trailers(service_.trailers())) return Reason::kUpstreamProtocolError;
  return Reason::kNone;
}

Reason Http2Source::failure() const {
  if (const Reason reason = failure_of_content(); reason != Reason::kNone) return reason;
  switch (service_.end()) {
    case StreamEnd::kNone: return Reason::kNone;
    case StreamEnd::kConnectionLost: return Reason::kUpstreamClosed;
    case StreamEnd::kPeerViolation: return Reason::kUpstreamProtocolError;
    default: return Reason::kUpstreamReset;
  }
}

Task<void> Http2Source::wait() { co_await service_.readable(); }

void Http2Sink::put(std::string_view content, bool end, std::string_view trailers) {
  bytes_sent_ += content.size();
  if (!end) {
    on_loan_ = !content.empty();
    if (on_loan_) peer_.send_body(content, false);
    return;
  }
  FieldList fields;
  fields.add_lines(trailers);
  if (peer_.send_rest(content, fields.all())) return;
  on_loan_ = !content.empty();
  if (on_loan_ || trailers.empty()) peer_.send_body(content, trailers.empty());
  if (!trailers.empty()) peer_.send_trailers(fields.all());
}

bool Http2Sink::flush() {
  if (on_loan_ && peer_.drained()) on_loan_ = false;
  return !on_loan_ && !failed();
}

Task<void> Http2Sink::wait() { co_await peer_.writable(); }

// Looks at what has come: keeps it while it fits.
void Http2Request::look() {
  for (;;) {
    const std::string_view pending = client_.pending();
    if (!keeping_ || pending.empty()) break;
    if (!kept_) kept_ = buffers_.take();
    if (pending.size() > kept_.size() - kept_size_) {
      keeping_ = false;
      break;
    }
    std::memcpy(kept_.bytes() + kept_size_, pending.data(), pending.size());
    kept_size_ += pending.size();
    bytes_ += pending.size();
    client_.consume(pending.size());
  }
  if (all_here_ || !client_.peer_ended()) return;
  all_here_ = true;
  malformed_ = !valid_trailers(client_.trailers());
  limits_->request_complete();
}

bool Http2Request::begin(AdmittedRequest& request) {
  // All there is of the request itself: what follows is the other protocol's.
  if (client_.tunnel()) limits_->request_complete();
  look();
  const bool unknown = !all_here_ || kept_size_ > 0 || !client_.trailers().empty();
  if (unknown && request.body.kind == BodyFraming::Kind::kNone && !client_.tunnel()) {
    request.body.kind = BodyFraming::Kind::kStream;
  }
  return !malformed_;
}

std::string_view Http2Request::content() {
  look();
  if (sent_ < kept_size_) return {kept_.bytes() + sent_, kept_size_ - sent_};
  if (!keeping_) return client_.pending();
  return {};
}

bool Http2Request::ended() const {
  if (!all_here_ || failure() != Reason::kNone) return false;
  return sent_ == kept_size_ ? client_.pending_is_all() : client_.pending().empty();
}

void Http2Request::taken(size_t bytes) {
  if (sent_ == kept_size_) {
    bytes_ += bytes;
    client_.consume(bytes);
    return;
  }
  sent_ += bytes;
  if (!keeping_ && sent_ == kept_size_) kept_.release();
}

void Http2Request::settle() {
  keeping_ = false;
  if (sent_ == kept_size_) kept_.release();
}

Reason Http2Request::failure() const {
  if (malformed_) return Reason::kDownstreamProtocolError;
  switch (client_.end()) {
    case StreamEnd::kNone: return Reason::kNone;
    case StreamEnd::kPeerViolation: return Reason::kDownstreamProtocolError;
    default: return Reason::kDownstreamClosed;
  }
}

Task<void> Http2Request::wait() { co_await client_.readable(); }

}  // namespace weft::proxy
