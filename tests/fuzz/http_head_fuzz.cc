// The HTTP/1 head parser against Boost.Beast's: whatever ours accepts, Beast must read the same way. Beast may accept
// more; nobody may read an accepted request differently.
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/http/admission.h"
#include "proxy/http/head_parser.h"
#include "tests/fuzz/beast_reading.h"
#include "tests/fuzz/must.h"

namespace weft::proxy {
namespace {

// Empty when the two agree, else what they disagree about.
std::string compare_request_head(std::string_view bytes) {
  Head head;
  if (head.parse_request(bytes) != HeadStatus::kComplete || head.too_many_fields()) return "";
  AdmittedRequest ours;
  if (admit_request(head, bytes.data(), Direction::kOutbound, ours)) return "";

  // Our one concession to old clients, a blank line before the request, is not Beast's.
  const std::string_view message = bytes.substr(head.line_begin(), head.size() - head.line_begin());
  const test::BeastReading<true> theirs(message);
  if (theirs.refuses()) return cat("Beast refuses: ", theirs.error.message());
  if (!theirs.is_header_done()) return "Beast does not see the end of the head";
  if (theirs.size != message.size()) return cat("size ", message.size(), " | ", theirs.size);
  if (theirs.method != ours.method) return "method";
  if (theirs.target != head.target(bytes.data())) return "target";
  if (theirs.version != static_cast<int>(10 + head.minor_version())) return "version";
  const std::string fields = test::compare_fields(head, bytes.data(), theirs);
  if (!fields.empty()) return fields;
  // An upgrade ends keep-alive for Beast; for us the answer decides. That we close more often harms nobody.
  if (ours.keep_alive && !ours.upgrade && !theirs.upgrade() && !theirs.keep_alive()) return "keep-alive";
  return test::compare_framing(ours.body, theirs);
}

void check(std::string_view bytes) {
  weft::test::must(compare_request_head(bytes).empty(), compare_request_head(bytes), bytes);
  Head whole;
  Head pieces;
  const HeadStatus once = whole.parse_request(bytes);
  HeadStatus twice = pieces.parse_request(bytes.substr(0, bytes.size() / 2));
  if (twice == HeadStatus::kIncomplete) twice = pieces.parse_request(bytes);
  weft::test::must(once == twice && whole.field_count() == pieces.field_count(), "pieces are read differently", bytes);
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
