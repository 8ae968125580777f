// What leaves the proxy after fields were dropped and added: parsed again it is exactly what was meant, and admitted
// again it is the same request or answer. Nobody behind us reads another message than the one that was judged.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "proxy/http/admission.h"
#include "proxy/http/gather.h"
#include "proxy/http/head_writer.h"
#include "tests/fuzz/must.h"

namespace weft::proxy {
namespace {

using weft::test::must;

constexpr std::string_view kCaller = "x-forwarded-client-cert: URI=spiffe://a/b\r\n";
constexpr std::string_view kAdded = "x-request-id: 1\r\nX-Empty: \r\n";

std::string flat(const Gather& gather) {
  std::string text;
  for (const iovec& piece : gather.left()) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  must(text.size() == gather.size(), "the size of what was gathered", text);
  return text;
}

void put_lines(std::vector<std::string>& lines, std::string_view text) {
  for (size_t end = 0; (end = text.find("\r\n")) != std::string_view::npos; text.remove_prefix(end + 2)) {
    lines.emplace_back(text.substr(0, end));
  }
}

// "name: value" of every field that was kept, as it was written.
std::vector<std::string> kept_lines(const Head& head, std::string_view bytes, const FieldMask& dropped) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < head.field_count(); ++i) {
    const size_t begin = head.field(i).begin;
    if (!dropped.test(i)) lines.emplace_back(bytes.substr(begin, head.line_end(i) - begin - 2));
  }
  return lines;
}

std::vector<std::string> all_lines(const Head& head, std::string_view bytes) {
  return kept_lines(head, bytes, FieldMask());
}

void check_request(std::string_view bytes, Direction direction) {
  Head head;
  if (head.parse_request(bytes) != HeadStatus::kComplete || head.too_many_fields()) return;
  AdmittedRequest request;
  if (admit_request(head, bytes.data(), direction, request)) return;
  request.caller_line = kCaller;
  std::string added(kAdded);
  if (request.authority.empty()) added += "host: nobody\r\n";

  std::vector<std::string> wanted;
  if (request.host_replaced) wanted.push_back(cat("host: ", request.authority));
  for (std::string& line : kept_lines(head, bytes, request.dropped)) wanted.push_back(std::move(line));
  put_lines(wanted, kCaller);
  put_lines(wanted, added);
  if (request.upgrade) wanted.emplace_back("connection: upgrade");
  if (wanted.size() > kMaxHeaders) return;

  Gather gather;
  write_request_head(head, bytes.data(), request, added, gather);
  const std::string text = flat(gather);
  Head again;
  must(again.parse_request(text) == HeadStatus::kComplete && again.size() == text.size(), "no head leaves", text);
  must(again.method(text.data()) == request.method, "another method leaves", text);
  must(again.target(text.data()) == request.path, "another target leaves", text);
  must(again.minor_version() == 1, "another version leaves", text);
  must(all_lines(again, text) == wanted, "other fields leave", text);

  AdmittedRequest next;
  const BadMessage refused = admit_request(again, text.data(), direction, next);
  must(!refused, cat("the next hop refuses: ", refused.detail), text);
  must(next.body.kind == request.body.kind && next.body.length == request.body.length, "other framing", text);
  must(next.path == request.path && next.start_line_unchanged, "the path was not in its one form", text);
  must(next.authority == (request.authority.empty() ? "nobody" : request.authority), "another authority", text);
  must(next.upgrade == request.upgrade, "an upgrade is lost or found", text);
}

void check_answer(std::string_view bytes, Direction direction, bool drop_coding) {
  Head head;
  if (head.parse_response(bytes) != HeadStatus::kComplete) return;
  AdmittedResponse answer;
  if (admit_response(head, bytes.data(), AdmittedRequest(), direction, answer)) return;
  FieldMask dropped = answer.dropped;
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (drop_coding && head.field(i).id == HeaderId::kTransferEncoding) dropped.set(i);
  }
  std::vector<std::string> wanted = kept_lines(head, bytes, dropped);
  put_lines(wanted, kAdded);
  if (wanted.size() > kMaxHeaders) return;

  Gather gather;
  write_response_head(head, bytes.data(), answer, {.added = kAdded, .drop_transfer_encoding = drop_coding}, gather);
  const std::string text = flat(gather);
  Head again;
  must(again.parse_response(text) == HeadStatus::kComplete && again.size() == text.size(), "no head leaves", text);
  must(again.status() == head.status() && again.minor_version() == 1, "another status line leaves", text);
  must(all_lines(again, text) == wanted, "other fields leave", text);
  AdmittedResponse next;
  must(!admit_response(again, text.data(), AdmittedRequest(), direction, next), "the next hop refuses", text);
  if (drop_coding || head.minor_version() == 0) return;
  must(next.body.kind == answer.body.kind && next.body.length == answer.body.length, "other framing", text);
}

void check(std::string_view bytes) {
  for (const Direction direction : {Direction::kInbound, Direction::kOutbound}) {
    check_request(bytes, direction);
    check_answer(bytes, direction, false);
    check_answer(bytes, direction, true);
  }
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
