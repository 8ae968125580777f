// Bodies of HTTP/2: what a stream brings, and what is to leave on it. Parts of one exchange; worker's thread only.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/http/body_stream.h"
#include "proxy/http2/stream.h"
#include "proxy/runtime/buffer_pool.h"
#include "proxy/upstream/stream_limits.h"

namespace weft::proxy {

// The body of an answer.
class Http2Source final : public BodySource {
 public:
  Http2Source(Http2Stream& service, bool bodyless) : service_(service), bodyless_(bodyless) {}

  std::string_view content() override { return service_.pending(); }
  void taken(size_t bytes) override { service_.consume(bytes); }
  bool ended() const override {
    return service_.peer_ended() && service_.pending_is_all() && failure_of_content() == Reason::kNone;
  }
  std::string_view trailers() const override { return service_.trailers(); }
  Reason failure() const override;
  Task<void> wait() override;
  void interrupt() override { service_.interrupt(); }

 private:
  Reason failure_of_content() const;

  Http2Stream& service_;
  const bool bodyless_;
};

class Http2Sink final : public BodySink {
 public:
  explicit Http2Sink(Http2Stream& peer) : peer_(peer) {}

  void put(std::string_view content, bool end, std::string_view trailers) override;
  bool flush() override;
  bool failed() const override { return peer_.end() != StreamEnd::kNone; }
  Task<void> wait() override;
  void interrupt() override { peer_.interrupt(); }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  Http2Stream& peer_;
  bool on_loan_ = false;
  uint64_t bytes_sent_ = 0;
};

// The body of a request. What may be needed again is kept, as long as it fits one buffer; the stream's window does not
// wait for that.
class Http2Request final : public RequestBody {
 public:
  Http2Request(Http2Stream& client, BufferPool& buffers) : client_(client), buffers_(buffers) {}

  // `limits` is told of its end.
  void attach(StreamLimits& limits) { limits_ = &limits; }
  bool begin(AdmittedRequest& request) override;
  std::string_view content() override;
  void taken(size_t bytes) override;
  bool ended() const override;
  std::string_view trailers() const override { return client_.trailers(); }
  Reason failure() const override;
  Task<void> wait() override;
  void interrupt() override { client_.interrupt(); }
  void rewind() override { sent_ = 0; }
  bool replayable() const override { return keeping_; }
  void settle() override;
  bool received() const override { return client_.peer_ended() || client_.tunnel(); }
  uint64_t bytes_received() const override { return client_.head().size() + bytes_; }

 private:
  void look();

  Http2Stream& client_;
  BufferPool& buffers_;
  StreamLimits* limits_ = nullptr;
  Buffer kept_;
  size_t kept_size_ = 0;
  size_t sent_ = 0;        // of what is kept, in this attempt
  bool keeping_ = true;    // everything that came is in kept_
  bool all_here_ = false;  // nothing comes after what is here
  bool malformed_ = false;
  uint64_t bytes_ = 0;
};

// Whether lines "name: value\r\n" may stand behind a body (RFC 9110 section 6.5.1).
bool valid_trailers(std::string_view lines);

}  // namespace weft::proxy
