// Chunked bodies: the reader, fed in pieces of any size, against a slow one that looks at lines of the whole.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "proxy/http/body.h"
#include "proxy/http/header_names.h"
#include "tests/fuzz/must.h"

namespace weft::proxy {
namespace {

using weft::test::must;

enum class Verdict { kComplete, kOpen, kMalformed };

struct Reading {
  Verdict verdict = Verdict::kOpen;
  size_t size = 0;  // of a complete body
  std::string content;
  bool operator==(const Reading&) const = default;
};

bool visible(std::string_view text) {
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

// Of "1f;name=value", its line without the end; nothing: malformed.
std::optional<uint64_t> chunk_size(std::string_view line) {
  const std::string_view digits = line.substr(0, line.find(';'));
  if (digits.empty() || digits.size() > 15 || !visible(line)) return std::nullopt;
  uint64_t size = 0;
  for (const char c : lower(digits)) {
    const size_t digit = std::string_view("0123456789abcdef").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    size = size * 16 + digit;
  }
  return size;
}

bool good_trailer(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos || !visible(line)) return false;
  return is_token(line.substr(0, colon)) && !forbidden_in_trailers(lower(line.substr(0, colon)));
}

// RFC 9112 section 7.1, a line at a time. Lines that are not complete are not judged.
Reading reference(std::string_view bytes) {
  Reading reading;
  size_t at = 0;
  size_t extensions = 0;
  size_t trailers = 0;
  bool in_trailers = false;
  for (;;) {
    const size_t end = bytes.find("\r\n", at);
    if (end == std::string_view::npos) return reading;
    const std::string_view line = bytes.substr(at, end - at);
    at = end + 2;
    reading.verdict = Verdict::kMalformed;
    if (in_trailers) {
      if (line.empty()) return {Verdict::kComplete, at, reading.content};
      trailers += line.size() - 1;  // the colon is not counted
      if (!good_trailer(line) || trailers > kMaxTrailers) return reading;
      reading.verdict = Verdict::kOpen;
      continue;
    }
    const std::optional<uint64_t> size = chunk_size(line);
    if (!size) return reading;
    if (const size_t semicolon = line.find(';'); semicolon != line.npos) extensions += line.size() - semicolon - 1;
    if (extensions > kMaxChunkExtensions) return reading;
    in_trailers = *size == 0;
    reading.verdict = Verdict::kOpen;
    if (in_trailers) continue;
    reading.content += bytes.substr(at, *size);
    if (bytes.size() - at <= *size) return reading;
    at += static_cast<size_t>(*size);
    if (!std::string_view("\r\n").starts_with(bytes.substr(at, 2))) {
      reading.verdict = Verdict::kMalformed;
      return reading;
    }
    if (bytes.size() - at < 2) return reading;
    at += 2;
  }
}

Reading ours(std::string_view bytes, size_t step) {
  BodyReader reader({BodyFraming::Kind::kChunked, 0});
  Reading reading;
  for (size_t at = 0; at < bytes.size() && !reader.complete() && !reader.malformed(); at += step) {
    std::string_view piece = bytes.substr(at, step);
    for (;;) {
      const BodyReader::Stretch stretch = reader.next(piece);
      must(stretch.size <= piece.size(), "more was taken than came", bytes);
      if (stretch.size == 0) break;
      if (stretch.content) reading.content += piece.substr(0, stretch.size);
      reading.size += stretch.size;
      piece.remove_prefix(stretch.size);
    }
    must(piece.empty() || reader.complete() || reader.malformed(), "the reader stopped half-way", bytes);
  }
  must(!reader.complete() || !reader.malformed(), "complete and malformed", bytes);
  if (reader.complete()) reading.verdict = Verdict::kComplete;
  if (reader.malformed()) reading.verdict = Verdict::kMalformed;
  return reading;
}

void check(std::string_view bytes) {
  const Reading slow = reference(bytes);
  const Reading whole = ours(bytes, bytes.size() + 1);
  for (const size_t step : {size_t{1}, size_t{2}, size_t{7}, size_t{64}}) {
    const Reading pieces = ours(bytes, step);
    must(pieces.verdict == whole.verdict && pieces.content == whole.content, "pieces are read differently", bytes);
  }
  if (slow.verdict == Verdict::kComplete) must(slow == whole, "a complete body is read differently", bytes);
  if (whole.verdict == Verdict::kComplete) must(slow == whole, "this is no complete body", bytes);
  if (slow.verdict == Verdict::kMalformed) must(whole.verdict == slow.verdict, "this is malformed", bytes);
  if (whole.verdict == Verdict::kOpen) must(slow.content == whole.content, "other content", bytes);
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
