// What leaves the proxy after fields were dropped and added: parsed again it is exactly what was meant, and admitted
// again it is the same request or answer; also when it went over HTTP/2 to the next proxy. Nobody behind us reads
// another message than the one that was judged.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "proxy/http/admission.h"
#include "proxy/http/field_list.h"
#include "proxy/http/gather.h"
#include "proxy/http/head_writer.h"
#include "proxy/http2/head_text.h"
#include "tests/fuzz/must.h"

namespace weft::proxy {
namespace {

using weft::test::must;
using Fields = std::vector<std::pair<std::string, std::string>>;

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

std::vector<std::string> sorted_lines(const Head& head, std::string_view bytes) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < head.field_count(); ++i) {
    const Field& field = head.field(i);
    lines.push_back(cat(lower(head.name(bytes.data(), field)), ": ", head.value(bytes.data(), field)));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
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

  // However a proxy before us says that they were written.
  Gather named;
  write_request_head(head, bytes.data(), request, added, named, request.names);
  const std::string named_text = flat(named);
  Head other;
  must(other.parse_request(named_text) == HeadStatus::kComplete, "no head leaves", named_text);
  must(sorted_lines(other, named_text) == sorted_lines(again, text), "names make other fields", named_text);

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

// Names (as they are written) and values of what is not dropped, Host apart.
Fields kept_fields(const Head& head, std::string_view bytes, const FieldMask& dropped) {
  Fields fields;
  for (size_t i = 0; i < head.field_count(); ++i) {
    const Field& field = head.field(i);
    if (dropped.test(i) || field.id == HeaderId::kTransferEncoding) continue;
    fields.emplace_back(head.name(bytes.data(), field), head.value(bytes.data(), field));
  }
  return fields;
}

// The head as a session hands it on to the next proxy; empty: it refuses it.
std::string over_http2(const FieldList& fields) {
  HeadText writer(kHeadRoom, kFieldRoom);
  PooledText text;
  writer.begin(HeadKind::kRequest, text);
  for (const Header& field : fields.all()) {
    if (writer.add(lower(field.name), field.value) != HeadFault::kNone) return {};
  }
  return writer.finish() == HeadFault::kNone ? std::string(text.view()) : std::string();
}

// From HTTP/1.1 over HTTP/2 to HTTP/1.1, as between two sidecars.
void check_between_proxies(std::string_view bytes) {
  Head head;
  if (head.parse_request(bytes) != HeadStatus::kComplete || too_large(head, false)) return;
  AdmittedRequest request;
  if (admit_request(head, bytes.data(), Direction::kOutbound, request)) return;
  if (request.upgrade || request.authority.empty() || request.host_replaced) return;
  const Fields wanted = kept_fields(head, bytes, request.dropped);
  FieldList list;
  write_request_fields(head, bytes.data(), request, {}, true, list);
  must(!list.overflowed(), "a head of few fields overflows", bytes);
  const std::string middle = over_http2(list);
  must(!middle.empty(), "the next proxy refuses what HTTP/1.1 allows", bytes);

  Head inner;
  must(inner.parse_request(middle) == HeadStatus::kComplete && inner.size() == middle.size(), "no head comes", middle);
  must(!too_large(inner, true), "the next proxy finds it too large", middle);
  AdmittedRequest next;
  const BadMessage refused = admit_request(inner, middle.data(), Direction::kOutbound, next);
  must(!refused, cat("the next proxy refuses: ", refused.detail), middle);
  must(next.method == request.method && next.path == request.path, "another request comes", middle);
  must(next.authority == request.authority, "another authority comes", middle);
  must(next.body.kind == request.body.kind || request.body.kind == BodyFraming::Kind::kChunked, "other framing",
       middle);
  must(next.body.length == request.body.length, "another length", middle);

  Gather gather;
  write_request_head(inner, middle.data(), next, {}, gather, next.names);
  const std::string text = flat(gather);
  Head again;
  must(again.parse_request(text) == HeadStatus::kComplete && again.size() == text.size(), "no head leaves", text);
  Fields came = kept_fields(again, text, FieldMask());
  Fields sent = wanted;
  size_t cookies = 0;
  for (Fields* fields : {&came, &sent}) {
    for (auto& [name, value] : *fields) {
      name = lower(name);
      cookies += name == "cookie" && fields == &sent;
    }
  }
  if (cookies > 1) return;  // they are joined (RFC 9113 section 8.2.3)
  std::sort(came.begin(), came.end());
  std::sort(sent.begin(), sent.end());
  must(came == sent, "other fields come through", text);
  if (!next.names.empty()) must(kept_fields(again, text, FieldMask()) == wanted, "case or order is lost", text);
}

void check(std::string_view bytes) {
  check_between_proxies(bytes);
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
