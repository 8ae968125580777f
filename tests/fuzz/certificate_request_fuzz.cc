// What a proxy sends to get a certificate: a stranger's DER. Whatever is accepted has a name that the request contains,
// and can be signed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "control-plane/identity/issuer.h"

namespace weft::cp {
namespace {

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

const Issuer& issuer() {
  static const std::shared_ptr<const Issuer> made =
      Issuer::read(make_mesh_authority("d", std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000))).value())
          .value();
  return *made;
}

void check(std::string_view der) {
  const Result<CertificateRequest> request = CertificateRequest::parse(der);
  if (!request.ok()) return must(!reason(request.status()).empty(), "refused without a reason");
  must(der.size() <= CertificateRequest::kMaxBytes, "longer than allowed");
  must(der.find(request->uri()) != std::string_view::npos, "a name that does not stand there");
  const auto issued =
      issuer().issue(*request, std::chrono::hours(1), std::chrono::sys_seconds(std::chrono::seconds(1'800'000'000)));
  must(issued.ok() && issued->chain.size() == 1, "cannot be signed");
}

}  // namespace
}  // namespace weft::cp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::cp::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
