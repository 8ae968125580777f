#include "proxy/http/grpc.h"

#include <array>

#include "base/text.h"
#include "proxy/http/head_parser.h"

namespace weft::proxy {
namespace {

using std::chrono::nanoseconds;

constexpr std::string_view kType = "application/grpc";
constexpr nanoseconds kLongest = std::chrono::hours(24 * 365);

constexpr std::array<std::string_view, 17> kWords = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

int64_t nanoseconds_in(char unit) {
  switch (unit) {
    case 'H': return 3'600'000'000'000;
    case 'M': return 60'000'000'000;
    case 'S': return 1'000'000'000;
    case 'm': return 1'000'000;
    case 'u': return 1'000;
    case 'n': return 1;
    default: return 0;
  }
}

bool all_digits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

uint8_t status_of(std::string_view value) {
  uint8_t status = 0;
  if (value.size() > 2 || !all_digits(value) || !parse_number(value, status)) return Outcome::kNoGrpcStatus;
  return status;
}

// The one value of `name` (lower case) in a head; absent when there is none or more.
std::optional<std::string_view> only_value(const Head& head, const char* base, std::string_view name) {
  std::optional<std::string_view> found;
  for (size_t i = 0; i < head.field_count(); ++i) {
    const Field& field = head.field(i);
    if (field.name_size != name.size() || !equal_ignoring_case(head.name(base, field), name)) continue;
    if (found) return std::nullopt;
    found = head.value(base, field);
  }
  return found;
}

}  // namespace

bool is_grpc_content_type(std::string_view type) {
  if (type.size() < kType.size() || !equal_ignoring_case(type.substr(0, kType.size()), kType)) return false;
  return type.size() == kType.size() || type[kType.size()] == '+' || type[kType.size()] == ';';
}

bool is_grpc_call(const Head& head, const char* base) {
  if (!head.has(HeaderId::kContentType)) return false;
  for (size_t i = 0; i < head.field_count(); ++i) {
    const Field& field = head.field(i);
    if (field.id == HeaderId::kContentType) return is_grpc_content_type(head.value(base, field));
  }
  return false;
}

std::optional<nanoseconds> parse_grpc_timeout(std::string_view value) {
  if (value.size() < 2 || value.size() > 9) return std::nullopt;
  const int64_t unit = nanoseconds_in(value.back());
  value.remove_suffix(1);
  int64_t number = 0;
  if (unit == 0 || !all_digits(value) || !parse_number(value, number)) return std::nullopt;
  if (number == 0) return nanoseconds(1);
  if (number > kLongest.count() / unit) return kLongest;
  return nanoseconds(number * unit);
}

nanoseconds grpc_timeout(const Head& head, const char* base) {
  if (!head.has(HeaderId::kGrpcTimeout) || !is_grpc_call(head, base)) return nanoseconds(0);
  const std::optional<std::string_view> value = only_value(head, base, "grpc-timeout");
  return value ? parse_grpc_timeout(*value).value_or(nanoseconds(0)) : nanoseconds(0);
}

uint8_t grpc_status_for(uint16_t http_status, Reason reason) {
  if (reason == Reason::kDeadlineExceeded) return 4;
  switch (http_status) {
    case 400: return 13;
    case 401: return 16;
    case 403: return 7;
    case 404: return 12;
    case 429:
    case 502:
    case 503:
    case 504: return 14;
    default: return 2;
  }
}

std::string_view grpc_status_word(uint8_t status) { return status < kWords.size() ? kWords[status] : kWords[2]; }

std::string grpc_message(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%') {
      out += c;
    } else {
      append(out, '%', kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

uint8_t grpc_status_in(std::string_view lines) {
  constexpr std::string_view kName = "grpc-status";
  uint8_t status = Outcome::kNoGrpcStatus;
  bool seen = false;
  while (!lines.empty()) {
    const size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    lines = end == std::string_view::npos ? std::string_view() : lines.substr(end + 2);
    const size_t colon = line.find(':');
    if (colon != kName.size() || !equal_ignoring_case(line.substr(0, colon), kName)) continue;
    if (seen) return Outcome::kNoGrpcStatus;
    seen = true;
    status = status_of(trim(line.substr(colon + 1)));
  }
  return status;
}

uint8_t grpc_status_in(const Head& head, const char* base) {
  const std::optional<std::string_view> value = only_value(head, base, "grpc-status");
  return value ? status_of(*value) : Outcome::kNoGrpcStatus;
}

}  // namespace weft::proxy
