#include "proxy/http/trace_headers.h"

#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace weft::proxy {
namespace {

// Hexadecimal digits and not all zero.
bool is_id(std::string_view text) {
  bool any = false;
  for (const char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
    any = any || c != '0';
  }
  return any;
}

bool is_trace_id(std::string_view text) { return (text.size() == 16 || text.size() == 32) && is_id(text); }
bool is_span_id(std::string_view text) { return text.size() == 16 && is_id(text); }

// Older libraries write words.
bool is_decision(std::string_view text) { return text == "0" || text == "1" || text == "true" || text == "false"; }

// Eight hexadecimal digits, all at once: each half byte is spread to a byte, and those above 9 go on at 'a'.
void write_digits(uint32_t bits, char* to) {
  uint64_t digits = bits;
  digits = (digits | digits << 16) & 0x0000ffff0000ffff;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
  digits = (digits | digits << 4) & 0x0f0f0f0f0f0f0f0f;
  const uint64_t above = ((digits + 0x0606060606060606) >> 4) & 0x0101010101010101;
  digits += 0x3030303030303030 + above * ('a' - '0' - 10);
  std::memcpy(to, &digits, sizeof digits);
}

}  // namespace

bool valid_traceparent(std::string_view value) {
  if (value.size() < 55 || value.size() > 128) return false;
  bool trace = false;
  bool parent = false;
  for (size_t i = 0; i < 55; ++i) {
    const char c = value[i];
    if (i == 2 || i == 35 || i == 52) {
      if (c != '-') return false;
      continue;
    }
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
    if (i > 2 && i < 35) trace = trace || c != '0';
    if (i > 35 && i < 52) parent = parent || c != '0';
  }
  if (!trace || !parent || value.starts_with("ff")) return false;
  return value.size() == 55 || (!value.starts_with("00") && value[55] == '-');
}

bool valid_b3(std::string_view value) {
  const auto next = [&] {
    const size_t dash = value.find('-');
    const std::string_view piece = value.substr(0, dash);
    value = dash == std::string_view::npos ? std::string_view() : value.substr(dash + 1);
    return piece;
  };
  if (is_decision(value) || value == "d") return true;
  if (value.empty() || value.back() == '-') return false;
  if (!is_trace_id(next()) || !is_span_id(next())) return false;
  if (value.empty()) return true;
  const std::string_view decision = next();
  if (!is_decision(decision) && decision != "d") return false;
  return value.empty() || is_span_id(value);
}

B3Part b3_part(std::string_view name) {
  switch (name.size()) {
    case 10: return B3Part::kFlags;
    case 11: return B3Part::kSpanId;
    case 17: return B3Part::kParentSpanId;
    default: return equal_ignoring_case(name, "x-b3-traceid") ? B3Part::kTraceId : B3Part::kSampled;
  }
}

bool valid_b3_part(B3Part part, std::string_view value) {
  switch (part) {
    case B3Part::kTraceId: return is_trace_id(value);
    case B3Part::kSpanId:
    case B3Part::kParentSpanId: return is_span_id(value);
    case B3Part::kSampled: return is_decision(value);
    case B3Part::kFlags: return value == "0" || value == "1";
  }
  return false;
}

char* write_uuid(Random& random, char* at) {
  char digits[32];
  for (size_t i = 0; i < sizeof digits; i += 16) {
    const uint64_t bits = random.next();
    write_digits(static_cast<uint32_t>(bits), digits + i);
    write_digits(static_cast<uint32_t>(bits >> 32), digits + i + 8);
  }
  digits[12] = '4';                                                 // version: random
  digits[16] = "89ab"[static_cast<unsigned char>(digits[16]) % 4];  // variant
  const auto add = [&](size_t from, size_t size, std::string_view behind) {
    std::memcpy(at, digits + from, size);
    std::memcpy(at + size, behind.data(), behind.size());
    at += size + behind.size();
  };
  add(0, 8, "-");
  add(8, 4, "-");
  add(12, 4, "-");
  add(16, 4, "-");
  add(20, 12, "");
  return at;
}

}  // namespace weft::proxy
