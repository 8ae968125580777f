// Writes the fields of an HTTP/2 head as they come in the form of HTTP/1.1, within limits of what they are when
// decoded. nghttp2 has checked names, values and which pseudo-headers are there; what it lets through and HTTP/1.1
// could read differently is found here. One per session, since heads never interleave (RFC 9113 section 4.3).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http2/pooled_text.h"

namespace weft::proxy {

enum class HeadKind : uint8_t { kRequest, kResponse, kTrailers };

enum class HeadFault : uint8_t {
  kNone,
  kMalformed,  // a stream error PROTOCOL_ERROR (RFC 9113 section 8.1.1)
  kTooLarge,   // in bytes or fields
  kBomb,       // many times too large
};

class HeadText {
 public:
  HeadText(uint32_t max_bytes, uint32_t max_fields) : max_bytes_(max_bytes), max_fields_(max_fields) {}

  // `out` is appended to.
  void begin(HeadKind kind, PooledText& out);
  HeadFault add(std::string_view name, std::string_view value);
  // Afterwards `out` holds the head with its blank line, or the lines of the trailers; nothing of it when it has a
  // fault.
  HeadFault finish();

  HeadKind kind() const { return kind_; }
  // What finish() left.
  size_t size() const { return out_->size() - begin_; }
  // Of a request, after finish().
  bool tunnel() const { return !protocol_.empty(); }
  std::string_view scheme() const { return scheme_; }
  // Of a response.
  unsigned status() const { return status_; }

 private:
  // A value more of a head than these times its limit is a bomb.
  static constexpr uint32_t kBomb = 4;

  HeadFault add_pseudo(std::string_view name, std::string_view value);
  HeadFault add_host(std::string_view value);
  HeadFault write_start();
  HeadFault fail(HeadFault fault);

  const uint32_t max_bytes_;
  const uint32_t max_fields_;
  PooledText* out_ = nullptr;
  size_t begin_ = 0;  // of this head in *out_
  HeadKind kind_ = HeadKind::kRequest;
  HeadFault fault_ = HeadFault::kNone;
  bool started_ = false;  // the start line is written
  bool has_authority_ = false;
  bool has_cookies_ = false;
  uint32_t bytes_ = 0;
  uint32_t fields_ = 0;
  unsigned status_ = 0;
  // They keep their memory from one head to the next.
  std::string method_, path_, authority_, scheme_, protocol_;
  std::string cookies_;  // RFC 9113 section 8.2.3
};

}  // namespace weft::proxy
