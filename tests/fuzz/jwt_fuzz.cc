// Tokens from strangers: as a whole, where nothing may be accepted that our key did not sign, and as the claims of a
// token that it did sign, where every claim may be anything.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "control-plane/identity/dataplane_token.h"
#include "control-plane/identity/jwt.h"
#include "control-plane/identity/user_token.h"

namespace weft::cp {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

const KeyRing& keys() {
  static const KeyRing ring{{1, SigningKey::generate().value()}};
  return ring;
}

void read_both(std::string_view token) {
  const auto dataplane = verify_dataplane_token(token, "default", keys(), {}, kNow);
  if (dataplane.ok()) {
    check_token_name(*dataplane, "default", "web-1").IgnoreError();
    check_token_labels(*dataplane, {{"kuma.io/workload", "web"}}).IgnoreError();
  } else {
    must(!reason(dataplane.status()).empty(), "refused without a reason");
  }
  verify_user_token(token, keys(), {}, kNow).IgnoreError();
}

void check(std::string_view bytes) {
  must(!verify_jwt(bytes, keys(), kNow).ok(), "accepted what nobody signed");
  read_both(bytes);
  const Result<std::string> signed_one = sign_jwt(bytes, keys());
  must(signed_one.ok(), "cannot be signed");
  read_both(*signed_one);
}

}  // namespace
}  // namespace weft::cp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::cp::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
