#include "proxy/http/http2_client.h"

#include "proxy/http/field_list.h"

namespace weft::proxy {
namespace {

// Ends the waits on a stream when its time has come.
struct Patience final : Timer {
  explicit Patience(Http2Stream& waited_for) : stream(waited_for) {}
  void on_timer() override {
    over = true;
    stream.interrupt();
  }
  Http2Stream& stream;
  bool over = false;
};

}  // namespace

void Http2Client::attach(StreamLimits& limits, Interruptible& owner) {
  owner_ = &owner;
  body_.attach(limits);
  stream_.set_end_callback(&Http2Client::on_end, this);
}

void Http2Client::on_end(void* client, Http2Stream&) { static_cast<Http2Client*>(client)->owner_->interrupt(); }

void Http2Client::send_fields(const Answer& answer, std::string_view line, bool end) {
  FieldList fields;
  write_answer_fields(answer, line, from_proxy_, fields);
  stream_.send_head(fields.all(), end);
  bytes_sent_ += answer.head.size();
}

void Http2Client::send_interim(const Answer& answer) { send_fields(answer, {}, false); }

BodySink& Http2Client::send_head(const Answer& answer, const AdmittedRequest& request, bool complete, bool&) {
  send_fields(answer, request.answer_line, complete);
  return sink_;
}

// Its own replies are written in one form only; this is not the busy path.
Task<bool> Http2Client::send_whole(std::string_view message, TimePoint deadline) {
  Answer answer;
  if (answer.head.parse_response(message) != HeadStatus::kComplete) co_return false;
  answer.base = message.data();
  const std::string_view body = message.substr(answer.head.size());
  for (size_t i = 0; i < answer.head.field_count(); ++i) {
    if (answer.head.field(i).id == HeaderId::kConnection) answer.admitted.dropped.set(i);
  }
  send_fields(answer, {}, body.empty());
  if (!body.empty()) sink_.put(body, true, {});
  Patience patience(stream_);
  loop_.arm(patience, deadline);
  while (!patience.over && !sink_.flush() && !sink_.failed()) co_await sink_.wait();
  loop_.disarm(patience);
  co_return !patience.over && !sink_.failed();
}

}  // namespace weft::proxy
