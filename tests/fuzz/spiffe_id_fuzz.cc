// SPIFFE IDs as certificates claim them: whatever is accepted is in the one form in which IDs are compared, so that no
// two spellings name one workload and no tool downstream reads another path in it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/spiffe_id.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto id = weft::parse_spiffe_id(text);
  if (!id) return 0;
  const std::string again = "spiffe://" + std::string(id->trust_domain) + std::string(id->path);
  const bool sound = again == text && text.size() <= weft::kMaxSpiffeId &&
                     text.find_first_of("%?#@\\ ;:", 7) == std::string_view::npos &&
                     text.find("//", 9) == std::string_view::npos && !text.ends_with('/') &&
                     (again + '/').find("/../") == std::string::npos && (again + '/').find("/./") == std::string::npos;
  if (!sound) std::abort();
  return 0;
}
