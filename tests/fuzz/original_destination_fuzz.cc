// What a kernel, or something that plays one, says about where a connection was going: never more than an address.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "proxy/net/original_destination.h"
#include "proxy/runtime/address.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto found = weft::proxy::parse_original_destination(std::as_bytes(std::span(bytes, size)));
  if (found && (found->ss_family == 0 || weft::proxy::address_text(*found).empty())) std::abort();
  return 0;
}
