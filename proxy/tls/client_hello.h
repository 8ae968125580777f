// What a client asks for in its first bytes, read without answering: is it TLS, and is it a proxy of the mesh? Reads
// bytes of strangers; pure functions, nothing is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::proxy {

enum class FirstBytes : uint8_t {
  kPlain,    // no TLS record
  kPartial,  // TLS as far as it has come
  kMesh,     // its ALPN has "kuma" or a name of ours
  kForeign,  // TLS of somebody else
};

// More than any client says in the beginning; what is still partial then is foreign.
inline constexpr size_t kMaxFirstBytes = 16 * 1024;

// The first byte tells TLS from text; `bytes` may grow from call to call.
FirstBytes inspect_first_bytes(std::string_view bytes);

// Whom a client's TLS asks for (SNI, RFC 6066 3).
struct AskedName {
  enum class State : uint8_t {
    kNotTls,   // nor anything that could become it
    kPartial,  // TLS as far as it has come, and not more than kMaxFirstBytes
    kUnnamed,  // TLS that names nobody or several, or is not in order
    kNamed,
  };
  State state = State::kNotTls;
  std::string name;  // in the form of server_name()
};
AskedName read_asked_name(std::string_view bytes);

}  // namespace weft::proxy
