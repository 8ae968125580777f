#include "proxy/route/route.h"

#include <atomic>

namespace weft::proxy {

uint64_t next_set_number() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

}  // namespace weft::proxy
