#include "proxy/http/head_parser.h"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weft::proxy {
namespace {

// The first byte at or after `at` that may not stand in a field value: controls but tab, and DEL. Values are mostly
// 10-100 bytes long, so sixteen at a time pays.
const char* find_value_end(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i sign = _mm_set1_epi8(static_cast<char>(0x80));
  const __m128i space = _mm_set1_epi8(static_cast<char>(0x20 ^ 0x80));
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmplt_epi8(_mm_xor_si128(bytes, sign), space);
    const __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), control), _mm_cmpeq_epi8(bytes, del));
    const int mask = _mm_movemask_epi8(bad);
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  for (; at != end; ++at) {
    const auto c = static_cast<unsigned char>(*at);
    if ((c < 0x20 && c != '\t') || c == 0x7f) return at;
  }
  return end;
}

const char* find_name_end(const char* at, const char* end) {
  while (at != end && is_token_char(static_cast<unsigned char>(*at))) ++at;
  return at;
}

// Visible ASCII.
const char* find_target_end(const char* at, const char* end) {
  while (at != end && static_cast<unsigned char>(*at) > 0x20 && static_cast<unsigned char>(*at) < 0x7f) ++at;
  return at;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Of these the message's end or the connection's fate depends.
bool decides_framing(HeaderId id) {
  return id == HeaderId::kContentLength || id == HeaderId::kTransferEncoding || id == HeaderId::kConnection ||
         id == HeaderId::kUpgrade || id == HeaderId::kExpect || id == HeaderId::kHost;
}

}  // namespace

HeadStatus Head::fail(std::string_view error) {
  error_ = error;
  return HeadStatus::kMalformed;
}

HeadStatus Head::out_of_bytes(std::string_view bytes) {
  if (bytes.size() < kHeadRoom) return HeadStatus::kIncomplete;
  error_ = "header block too large";
  return HeadStatus::kTooLarge;
}

HeadStatus Head::parse(std::string_view bytes, bool request) {
  if (bytes.size() > kHeadRoom) bytes = bytes.substr(0, kHeadRoom);
  if (fields_begin_ == 0) {
    const HeadStatus line = request ? parse_request_line(bytes) : parse_status_line(bytes);
    if (line != HeadStatus::kComplete) return line;
  }
  for (;;) {
    if (position_ >= bytes.size()) return out_of_bytes(bytes);
    if (bytes[position_] == '\r') {
      if (position_ + 1u >= bytes.size()) return out_of_bytes(bytes);
      if (bytes[position_ + 1u] != '\n') return fail("bare CR");
      fields_end_ = position_;
      size_ = static_cast<uint16_t>(position_ + 2);
      return HeadStatus::kComplete;
    }
    const HeadStatus field = parse_field(bytes);
    if (field != HeadStatus::kComplete) return field;
  }
}

// method SP request-target SP HTTP-version CRLF. RFC 9112 section 3; section 2.2 lets us skip blank lines before it,
// and we skip at most one.
HeadStatus Head::parse_request_line(std::string_view bytes) {
  const char* base = bytes.data();
  const char* end = base + bytes.size();
  if (line_begin_ == 0 && bytes.starts_with('\r')) {
    if (bytes.size() == 1) return HeadStatus::kIncomplete;
    if (bytes[1] != '\n') return fail("bare CR");
    line_begin_ = 2;
  }
  const char* at = base + line_begin_;
  if (at == end) return HeadStatus::kIncomplete;
  if (static_cast<unsigned char>(*at) == 0x16) return fail("TLS on a plaintext port");
  const char* method_end = find_name_end(at, end);
  if (method_end - at > static_cast<std::ptrdiff_t>(kMaxMethodSize)) return fail("method too long");
  if (method_end == end) return HeadStatus::kIncomplete;
  if (*method_end != ' ' || method_end == at) return fail("malformed request line");
  const char* target = method_end + 1;
  const char* target_end = find_target_end(target, end);
  if (static_cast<size_t>(target_end - at) > kMaxRequestLine) {
    error_ = "request line too long";
    return HeadStatus::kLineTooLong;
  }
  if (target_end == end) return HeadStatus::kIncomplete;
  if (*target_end == '\r' || *target_end == '\n') return fail("no HTTP version in the request line");
  if (*target_end != ' ' || target_end == target) return fail("malformed request line");
  const char* version = target_end + 1;
  constexpr std::string_view kWord = "HTTP/";
  const auto left = static_cast<size_t>(end - version);
  const size_t there = left < kWord.size() ? left : kWord.size();
  if (std::memcmp(version, kWord.data(), there) != 0) return fail("malformed HTTP version");
  if (left < 10) return HeadStatus::kIncomplete;
  if (!is_digit(version[5]) || version[6] != '.' || !is_digit(version[7])) return fail("malformed HTTP version");
  if (version[8] != '\r' || version[9] != '\n') return fail("malformed end of the request line");
  if (version[5] != '1' || version[7] > '1') {
    error_ = "HTTP version not supported";
    return HeadStatus::kUnknownVersion;
  }
  minor_version_ = static_cast<uint8_t>(version[7] - '0');
  method_size_ = static_cast<uint16_t>(method_end - at);
  target_begin_ = static_cast<uint16_t>(target - base);
  target_size_ = static_cast<uint16_t>(target_end - target);
  fields_begin_ = position_ = static_cast<uint16_t>(version + 10 - base);
  return HeadStatus::kComplete;
}

