#include "tools/bench/load/answer.h"

#include "base/text.h"

namespace weft::bench {
namespace {

constexpr uint64_t kUnknown = UINT64_MAX;
constexpr size_t kMaxHead = 16 * 1024;

// The value of "Name: value" when the line carries that name.
std::string_view value_of(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return {};
  return equal_ignoring_case(line.substr(0, name.size()), name) ? trim(line.substr(name.size() + 1))
                                                                : std::string_view();
}

}  // namespace

void Answer::start(uint64_t expected_length) {
  partial_head_.clear();
  expected_length_ = expected_length;
  body_left_ = 0;
  status_ = 0;
  begun_ = head_done_ = closes_ = false;
}

Fault Answer::take(std::string_view bytes) {
  begun_ = true;
  if (!head_done_) {
    if (!partial_head_.empty()) bytes = partial_head_.append(bytes);
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (bytes.size() > kMaxHead) return Fault::kMalformed;
      if (partial_head_.empty()) partial_head_ = bytes;
      return Fault::kNone;
    }
    if (const Fault fault = read_head(bytes.substr(0, end + 2)); fault != Fault::kNone) return fault;
    bytes.remove_prefix(end + 4);
  }
  if (bytes.size() > body_left_) return Fault::kLength;
  body_left_ -= bytes.size();
  return Fault::kNone;
}

Fault Answer::read_head(std::string_view head) {
  head_done_ = true;
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 14 || !parse_number(head.substr(9, 3), status_))
    return Fault::kMalformed;
  uint64_t length = kUnknown;
  for (size_t start = head.find("\r\n") + 2; start < head.size();) {
    const size_t end = head.find("\r\n", start);
    const std::string_view line = head.substr(start, end - start);
    if (const auto value = value_of(line, "content-length"); !value.empty() && !parse_number(value, length)) {
      return Fault::kMalformed;
    }
    if (equal_ignoring_case(value_of(line, "connection"), "close")) closes_ = true;
    start = end + 2;
  }
  if (status_ != 200) return Fault::kStatus;
  if (length != expected_length_) return Fault::kLength;
  body_left_ = length;
  return Fault::kNone;
}

}  // namespace weft::bench
