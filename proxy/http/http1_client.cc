#include "proxy/http/http1_client.h"

#include <utility>

#include "proxy/http/head_writer.h"
#include "proxy/http/send.h"

namespace weft::proxy {

void Http1Client::attach(StreamLimits& limits, Interruptible& owner) {
  owner_ = &owner;
  stream_.attach(limits, owner);
  connection_.set_idle_callback(&Http1Client::on_idle_event, this);
}

// The client has gone, or is wanted gone. (That it sends its next request early is none of our business yet.)
void Http1Client::on_idle_event(void* client, Connection& connection) {
  auto& self = *static_cast<Http1Client*>(client);
  if (self.switched_ && !connection.cancelled()) return;
  if (!connection.cancelled() && !(connection.peer_closed() && self.stream_.received())) return;
  self.gone_ = true;
  self.owner_->interrupt();
}

// A client that does not take a few hundred bytes at once goes without: interim answers are optional (RFC 9110 section
// 15.2), and waiting here would hold up the real one.
void Http1Client::send_interim(const Answer& answer) {
  Gather out;
  ResponseHeadEdits edits;
  edits.names = answer.admitted.names;
  write_response_head(answer.head, answer.base, answer.admitted, edits, out);
  const size_t size = out.size();
  const IoResult io = connection_.try_write(out.left());
  bytes_sent_ += io.bytes;
  if (io.bytes != size && io.bytes != 0) gone_ = true;  // half a head cannot be taken back
  if (io.error != 0) gone_ = true;
}

BodySink& Http1Client::send_head(const Answer& answer, const AdmittedRequest& request, bool complete,
                                 bool& keep_alive) {
  using Kind = BodyFraming::Kind;
  BodyFraming framing = answer.admitted.body;
  AdmittedResponse admitted = answer.admitted;
  std::string added;
  // Trailers need chunks (RFC 9112 section 7.1.2). Who does not ask for them goes without.
  if (framing.kind == Kind::kLength && request.takes_trailers && !request.http10 && !complete &&
      announces_trailers(answer.head, answer.base)) {
    framing.kind = Kind::kStream;
    drop_content_length(answer.head, admitted.dropped);
  }
  if (framing.kind == Kind::kStream && complete) {
    framing.kind = Kind::kLength;
    added += "content-length: 0\r\n";
  } else if (framing.kind == Kind::kStream && request.http10) {
    framing.kind = Kind::kUntilClose;
    keep_alive = false;
  } else if (framing.kind == Kind::kStream) {
    framing.kind = Kind::kChunked;
    added += "transfer-encoding: chunked\r\n";
  }
  if (answer.admitted.status == 101) {
    added += answer.added;
    added += "connection: upgrade\r\n";
  } else if (!keep_alive) {
    added += "connection: close\r\n";
  } else if (request.http10) {
    added += "connection: keep-alive\r\n";
  }
  ResponseHeadEdits edits;
  edits.names = answer.admitted.names;
  edits.added = added;
  edits.policy_line = request.answer_line;
  sink_ = std::make_unique<Http1Sink>(connection_, framing);
  write_response_head(answer.head, answer.base, admitted, edits, sink_->start());
  return *sink_;
}

Task<bool> Http1Client::send_whole(std::string_view message, TimePoint deadline) {
  const bool sent = co_await send_all(connection_, message, deadline);
  if (sent) bytes_sent_ += message.size();
  co_return sent;
}

TunnelEnd Http1Client::switch_protocols() {
  stream_.finish();
  switched_ = std::make_unique<Switched>(worker_, connection_, std::move(inbox_));
  inbox_.clear();
  return {switched_->source, switched_->sink};
}

uint64_t Http1Client::bytes_sent() const {
  return bytes_sent_ + (sink_ ? sink_->bytes_sent() : 0) + (switched_ ? switched_->sink.bytes_sent() : 0);
}

void Http1Client::finish() {
  if (!switched_) stream_.finish();
}

}  // namespace weft::proxy
