// HTTP/2 and gRPC over it: as many requests under way on a connection as it has places.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tools/bench/load/caller.h"

namespace weft::bench {
namespace {

constexpr int32_t kStreamWindow = 1 << 20, kConnectionWindow = 16 << 20;
constexpr size_t kOneWrite = 256 * 1024;

// What a place has under way, or the stream that stays open for it.
struct Exchange {
  Place* place = nullptr;  // null: no request under way
  int32_t stream = -1;     // negative: none
  size_t sent = 0;         // of the content
  uint64_t received = 0;
  int status = 0;
  bool grpc_ok = false;
};

struct EndSession {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

class Http2Caller final : public Caller {
 public:
  explicit Http2Caller(Calls& calls) : Caller(calls), exchanges_(calls.options.streams) {
    const LoadOptions& options = calls.options;
    content_ = std::string(grpc() ? options.size : options.upload, 'u');
    if (grpc()) {  // not compressed, four bytes of length
      std::string prefix(1, '\0');
      for (int shift = 24; shift >= 0; shift -= 8) prefix += static_cast<char>(options.size >> shift);
      content_ = prefix + content_;
    }
    add(":method", content_.empty() ? "GET" : "POST");
    add(":scheme", "http");
    add(":authority", options.host);
    add(":path", grpc() ? "/bench.Echo/Echo" : path_of(options));
    add("user-agent", "weft-bench-load");
    if (grpc()) {
      add("te", "trailers");
      add("content-type", "application/grpc");
    } else {
      add("accept", "*/*");
      add("x-padding", padding_of(options));
      if (!content_.empty()) add("content-length", cat(content_.size()));
    }
  }

  void request(Place& place) override {
    if (!exists()) start();
    if (nghttp2_session_check_request_allowed(session_.get()) == 0) {
      waiting_.push_back(&place);
      if (!inside_ && idle()) begin_again();
      return;
    }
    Exchange& exchange = exchanges_[place.number];
    exchange.place = &place;
    exchange.received = exchange.sent = 0;
    if (exchange.stream < 0) {
      exchange.status = 0;
      exchange.grpc_ok = false;
      const nghttp2_data_provider content{.source = {.ptr = &exchange}, .read_callback = &Http2Caller::read_content};
      exchange.stream = nghttp2_submit_request(session_.get(), nullptr, fields_.data(), fields_.size(),
                                               content_.empty() ? nullptr : &content, &exchange);
    } else {
      nghttp2_session_resume_data(session_.get(), exchange.stream);
    }
    if (!inside_ && connected()) flush();
  }

 private:
  bool streaming() const { return calls_.options.protocol == Protocol::kGrpcStream; }
  bool grpc() const { return streaming() || calls_.options.protocol == Protocol::kGrpc; }

  void add(std::string name, std::string value) {
    std::string& key = texts_.emplace_back(std::move(name));
    std::string& text = texts_.emplace_back(std::move(value));
    fields_.push_back({reinterpret_cast<uint8_t*>(key.data()), reinterpret_cast<uint8_t*>(text.data()), key.size(),
                       text.size(), NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE});
  }

  void start() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Http2Caller::on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Http2Caller::on_content);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Http2Caller::on_stream_end);
    nghttp2_session* session = nullptr;
    nghttp2_session_client_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    session_.reset(session);
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                               {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
    for (Exchange& exchange : exchanges_) exchange.stream = -1;
    open();
  }

  void opened() override { flush(); }
  void drained() override { flush(); }
  bool idle() const override {
    return std::none_of(exchanges_.begin(), exchanges_.end(), [](const Exchange& e) { return e.place != nullptr; });
  }

