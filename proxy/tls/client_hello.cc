#include "proxy/tls/client_hello.h"

#include <algorithm>
#include <optional>
#include <string>

namespace weft::proxy {
namespace {

constexpr uint8_t kHandshake = 22;
constexpr uint8_t kClientHello = 1;
constexpr unsigned kAlpn = 16;

// Takes values off the front; one that is not there whole makes it fail for good.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  bool empty() const { return bytes_.empty(); }
  unsigned number(size_t width) {
    unsigned value = 0;
    for (const char c : take(width)) value = value << 8 | static_cast<uint8_t>(c);
    return value;
  }
  std::string_view take(size_t size) {
    if (size > bytes_.size()) failed_ = true;
    if (failed_) return {};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  // Bytes behind their own length.
  std::string_view vector(size_t width) { return take(number(width)); }

 private:
  std::string_view bytes_;
  bool failed_ = false;
};

// The message in the records at the front, as far as it has come; nullopt: these are no records of a handshake.
std::optional<std::string> handshake_bytes(std::string_view bytes) {
  std::string message;
  while (!bytes.empty()) {
    if (static_cast<uint8_t>(bytes[0]) != kHandshake || (bytes.size() > 1 && bytes[1] != 3)) return std::nullopt;
    if (bytes.size() < 5) break;
    const size_t size = static_cast<size_t>(static_cast<uint8_t>(bytes[3])) << 8 | static_cast<uint8_t>(bytes[4]);
    if (size == 0) return std::nullopt;
    message += bytes.substr(5, size);
    bytes.remove_prefix(std::min(bytes.size(), 5 + size));
  }
  return message;
}

bool is_mesh_name(std::string_view name) { return name == "kuma" || name.starts_with("weft/"); }

bool asks_for_mesh(std::string_view hello) {
  Reader reader(hello);
  reader.take(2 + 32);  // version, random
  reader.vector(1);     // session
  reader.vector(2);     // cipher suites
  reader.vector(1);     // compression
  Reader extensions(reader.vector(2));
  while (!reader.failed() && !extensions.empty() && !extensions.failed()) {
    const unsigned type = extensions.number(2);
    Reader body(extensions.vector(2));
    if (type != kAlpn || extensions.failed()) continue;
    Reader names(body.vector(2));
    while (!names.empty() && !names.failed()) {
      if (is_mesh_name(names.vector(1))) return true;
    }
  }
  return false;
}

}  // namespace

FirstBytes inspect_first_bytes(std::string_view bytes) {
  if (bytes.empty()) return FirstBytes::kPartial;
  const bool full = bytes.size() >= kMaxFirstBytes;
  const std::optional<std::string> message = handshake_bytes(bytes);
  // Later records may be anything; the first alone tells that this is TLS.
  if (!message)
    return static_cast<uint8_t>(bytes[0]) == kHandshake && bytes.size() > 1 && bytes[1] == 3 ? FirstBytes::kForeign
                                                                                             : FirstBytes::kPlain;
  if (message->size() < 4) return full ? FirstBytes::kForeign : FirstBytes::kPartial;
  Reader reader(*message);
  if (reader.number(1) != kClientHello) return FirstBytes::kForeign;
  const std::string_view hello = reader.vector(3);
  if (!reader.failed()) return asks_for_mesh(hello) ? FirstBytes::kMesh : FirstBytes::kForeign;
  return full ? FirstBytes::kForeign : FirstBytes::kPartial;
}

}  // namespace weft::proxy
