#include "proxy/http2/head_text.h"

#include <algorithm>

#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr size_t kKept = 4096;

// What a start line or a token may hold: ASCII, no space, no control character.
bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool is_token(std::string_view text) {
  constexpr std::string_view kSeparators = "\"(),/:;<=>?@[\\]{}";
  return !text.empty() && is_visible(text) && text.find_first_of(kSeparators) == std::string_view::npos;
}

void restart(std::string& text) {
  if (text.capacity() > kKept) text = std::string();
  text.clear();
}

}  // namespace

void HeadText::begin(HeadKind kind, PooledText& out) {
  out_ = &out;
  begin_ = out.size();
  kind_ = kind;
  fault_ = HeadFault::kNone;
  started_ = kind == HeadKind::kTrailers;
  has_authority_ = has_cookies_ = false;
  bytes_ = fields_ = 0;
  status_ = 0;
  for (std::string* text : {&method_, &path_, &authority_, &scheme_, &protocol_, &cookies_}) restart(*text);
}

HeadFault HeadText::fail(HeadFault fault) {
  out_->truncate(begin_);
  return fault_ = fault;
}

HeadFault HeadText::add(std::string_view name, std::string_view value) {
  bytes_ += static_cast<uint32_t>(name.size() + value.size());
  if (!name.starts_with(':') || name == ":authority") ++fields_;  // as many as over HTTP/1.1
  if (bytes_ > max_bytes_ || fields_ > max_fields_) {
    const bool bomb = bytes_ / kBomb > max_bytes_ || fields_ / kBomb > max_fields_;
    return fail(bomb ? HeadFault::kBomb : HeadFault::kTooLarge);
  }
  if (fault_ != HeadFault::kNone) return fault_;
  if (name.starts_with(':')) return add_pseudo(name, value);
  if (!started_ && write_start() != HeadFault::kNone) return fault_;
  if (kind_ == HeadKind::kRequest) {
    if (name == "host") return add_host(value);
    if (name == "cookie") {
      append(cookies_, has_cookies_ ? "; " : "", value);
      has_cookies_ = true;
      return fault_;
    }
  }
  out_->add(name, std::string_view(": "), value, std::string_view("\r\n"));
  return fault_;
}

HeadFault HeadText::add_pseudo(std::string_view name, std::string_view value) {
  if (kind_ == HeadKind::kResponse) {
    if (name != ":status" || value.size() != 3 || !parse_number(value, status_)) return fail(HeadFault::kMalformed);
    return fault_;
  }
  if (!is_visible(value)) return fail(HeadFault::kMalformed);
  if (name == ":method") {
    method_ = value;
  } else if (name == ":path") {
    path_ = value;
  } else if (name == ":scheme") {
    scheme_ = value;
  } else if (name == ":authority") {
    authority_ = value;
    has_authority_ = true;
  } else if (name == ":protocol" && is_token(value)) {
    protocol_ = value;
  } else {
    return fail(HeadFault::kMalformed);
  }
  return fault_;
}

// RFC 9113 section 8.3.1: what names the authority twice must name the same one.
HeadFault HeadText::add_host(std::string_view value) {
  if (!has_authority_) {
    has_authority_ = true;
    authority_ = value;
    out_->add(std::string_view("host: "), value, std::string_view("\r\n"));
    return fault_;
  }
  return equal_ignoring_case(value, authority_) ? fault_ : fail(HeadFault::kMalformed);
}

HeadFault HeadText::write_start() {
  started_ = true;
  if (kind_ == HeadKind::kResponse) {
    if (status_ < 100 || status_ > 599) return fail(HeadFault::kMalformed);
    const char digits[] = {static_cast<char>('0' + status_ / 100), static_cast<char>('0' + status_ / 10 % 10),
                           static_cast<char>('0' + status_ % 10)};
    out_->add(std::string_view("HTTP/1.1 "), std::string_view(digits, sizeof digits), std::string_view("\r\n"));
    return fault_;
  }
  if (!is_token(method_)) return fail(HeadFault::kMalformed);
  const bool connect = method_ == "CONNECT" && protocol_.empty();
  const std::string_view target = connect ? authority_ : path_;
  if (target.empty()) return fail(HeadFault::kMalformed);
  const std::string_view method = protocol_.empty() ? std::string_view(method_) : "GET";
  out_->add(method, std::string_view(" "), target, std::string_view(" HTTP/1.1\r\n"));
  if (has_authority_) out_->add(std::string_view("host: "), std::string_view(authority_), std::string_view("\r\n"));
  if (!protocol_.empty()) {
    out_->add(std::string_view("connection: upgrade\r\nupgrade: "), std::string_view(protocol_),
              std::string_view("\r\n"));
  }
  return fault_;
}

HeadFault HeadText::finish() {
  if (fault_ == HeadFault::kNone && !started_) write_start();
  if (fault_ != HeadFault::kNone) return fault_;
  if (has_cookies_) {
    out_->add(std::string_view("cookie: "), std::string_view(cookies_), std::string_view("\r\n"));
  }
  if (kind_ != HeadKind::kTrailers) out_->append("\r\n");
  return fault_;
}

}  // namespace weft::proxy
