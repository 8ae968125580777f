#include "proxy/http/websocket.h"

#include "base/hash.h"
#include "base/text.h"
#include "proxy/http/head_parser.h"

namespace weft::proxy {
namespace {

std::string_view first_value(const Head& head, const char* base, std::string_view name) {
  for (size_t i = 0; i < head.field_count(); ++i) {
    if (equal_ignoring_case(head.name(base, head.field(i)), name)) return head.value(base, head.field(i));
  }
  return {};
}

}  // namespace

std::string make_websocket_key(Random& random) {
  std::string bytes;
  while (bytes.size() < 16) {
    for (uint64_t bits = random.next(), i = 0; i < 8; ++i, bits >>= 8) bytes += static_cast<char>(bits);
  }
  return base64(bytes);
}

std::string websocket_accept(std::string_view key) {
  return sha1_base64(cat(trim(key), "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

std::string_view websocket_key(const Head& head, const char* base) {
  return first_value(head, base, "sec-websocket-key");
}

std::string_view websocket_accept(const Head& head, const char* base) {
  return first_value(head, base, "sec-websocket-accept");
}

}  // namespace weft::proxy
