#include "proxy/http/websocket.h"

#include "base/hash.h"
#include "base/text.h"

namespace weft::proxy {

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

}  // namespace weft::proxy
