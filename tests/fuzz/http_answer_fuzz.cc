// Heads of answers, ours against Boost.Beast's: whatever ours accepts, Beast must read the same way. Pieces must be
// read like the whole.
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
std::string compare_answer_head(std::string_view bytes) {
  Head head;
  if (head.parse_response(bytes) != HeadStatus::kComplete || head.too_many_fields()) return "";
  AdmittedResponse ours;
  if (admit_response(head, bytes.data(), AdmittedRequest(), Direction::kOutbound, ours)) return "";

  const std::string_view message = bytes.substr(0, head.size());
  const test::BeastReading<false> theirs(message);
  // What a service writes into Connection is read as far as it makes sense.
  if (theirs.error == boost::beast::http::error::bad_value && head.has(HeaderId::kConnection)) return "";
  // A status line may end without the space before its phrase.
  if (theirs.error == boost::beast::http::error::bad_status && message[12] == '\r') return "";
  if (theirs.refuses()) return cat("Beast refuses: ", theirs.error.message());
  if (!theirs.is_header_done()) return "Beast does not see the end of the head";
  if (theirs.size != message.size()) return cat("size ", message.size(), " | ", theirs.size);
  if (theirs.status != ours.status) return "status";
  if (theirs.version != static_cast<int>(10 + head.minor_version())) return "version";
  const std::string fields = test::compare_fields(head, bytes.data(), theirs);
  if (!fields.empty()) return fields;
  // Without a body nobody reads the framing.
  return ours.body.kind == BodyFraming::Kind::kNone ? "" : test::compare_framing(ours.body, theirs);
}

void check(std::string_view bytes) {
  weft::test::must(compare_answer_head(bytes).empty(), compare_answer_head(bytes), bytes);
  Head whole;
  Head pieces;
  const HeadStatus once = whole.parse_response(bytes);
  HeadStatus twice = HeadStatus::kIncomplete;
  for (size_t size = 0; size < bytes.size() && twice == HeadStatus::kIncomplete; size += 1 + size / 4) {
    twice = pieces.parse_response(bytes.substr(0, size));
  }
  if (twice == HeadStatus::kIncomplete) twice = pieces.parse_response(bytes);
  weft::test::must(once == twice && whole.field_count() == pieces.field_count(), "pieces are read differently", bytes);
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
