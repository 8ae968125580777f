// Finds the parts of an HTTP/1.1 request or response head in the bytes as they came; nothing is copied and nothing is
// changed. Strict: what two parsers could read differently is an error (RFC 9112 without its leniencies). Line by line,
// so a head that arrives in pieces is not parsed twice. Belongs to one exchange; fuzzed against Boost.Beast
// (tests/fuzz).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

#include "proxy/http/header_names.h"
#include "proxy/runtime/head_room.h"

namespace weft::proxy {

// Fits a pooled buffer with room for what we add, and 16-bit offsets.
inline constexpr size_t kMaxHeadSize = 60 * 1024;
inline constexpr size_t kMaxHeaders = 100;
// What is read: more than applications may send (admission.h), because a proxy before us has added to it.
inline constexpr size_t kHeadRoom = kMaxHeadSize + kAddedHeadBytes;
inline constexpr size_t kFieldRoom = kMaxHeaders + kAddedFields;
inline constexpr size_t kMaxRequestLine = 16 * 1024;
inline constexpr size_t kMaxMethodSize = 64;

// One header line; offsets from the head's first byte.
struct Field {
  uint16_t begin;  // of the line, which is the name's
  uint8_t name_size;
  HeaderId id;
  uint16_t value_begin;
  uint16_t value_size;
};

enum class HeadStatus : uint8_t {
  kIncomplete,
  kComplete,
  kMalformed,
  kUnknownVersion,  // HTTP, but neither 1.0 nor 1.1
  kLineTooLong,     // the request line
  kTooLarge,        // in bytes
};

class Head {
 public:
  // `bytes` starts at the head's first byte; a later call passes the same bytes and more. After kComplete, size() bytes
  // belong to the head, the blank line included. Any result but these two says what is wrong in error().
  HeadStatus parse_request(std::string_view bytes) { return parse(bytes, true); }
  HeadStatus parse_response(std::string_view bytes) { return parse(bytes, false); }
  // Without touching the field table, which is most of it.
  void reset() { new (this) Head; }

  // Everything below: after kComplete, with `base` the address of the head's first byte.
  std::string_view method(const char* base) const { return {base + line_begin_, method_size_}; }
  std::string_view target(const char* base) const { return {base + target_begin_, target_size_}; }
  std::string_view name(const char* base, const Field& field) const { return {base + field.begin, field.name_size}; }
  std::string_view value(const char* base, const Field& field) const {
    return {base + field.value_begin, field.value_size};
  }

  // 0 or 1: HTTP/1.0 or HTTP/1.1.
  unsigned minor_version() const { return minor_version_; }
  unsigned status() const { return status_; }
  // Offsets: of the start line (after blank lines that some clients send first), of the first header line.
  size_t line_begin() const { return line_begin_; }
  size_t fields_begin() const { return fields_begin_; }
  size_t target_end() const { return target_begin_ + target_size_; }
  // Offset of the blank line.
  size_t fields_end() const { return size_ - 2; }
  size_t size() const { return size_; }

  size_t field_count() const { return count_; }
  const Field& field(size_t i) const { return fields_[i]; }
  // Where the line after field `i` begins.
  size_t line_end(size_t i) const { return i + 1 < count_ ? fields_[i + 1].begin : fields_end_; }
  // Bit HeaderId of every field that is there.
  bool has(HeaderId id) const { return (seen_ & bit(id)) != 0; }

  // More than kFieldRoom came. Those beyond are validated and not kept; `framing_lost`: one of them told how the
  // message ends or whether the connection stays, so it cannot be known any more.
  bool too_many_fields() const { return too_many_; }
  bool framing_lost() const { return framing_lost_; }

  // A few words for the answer's body and the log.
  std::string_view error() const { return error_; }

 private:
  static constexpr uint32_t bit(HeaderId id) { return uint32_t{1} << static_cast<unsigned>(id); }
  HeadStatus parse(std::string_view bytes, bool request);
  HeadStatus parse_request_line(std::string_view bytes);
  HeadStatus parse_status_line(std::string_view bytes);
  HeadStatus parse_field(std::string_view bytes);
  HeadStatus out_of_bytes(std::string_view bytes);
  HeadStatus fail(std::string_view error);
  void keep(const Field& field);

  uint16_t line_begin_ = 0;
  uint16_t method_size_ = 0;
  uint16_t target_begin_ = 0;
  uint16_t target_size_ = 0;
  uint16_t status_ = 0;
  uint16_t fields_begin_ = 0;  // 0: the start line is not complete
  uint16_t fields_end_ = 0;
  uint16_t position_ = 0;  // of the line to read next
  uint16_t size_ = 0;
  uint16_t count_ = 0;
  uint8_t minor_version_ = 1;
  bool too_many_ = false;
  bool framing_lost_ = false;
  uint32_t seen_ = 0;
  std::string_view error_;
  std::array<Field, kFieldRoom> fields_;  // the first count_ are set
};

}  // namespace weft::proxy
