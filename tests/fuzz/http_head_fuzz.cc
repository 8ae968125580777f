// The HTTP/1 head parser against Boost.Beast's: whatever ours accepts, Beast must read the same way. Beast may accept
// more; nobody may read an accepted request differently. Heads in pieces, answers and chunked bodies are read for
// crashes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "base/text.h"
#include "proxy/http/admission.h"
#include "proxy/http/body.h"
#include "proxy/http/head_parser.h"

namespace weft::proxy {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

struct Theirs {
  http::request_parser<http::empty_body> parser;
  boost::beast::error_code error;
  size_t size = 0;
};

void read_theirs(std::string_view bytes, Theirs& out) {
  out.parser.header_limit(1 << 20);
  out.parser.eager(false);
  out.parser.skip(false);
  out.size = out.parser.put(boost::asio::buffer(bytes.data(), bytes.size()), out.error);
}

std::string compare_fields(const Head& head, const char* base, const http::fields& fields) {
  size_t i = 0;
  for (const auto& field : fields) {
    if (i == head.field_count()) return "Beast sees more fields";
    const std::string_view name = head.name(base, head.field(i));
    const std::string_view value = head.value(base, head.field(i));
    if (name != view(field.name_string())) return cat("name ", i, ": ", name, " | ", view(field.name_string()));
    if (value != view(field.value())) return cat("value ", i, ": ", value, " | ", view(field.value()));
    ++i;
  }
  return i == head.field_count() ? "" : "Beast sees fewer fields";
}

std::string compare_framing(const AdmittedRequest& ours, Theirs& theirs) {
  using Kind = BodyFraming::Kind;
  if (theirs.parser.chunked() != (ours.body.kind == Kind::kChunked)) return "chunked or not";
  const auto length = theirs.parser.content_length();
  if (ours.body.kind == Kind::kLength && (!length || *length != ours.body.length)) return "content-length";
  if (ours.body.kind != Kind::kLength && length && *length != 0) return "a content-length only Beast sees";
  // An upgrade ends keep-alive for Beast; for us the answer decides. That we close more often harms nobody.
  if (ours.keep_alive && !ours.upgrade && !theirs.parser.upgrade() && !theirs.parser.keep_alive()) return "keep-alive";
  return "";
}

// Empty when the two agree, else what they disagree about.
std::string compare_request_head(std::string_view bytes) {
  Head head;
  if (head.parse_request(bytes) != HeadStatus::kComplete || head.too_many_fields()) return "";
  AdmittedRequest ours;
  if (admit_request(head, bytes.data(), Direction::kOutbound, ours)) return "";

  // Our one concession to old clients, a blank line before the request, is not Beast's.
  const std::string_view message = bytes.substr(head.line_begin(), head.size() - head.line_begin());
  Theirs theirs;
  read_theirs(message, theirs);
  // "upgrade" and friends make Beast want nothing more; any error on what we accepted is a disagreement.
  if (theirs.error && theirs.error != http::error::need_more) return cat("Beast refuses: ", theirs.error.message());
  if (!theirs.parser.is_header_done()) return "Beast does not see the end of the head";
  if (theirs.size != message.size()) return cat("size ", message.size(), " | ", theirs.size);
  const auto& request = theirs.parser.get();
  if (view(request.method_string()) != ours.method) return "method";
  if (view(request.target()) != head.target(bytes.data())) return "target";
  if (request.version() != 10 + head.minor_version()) return "version";
  if (const std::string difference = compare_fields(head, bytes.data(), request.base()); !difference.empty())
    return difference;
  return compare_framing(ours, theirs);
}

void must(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void check(std::string_view bytes) {
  const std::string difference = compare_request_head(bytes);
  must(difference.empty(), difference + ":\n" + std::string(bytes));
  Head whole;
  Head pieces;
  const HeadStatus once = whole.parse_request(bytes);
  HeadStatus twice = pieces.parse_request(bytes.substr(0, bytes.size() / 2));
  if (twice == HeadStatus::kIncomplete) twice = pieces.parse_request(bytes);
  must(once == twice && whole.field_count() == pieces.field_count(), "pieces are read differently");
  Head answer;
  answer.parse_response(bytes);
  BodyReader body({BodyFraming::Kind::kChunked, 0});
  must(body.take(bytes) <= bytes.size(), "more was taken than came");
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
