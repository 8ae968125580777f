// Follows the body of one message through the bytes as they pass: where it ends, and whether its framing holds. Chunked
// bodies are validated and forwarded as they came, trailers included (RFC 9112 section 7.1, strict); ContentReader
// takes the framing off for a peer that does not know chunks. Belongs to one exchange; holds no content.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace weft::proxy {

// Of one message: all chunk extensions together, the trailer section.
inline constexpr uint32_t kMaxChunkExtensions = 16 * 1024;
inline constexpr uint32_t kMaxTrailers = 16 * 1024;
inline constexpr uint64_t kTinyChunk = 8;

struct BodyFraming {
  // kStream: until the HTTP/2 stream ends.
  enum class Kind : uint8_t { kNone, kLength, kChunked, kUntilClose, kStream };
  Kind kind = Kind::kNone;
  uint64_t length = 0;  // of kLength
};

class BodyReader {
 public:
  BodyReader() = default;
  explicit BodyReader(BodyFraming framing);

  // The next stretch of `bytes`: how many bytes of the message, and whether they are content, part of the trailer
  // section (with the blank line that ends it) or other framing. size == 0: all of `bytes` was taken, the body is
  // complete, or malformed() (then nothing more may be read).
  struct Stretch {
    size_t size = 0;
    bool content = false;
    bool trailers = false;
  };
  Stretch next(std::string_view bytes);
  // How many of `bytes` belong to the message, content and framing alike.
  size_t take(std::string_view bytes);

  // Legal and odd: chunks of at most kTinyChunk bytes, chunks with extensions.
  uint32_t tiny_chunks() const { return tiny_chunks_; }
  uint32_t extended_chunks() const { return extended_chunks_; }
  // Of a body of known length: what is left of it. Whoever passes some of that on without looking at it says so.
  uint64_t content_left() const { return kind_ == BodyFraming::Kind::kLength && state_ == State::kContent ? left_ : 0; }
  void skip(uint64_t content) {
    left_ -= content;
    if (left_ == 0) state_ = State::kComplete;
  }

  bool complete() const { return state_ == State::kComplete; }
  bool malformed() const { return state_ == State::kMalformed; }
  // The peer closed; true when that is how the body ends.
  bool close();
  BodyFraming::Kind kind() const { return kind_; }

 private:
  enum class State : uint8_t {
    kContent,
    kSizeFirst,
    kSize,
    kExtension,
    kSizeLf,
    kChunkCr,
    kChunkLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kEndLf,
    kComplete,
    kMalformed
  };
  bool in_trailers() const { return state_ >= State::kTrailerStart && state_ <= State::kEndLf; }
  void framing_byte(char c);
  void size_byte(char c);
  void extension_byte(char c);
  void trailer_name_byte(char c);
  void after_size_line();

  BodyFraming::Kind kind_ = BodyFraming::Kind::kNone;
  State state_ = State::kComplete;
  uint8_t size_digits_ = 0;
  uint8_t name_size_ = 0;
  uint64_t left_ = 0;
  uint32_t extensions_ = 0;
  uint32_t trailers_ = 0;
  uint32_t tiny_chunks_ = 0;
  uint32_t extended_chunks_ = 0;
  std::array<char, 32> name_{};  // of the trailer being read, lower case; longer names are nobody's we know
};

// A body without its framing.
class ContentReader {
 public:
  ContentReader() = default;
  explicit ContentReader(BodyFraming framing) : body_(framing) {}

  // The content in `bytes`, moved together over the framing between it; `used`: how many of `bytes` belonged to the
  // message.
  std::string_view take(std::span<char> bytes, size_t& used);
  bool complete() const { return body_.complete(); }
  bool malformed() const { return body_.malformed(); }
  bool close() { return body_.close(); }
  // Lines "name: value\r\n"; all of them once complete().
  std::string_view trailers() const;

 private:
  BodyReader body_;
  std::string trailers_;  // and the blank line
};

}  // namespace weft::proxy