  void received(std::string_view bytes) override {
    inside_ = true;
    const ssize_t taken =
        nghttp2_session_mem_recv(session_.get(), reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    inside_ = false;
    if (taken < 0) return fail(calls_.faults.malformed);
    flush();
    if (!waiting_.empty() && idle()) begin_again();
  }

  // Everything that is to be sent, in few large writes.
  void flush() {
    while (connected() && !sending()) {
      output_.clear();
      const uint8_t* piece = nullptr;
      inside_ = true;
      for (ssize_t size; output_.size() < kOneWrite && (size = nghttp2_session_mem_send(session_.get(), &piece)) > 0;)
        output_.append(reinterpret_cast<const char*>(piece), static_cast<size_t>(size));
      inside_ = false;
      if (output_.empty()) return;
      send(output_);
    }
  }

  // The peer takes no more requests here.
  void begin_again() {
    drop();
    for (Place* place : std::exchange(waiting_, {})) request(*place);
  }

  void lost(uint64_t& counter) override {
    std::vector<Place*> ended = std::exchange(waiting_, {});
    for (Exchange& exchange : exchanges_) {
      if (exchange.place != nullptr) ended.push_back(std::exchange(exchange.place, nullptr));
    }
    counter += ended.size();
    for (Place* place : ended) calls_.finished(*place, false);
  }

  void finish(Exchange& exchange, uint64_t* fault) {
    if (fault != nullptr) *fault += 1;
    calls_.finished(*std::exchange(exchange.place, nullptr), fault == nullptr);
  }

  // Null: the answer was what was asked for.
  uint64_t* fault_of(const Exchange& exchange, uint32_t error) {
    if (error != NGHTTP2_NO_ERROR) return &calls_.faults.closed;
    if (exchange.status != 200 || (grpc() && !exchange.grpc_ok)) {
      bad_status(exchange.status);
      return &calls_.faults.status;
    }
    const uint64_t expected = grpc() ? content_.size() : calls_.options.size;
    return exchange.received == expected ? nullptr : &calls_.faults.length;
  }

  static Exchange* exchange_of(nghttp2_session* session, int32_t stream) {
    return static_cast<Exchange*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name, size_t name_size,
                       const uint8_t* value, size_t value_size, uint8_t, void*) {
    Exchange* const exchange = exchange_of(session, frame->hd.stream_id);
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (exchange != nullptr && key == ":status") parse_number(text, exchange->status);
    if (exchange != nullptr && key == "grpc-status") exchange->grpc_ok = text == "0";
    return 0;
  }

  static int on_content(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t*, size_t size, void* self) {
    auto& caller = *static_cast<Http2Caller*>(self);
    Exchange* const exchange = exchange_of(session, stream);
    if (exchange == nullptr) return 0;
    exchange->received += size;
    if (caller.streaming() && exchange->place != nullptr && exchange->received >= caller.content_.size())
      caller.finish(*exchange, exchange->received == caller.content_.size() ? nullptr : &caller.calls_.faults.length);
    return 0;
  }

  static int on_stream_end(nghttp2_session* session, int32_t stream, uint32_t error, void* self) {
    auto& caller = *static_cast<Http2Caller*>(self);
    Exchange* const exchange = exchange_of(session, stream);
    if (exchange == nullptr) return 0;
    exchange->stream = -1;
    if (exchange->place == nullptr) return 0;
    uint64_t* const fault = caller.streaming() ? &caller.calls_.faults.closed : caller.fault_of(*exchange, error);
    caller.finish(*exchange, fault);
    return 0;
  }

  static ssize_t read_content(nghttp2_session*, int32_t, uint8_t* out, size_t room, uint32_t* flags,
                              nghttp2_data_source* source, void* self) {
    const auto& caller = *static_cast<Http2Caller*>(self);
    auto& exchange = *static_cast<Exchange*>(source->ptr);
    const size_t count = std::min(room, caller.content_.size() - exchange.sent);
    if (count == 0) return NGHTTP2_ERR_DEFERRED;  // of a stream that stays open: until the next message
    std::memcpy(out, caller.content_.data() + exchange.sent, count);
    exchange.sent += count;
    if (exchange.sent == caller.content_.size() && !caller.streaming()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  std::string content_, output_;
  std::deque<std::string> texts_;    // of the fields, which refer to them
  std::vector<nghttp2_nv> fields_;   // of every request
  std::vector<Exchange> exchanges_;  // by the number of their place
  std::vector<Place*> waiting_;      // for a new connection
  std::unique_ptr<nghttp2_session, EndSession> session_;
  bool inside_ = false;  // nghttp2 is calling us
};

}  // namespace

std::unique_ptr<Caller> make_http2_caller(Calls& calls) { return std::make_unique<Http2Caller>(calls); }

}  // namespace weft::bench
