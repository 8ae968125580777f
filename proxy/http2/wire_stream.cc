#include "proxy/http2/wire_stream.h"

#include <new>
#include <utility>

#include "proxy/http2/wire_session.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

WireStream* WireStream::make(WireSession& session) {
  return new (allocate_frame(sizeof(WireStream))) WireStream(session);
}

void WireStream::destroy() {
  this->~WireStream();
  free_frame(this, sizeof(WireStream));
}

std::string_view WireStream::head() const {
  return head_count_ == 0 ? std::string_view{} : heads_.view().substr(head_at_, head_sizes_[0]);
}

void WireStream::add_head(size_t size) {
  if (head_count_ == kHeads - (final_head_ ? 0 : 1)) return heads_.truncate(heads_.size() - size);
  head_sizes_[head_count_++] = static_cast<uint32_t>(size);
}

void WireStream::next_head() {
  if (head_count_ == 0) return;
  head_at_ += head_sizes_[0];
  --head_count_;
  for (size_t i = 0; i < head_count_; ++i) head_sizes_[i] = head_sizes_[i + 1];
  if (head_count_ > 0) return;
  heads_.truncate(0);
  head_at_ = 0;
}

void WireStream::consume(size_t bytes) {
  if (bytes == 0) return;
  inbox_.consume(bytes);
  if (session_ != nullptr) session_->give_window_back(*this, bytes);
}

void WireStream::send_head(std::span<const Header> fields, bool end) {
  if (!can_send() || head_sent_) return;
  session_->submit_head(*this, fields, end);
}

void WireStream::send_body(std::string_view bytes, bool end) {
  if (!can_send() || !head_sent_) return;
  body_ = bytes;
  body_end_ = local_end_ = end;
  session_->resume_body(*this);
}

bool WireStream::send_rest(std::string_view bytes, std::span<const Header> trailers) {
  if (!can_send() || !head_sent_) return true;
  if (bytes.size() >= kReferred || !session_->has_room_for(*this, bytes.size())) return false;
  rest_.append(bytes);
  body_ = rest_.view();
  if (!body_.empty()) session_->note_rest(*this);
  add_trailers(trailers);
  return true;
}

void WireStream::send_trailers(std::span<const Header> fields) {
  if (can_send() && head_sent_) add_trailers(fields);
}

void WireStream::add_trailers(std::span<const Header> fields) {
  for (const Header& field : fields) {
    last_lines_.add(field.name, std::string_view(": "), field.value, std::string_view("\r\n"));
  }
  body_end_ = local_end_ = true;
  session_->resume_body(*this);
}

// What was not asked for does not leave.
void WireStream::drop_body() {
  if (session_ != nullptr && !rest_.empty() && !body_.empty()) session_->forget_rest();
  body_ = {};
}

void WireStream::reset(uint32_t code) {
  drop_body();
  local_end_ = true;
  if (session_ == nullptr || closed_ || reset_) return;
  if (id_ != 0) session_->submit_reset(*this, code);
  reset_ = true;
  if (end_ == StreamEnd::kNone) {
    end_ = StreamEnd::kReset;
    error_code_ = code;
  }
}

void WireStream::release() {
  orphan_ = true;
  reader_ = writer_ = Side{};
  end_callback_ = nullptr;
  if (session_ != nullptr) return session_->on_released(*this);
  if (pins_ == 0) destroy();
}

void WireStream::finish(StreamEnd end, uint32_t code) {
  closed_ = local_end_ = true;
  drop_body();
  if (end_ != StreamEnd::kNone || end == StreamEnd::kNone) return;
  end_ = end;
  error_code_ = code;
}

// Whoever is resumed may let go of it; it is pinned meanwhile.
void WireStream::wake_owner() {
  const bool failed = end_ != StreamEnd::kNone;
  if (failed && !reader_.waiter && end_callback_ != nullptr) {
    reader_.ready = true;
    std::exchange(end_callback_, nullptr)(end_owner_, *this);
  } else {
    wake(reader_);
  }
  if (closed_ && !orphan_) wake(writer_);
}

}  // namespace weft::proxy
