#include "proxy/tls/client_hello.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "proxy/tls/server_name.h"

namespace weft::proxy {
namespace {

constexpr uint8_t kHandshake = 22;
constexpr uint8_t kClientHello = 1;
constexpr unsigned kServerName = 0;
constexpr unsigned kAlpn = 16;
constexpr unsigned kHostName = 0;

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

// Calls visit(type, body) for the extensions of a ClientHello until it says false; false: it did, or they are not in
// order.
template <typename Visit>
bool walk_extensions(std::string_view hello, Visit visit) {
  Reader reader(hello);
  reader.take(2 + 32);  // version, random
  reader.vector(1);     // session
  reader.vector(2);     // cipher suites
  reader.vector(1);     // compression
  Reader extensions(reader.vector(2));
  while (!reader.failed() && !extensions.empty()) {
    const unsigned type = extensions.number(2);
    const std::string_view body = extensions.vector(2);
    if (extensions.failed() || !visit(type, body)) return false;
  }
  return !reader.failed() && reader.empty();
}

bool asks_for_mesh(std::string_view hello) {
  bool found = false;
  walk_extensions(hello, [&](unsigned type, std::string_view body) {
    if (type != kAlpn) return true;
    Reader reader(body);
    Reader names(reader.vector(2));
    while (!found && !names.empty() && !names.failed()) found = is_mesh_name(names.vector(1));
    return !found;
  });
  return found;
}

// One name: there is no kind but host names, and two of a kind may not be. Whom the server of a client that sends more
// would take it for, nobody knows.
std::string asked_name(std::string_view hello) {
  std::string name;
  bool asked = false;
  const bool in_order = walk_extensions(hello, [&](unsigned type, std::string_view body) {
    if (type != kServerName) return true;
    if (std::exchange(asked, true)) return false;
    Reader reader(body);
    Reader names(reader.vector(2));
    const unsigned kind = names.number(1);
    const std::string_view text = names.vector(2);
    const bool alone = names.empty() && reader.empty() && !names.failed();
    if (kind == kHostName && alone) name = server_name(text);
    return true;
  });
  return in_order ? name : std::string();
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

AskedName read_asked_name(std::string_view bytes) {
  using State = AskedName::State;
  bytes = bytes.substr(0, kMaxFirstBytes);
  switch (inspect_first_bytes(bytes)) {
    case FirstBytes::kPlain: return {State::kNotTls, {}};
    case FirstBytes::kPartial: return {State::kPartial, {}};
    default: break;
  }
  const std::optional<std::string> message = handshake_bytes(bytes);
  if (!message || message->size() < 4) return {State::kUnnamed, {}};
  Reader reader(*message);
  if (reader.number(1) != kClientHello) return {State::kUnnamed, {}};
  const std::string_view hello = reader.vector(3);
  if (reader.failed()) return {State::kUnnamed, {}};
  std::string name = asked_name(hello);
  const State state = name.empty() ? State::kUnnamed : State::kNamed;
  return {state, std::move(name)};
}

}  // namespace weft::proxy
