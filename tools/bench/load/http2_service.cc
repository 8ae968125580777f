// The backend's HTTP/2: GET /N and POST /N are answered with N bytes; gRPC messages are echoed as they come, then
// trailers.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include "base/text.h"
#include "tools/bench/load/service.h"

namespace weft::bench {
namespace {

constexpr int32_t kStreamWindow = 1 << 20, kConnectionWindow = 16 << 20;
constexpr uint32_t kMaxStreams = 1024;
constexpr size_t kOneWrite = 256 * 1024;

struct Exchange {
  int32_t stream = 0;
  uint64_t left = 0;  // of the answer
  bool grpc = false;
  bool ended = false;  // the request
  bool known = false;  // its path was read
  std::string echo;    // messages on their way back
};

struct EndSession {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

// A field that every answer may have; nghttp2 wants bytes it could write to.
struct Field {
  nghttp2_nv refer() {
    return {reinterpret_cast<uint8_t*>(name.data()), reinterpret_cast<uint8_t*>(value.data()), name.size(),
            value.size(), NGHTTP2_NV_FLAG_NONE};
  }
  std::string name, value;
};

class Http2Service final : public Service {
 public:
  explicit Http2Service(Answers& answers) : answers_(answers) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, &Http2Service::on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Http2Service::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Http2Service::on_content);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Http2Service::on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Http2Service::on_stream_end);
    nghttp2_session* session = nullptr;
    nghttp2_session_server_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    session_.reset(session);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  }

  bool take(std::string_view bytes) override {
    return nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) >= 0;
  }

  std::string_view output() override {
    output_.clear();
    const uint8_t* piece = nullptr;
    for (ssize_t size; output_.size() < kOneWrite && (size = nghttp2_session_mem_send(session_.get(), &piece)) > 0;)
      output_.append(reinterpret_cast<const char*>(piece), static_cast<size_t>(size));
    return output_;
  }

 private:
  static Exchange* exchange_of(nghttp2_session* session, int32_t stream) {
    return static_cast<Exchange*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static int on_begin(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    auto& service = *static_cast<Http2Service*>(self);
    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    if (service.free_.empty()) service.free_.push_back(&service.exchanges_.emplace_back());
    Exchange* const exchange = service.free_.back();
    service.free_.pop_back();
    *exchange = {.stream = frame->hd.stream_id};
    nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, exchange);
    return 0;
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                       const uint8_t* value, size_t value_size, uint8_t, void*) {
    Exchange* const exchange = exchange_of(session, frame->hd.stream_id);
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (exchange == nullptr) return 0;
    if (key == ":path" && text.size() > 1)
      exchange->known = parse_number(text.substr(1), exchange->left) && exchange->left <= Answers::kMaxSize;
    if (key == "content-type" && text.starts_with("application/grpc")) exchange->grpc = true;
    return 0;
  }

  static int on_content(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* bytes, size_t size, void*) {
    Exchange* const exchange = exchange_of(session, stream);
    if (exchange == nullptr || !exchange->grpc) return 0;
    exchange->echo.append(reinterpret_cast<const char*>(bytes), size);
    nghttp2_session_resume_data(session, stream);
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    Exchange* const exchange = exchange_of(session, frame->hd.stream_id);
    if (exchange == nullptr || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)) return 0;
    exchange->ended = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;
    const bool begins = frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
    if (exchange->grpc ? begins : exchange->ended) static_cast<Http2Service*>(self)->answer(*exchange);
    if (exchange->grpc && exchange->ended) nghttp2_session_resume_data(session, frame->hd.stream_id);
    return 0;
  }

  static int on_stream_end(nghttp2_session* session, int32_t stream, uint32_t, void* self) {
    if (Exchange* const exchange = exchange_of(session, stream); exchange != nullptr)
      static_cast<Http2Service*>(self)->free_.push_back(exchange);
    return 0;
  }

  void answer(Exchange& exchange) {
    ++answers_.given;
    static Field ok{":status", "200"}, unknown{":status", "404"};
    static Field plain{"content-type", "text/plain"}, grpc{"content-type", "application/grpc"};
    Field length{"content-length", cat(exchange.left)};
    const bool good = exchange.grpc || exchange.known;
    const nghttp2_nv fields[] = {(good ? ok : unknown).refer(), (exchange.grpc ? grpc : plain).refer(), length.refer()};
    const nghttp2_data_provider content{.source = {.ptr = &exchange}, .read_callback = &Http2Service::read_answer};
    nghttp2_submit_response(session_.get(), exchange.stream, fields, exchange.grpc ? 2 : 3, &content);
  }

  static ssize_t read_answer(nghttp2_session* session, int32_t stream, uint8_t* out, size_t room, uint32_t* flags,
                             nghttp2_data_source* source, void*) {
    auto& exchange = *static_cast<Exchange*>(source->ptr);
    if (!exchange.grpc) {
      const size_t count = std::min<uint64_t>(room, exchange.left);
      std::memset(out, 'w', count);
      exchange.left -= count;
      if (exchange.left == 0) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(count);
    }
    const size_t count = std::min(room, exchange.echo.size());
    if (count == 0 && !exchange.ended) return NGHTTP2_ERR_DEFERRED;
    std::memcpy(out, exchange.echo.data(), count);
    exchange.echo.erase(0, count);
    if (exchange.ended && exchange.echo.empty()) {
      static Field status{"grpc-status", "0"};
      const nghttp2_nv trailer = status.refer();
      nghttp2_submit_trailer(session, stream, &trailer, 1);
      *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    }
    return static_cast<ssize_t>(count);
  }

  Answers& answers_;
  std::unique_ptr<nghttp2_session, EndSession> session_;
  std::deque<Exchange> exchanges_;
  std::vector<Exchange*> free_;
  std::string output_;
};

}  // namespace

std::unique_ptr<Service> make_http2_service(Answers& answers) { return std::make_unique<Http2Service>(answers); }

}  // namespace weft::bench
