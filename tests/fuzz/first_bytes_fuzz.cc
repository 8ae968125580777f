// The first bytes of a connection, as strangers send them: reading them never fails, what was decided stays decided
// however many bytes follow, and whom they ask for (SNI) is a host name or nobody.
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/tls/client_hello.h"
#include "proxy/tls/server_name.h"
#include "tests/fuzz/must.h"

namespace weft::proxy {
namespace {

using weft::test::must;
using State = AskedName::State;

void check_name(std::string_view text) {
  const AskedName asked = read_asked_name(text);
  const FirstBytes kind = inspect_first_bytes(text.substr(0, kMaxFirstBytes));
  must((asked.state == State::kNotTls) == (kind == FirstBytes::kPlain), "TLS for one, not for the other", text);
  must((asked.state == State::kPartial) == (kind == FirstBytes::kPartial), "whole for one, not for the other", text);
  must((asked.state == State::kNamed) == !asked.name.empty(), "a name of nobody", text);
  must(asked.name.size() <= 253, "a long name", text);
  must(asked.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") == std::string::npos, "no host", text);
  must(asked.name.empty() || server_name(asked.name) == asked.name, "a name in another form", text);
  // What follows a whole hello is not part of it.
  if (asked.state == State::kNamed && text.size() < kMaxFirstBytes / 2) {
    const std::string longer = std::string(text) + "\x14\x03\x03\x00\x01\x01";
    must(read_asked_name(longer).state != State::kPartial, "a name is lost with what follows", text);
  }
}

void check(std::string_view text) {
  FirstBytes decided = FirstBytes::kPartial;
  for (size_t some = 1; some <= text.size() && some <= kMaxFirstBytes; some += 1 + some / 8) {
    const FirstBytes now = inspect_first_bytes(text.substr(0, some));
    must(decided != FirstBytes::kPlain || now == FirstBytes::kPlain, "text became TLS", text);
    must(decided != FirstBytes::kMesh || now != FirstBytes::kPartial, "a mesh client became nobody", text);
    decided = now;
    check_name(text.substr(0, some));
  }
  check_name(text);
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
