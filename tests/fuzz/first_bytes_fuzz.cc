// The first bytes of a connection, as strangers send them: reading them never fails, and what was decided stays decided
// however many bytes follow.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proxy/tls/client_hello.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using weft::proxy::FirstBytes;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  FirstBytes decided = FirstBytes::kPartial;
  for (size_t some = 1; some <= size && some <= weft::proxy::kMaxFirstBytes; some += 1 + some / 8) {
    const FirstBytes now = weft::proxy::inspect_first_bytes(text.substr(0, some));
    const bool plain_before = decided == FirstBytes::kPlain;
    if (plain_before && now != FirstBytes::kPlain) std::abort();
    if (decided == FirstBytes::kMesh && now == FirstBytes::kPartial) std::abort();
    decided = now;
  }
  using weft::proxy::AskedName;
  const AskedName asked = weft::proxy::read_asked_name(text);
  if ((asked.state == AskedName::State::kNamed) != !asked.name.empty() || asked.name.size() > 253) std::abort();
  if (decided == FirstBytes::kPlain && size > 1 && asked.state != AskedName::State::kNotTls) std::abort();
  return 0;
}