// HTTP-version SP status-code SP [reason-phrase] CRLF; the second SP may be missing when there is no phrase (seen in
// practice).
HeadStatus Head::parse_status_line(std::string_view bytes) {
  constexpr std::string_view kWord = "HTTP/1.";
  const size_t there = bytes.size() < kWord.size() ? bytes.size() : kWord.size();
  if (bytes.substr(0, there) != kWord.substr(0, there)) return fail("not an HTTP/1 answer");
  if (bytes.size() < 13) return HeadStatus::kIncomplete;
  if (bytes[7] != '0' && bytes[7] != '1') return fail("HTTP version not supported");
  if (bytes[8] != ' ' || !is_digit(bytes[9]) || !is_digit(bytes[10]) || !is_digit(bytes[11]))
    return fail("malformed status line");
  const unsigned status = static_cast<unsigned>((bytes[9] - '0') * 100 + (bytes[10] - '0') * 10 + (bytes[11] - '0'));
  if (status < 100 || status > 599) return fail("status code out of range");
  if (bytes[12] != ' ' && bytes[12] != '\r') return fail("malformed status line");
  const char* end = bytes.data() + bytes.size();
  const char* phrase_end = find_value_end(bytes.data() + 12, end);
  if (phrase_end == end || phrase_end + 1 == end) return out_of_bytes(bytes);
  if (phrase_end[0] != '\r' || phrase_end[1] != '\n') return fail("malformed status line");
  status_ = static_cast<uint16_t>(status);
  minor_version_ = static_cast<uint8_t>(bytes[7] - '0');
  fields_begin_ = position_ = static_cast<uint16_t>(phrase_end + 2 - bytes.data());
  return HeadStatus::kComplete;
}

// field-name ":" OWS field-value OWS CRLF, RFC 9112 section 5. A line that starts with white space (obs-fold) has no
// name.
HeadStatus Head::parse_field(std::string_view bytes) {
  const char* base = bytes.data();
  const char* end = base + bytes.size();
  const char* line = base + position_;
  const char* name_end = find_name_end(line, end);
  if (name_end == end) return out_of_bytes(bytes);
  if (name_end == line) return fail(*line == ' ' || *line == '\t' ? "folded header line" : "malformed header name");
  if (*name_end != ':')
    return fail(*name_end == ' ' || *name_end == '\t' ? "space before the colon" : "malformed header name");
  if (name_end - line > 255) return fail("header name too long");
  const char* value = name_end + 1;
  while (value != end && (*value == ' ' || *value == '\t')) ++value;
  const char* value_end = find_value_end(value, end);
  if (value_end == end || value_end + 1 == end) return out_of_bytes(bytes);
  if (*value_end != '\r') return fail(*value_end == '\n' ? "bare LF" : "control character in a header value");
  if (value_end[1] != '\n') return fail("bare CR");
  const char* next = value_end + 2;
  while (value_end > value && (value_end[-1] == ' ' || value_end[-1] == '\t')) --value_end;
  Field field;
  field.begin = position_;
  field.name_size = static_cast<uint8_t>(name_end - line);
  field.id = header_id({line, static_cast<size_t>(name_end - line)});
  field.value_begin = static_cast<uint16_t>(value - base);
  field.value_size = static_cast<uint16_t>(value_end - value);
  keep(field);
  position_ = static_cast<uint16_t>(next - base);
  return HeadStatus::kComplete;
}

void Head::keep(const Field& field) {
  if (count_ == kFieldRoom) {
    too_many_ = true;
    framing_lost_ = framing_lost_ || decides_framing(field.id);
    return;
  }
  seen_ |= bit(field.id);
  fields_[count_++] = field;
}

}  // namespace weft::proxy
