// A WebSocket handshake, from the client's head to the service's and back: what asks to switch protocols still asks for
// the same when it leaves, whether over HTTP/1.1 or as an extended CONNECT over HTTP/2; a key has one right answer. The
// input: a request, and behind it an answer.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/text.h"
#include "proxy/http/admission.h"
#include "proxy/http/field_list.h"
#include "proxy/http/gather.h"
#include "proxy/http/head_writer.h"
#include "proxy/http/websocket.h"
#include "proxy/http2/head_text.h"
#include "tests/fuzz/must.h"

namespace weft::proxy {
namespace {

using weft::test::must;

std::string flat(const Gather& gather) {
  std::string text;
  for (const iovec& piece : gather.left()) text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  return text;
}

// The value of the first field of this name; nothing: there is none.
std::optional<std::string> value_of(const Head& head, const char* base, std::string_view name) {
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (equal_ignoring_case(head.name(base, head.field(i)), name)) return std::string(head.value(base, head.field(i)));
  }
  return std::nullopt;
}

void must_ask_for(const std::string& text, std::string_view protocol, std::string_view path) {
  Head head;
  must(head.parse_request(text) == HeadStatus::kComplete && head.size() == text.size(), "no head leaves", text);
  AdmittedRequest request;
  const BadMessage refused = admit_request(head, text.data(), Direction::kInbound, request);
  must(!refused, cat("the next hop refuses: ", refused.detail), text);
  must(request.upgrade, "the next hop sees no upgrade", text);
  must(request.path == path, "another path", text);
  must(value_of(head, text.data(), "upgrade") == std::string(protocol), "another protocol", text);
}

// RFC 8441: the head as a session of the next proxy makes it of an extended CONNECT.
std::string over_http2(const AdmittedRequest& request, std::string_view protocol) {
  HeadText writer(kMaxHeadSize, kMaxHeaders);
  PooledText text;
  writer.begin(HeadKind::kRequest, text);
  writer.add(":method", "CONNECT");
  writer.add(":protocol", protocol);
  writer.add(":scheme", "http");
  writer.add(":authority", request.authority);
  writer.add(":path", request.path);
  return writer.finish() == HeadFault::kNone && writer.tunnel() ? std::string(text.view()) : std::string();
}

void check_key(std::string_view key) {
  const std::string accept = websocket_accept(key);
  must(accept.size() == 28 && accept.back() == '=', "an accept is twenty bytes in base64", accept);
  must(websocket_accept(cat(" ", key, "\t")) == accept, "white space around a key counts", key);
}

void check(std::string_view bytes) {
  Head head;
  if (head.parse_request(bytes) != HeadStatus::kComplete || head.too_many_fields()) return;
  check_key(websocket_key(head, bytes.data()));
  AdmittedRequest request;
  if (admit_request(head, bytes.data(), Direction::kOutbound, request) || !request.upgrade) return;
  const std::string protocol = *value_of(head, bytes.data(), "upgrade");
  Gather gather;
  write_request_head(head, bytes.data(), request, {}, gather);
  must_ask_for(flat(gather), protocol, request.path);
  // A list, or a protocol with a version, has no form in HTTP/2.
  if (const std::string text = over_http2(request, protocol); !text.empty()) must_ask_for(text, protocol, request.path);

  const std::string_view rest = bytes.substr(head.size());
  Head answer;
  if (answer.parse_response(rest) != HeadStatus::kComplete || answer.too_many_fields()) return;
  AdmittedResponse admitted;
  if (admit_response(answer, rest.data(), request, Direction::kOutbound, admitted)) return;
  must(admitted.status != 101 || admitted.body.kind == BodyFraming::Kind::kNone, "a switch with a body", bytes);
  websocket_accept(answer, rest.data());
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
