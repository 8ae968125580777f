// The HTTP/1 head parser against Boost.Beast's: whatever ours accepts, Beast must read the same way. Beast may accept
// more; nobody may read an accepted request differently. Heads in pieces, answers and chunked bodies are read for
// crashes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/basic_parser.hpp>

#include "base/text.h"
#include "proxy/http/admission.h"
#include "proxy/http/body.h"
#include "proxy/http/head_parser.h"

namespace weft::proxy {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Beast's parser, which keeps what it sees in the order in which it sees it.
class Theirs final : public http::basic_parser<true> {
 public:
  using Text = boost::beast::string_view;
  using Error = boost::beast::error_code;
  std::string method;
  std::string target;
  int version = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  Error error;
  size_t size = 0;

  explicit Theirs(std::string_view bytes) {
    header_limit(1 << 20);
    eager(false);
    size = put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  }

 private:
  void on_request_impl(http::verb, Text name, Text path, int number, Error&) override {
    method = view(name);
    target = view(path);
    version = number;
  }
  void on_field_impl(http::field, Text name, Text value, Error&) override {
    fields.emplace_back(view(name), view(value));
  }
  void on_response_impl(int, Text, int, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<uint64_t>&, Error&) override {}
  size_t on_body_impl(Text body, Error&) override { return body.size(); }
  void on_chunk_header_impl(uint64_t, Text, Error&) override {}
  size_t on_chunk_body_impl(uint64_t, Text body, Error&) override { return body.size(); }
  void on_finish_impl(Error&) override {}
};

std::string compare_fields(const Head& head, const char* base, const Theirs& theirs) {
  if (theirs.fields.size() != head.field_count()) return "the number of fields";
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (head.name(base, head.field(i)) != theirs.fields[i].first) return cat("name of field ", i);
    if (head.value(base, head.field(i)) != theirs.fields[i].second) return cat("value of field ", i);
  }
  return "";
}

std::string compare_framing(const AdmittedRequest& ours, const Theirs& theirs) {
  using Kind = BodyFraming::Kind;
  if (theirs.chunked() != (ours.body.kind == Kind::kChunked)) return "chunked or not";
  const auto length = theirs.content_length();
  if (ours.body.kind == Kind::kLength && (!length || *length != ours.body.length)) return "content-length";
  if (ours.body.kind != Kind::kLength && length && *length != 0) return "a content-length only Beast sees";
  // An upgrade ends keep-alive for Beast; for us the answer decides. That we close more often harms nobody.
  if (ours.keep_alive && !ours.upgrade && !theirs.upgrade() && !theirs.keep_alive()) return "keep-alive";
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
  const Theirs theirs(message);
  if (theirs.error && theirs.error != http::error::need_more) return cat("Beast refuses: ", theirs.error.message());
  if (!theirs.is_header_done()) return "Beast does not see the end of the head";
  if (theirs.size != message.size()) return cat("size ", message.size(), " | ", theirs.size);
  if (theirs.method != ours.method) return "method";
  if (theirs.target != head.target(bytes.data())) return "target";
  if (theirs.version != static_cast<int>(10 + head.minor_version())) return "version";
  const std::string fields = compare_fields(head, bytes.data(), theirs);
  if (!fields.empty()) return fields;
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
