#include "proxy/net/farewell.h"

#include <array>

namespace weft::proxy {
namespace {

constexpr size_t kFarewellBytes = 64 * 1024;

}  // namespace

Task<void> farewell(EventLoop& loop, Connection& connection) {
  connection.shutdown_write();
  const TimePoint limit = loop.now() + kFarewell;
  for (size_t discarded = 0; discarded < kFarewellBytes;) {
    const Wake wake = co_await connection.readable(limit);
    if (wake != Wake::kReady) co_return;
    std::array<char, 4096> bytes;
    const IoResult io = connection.try_read(bytes);
    if (io.closed || io.error != 0) co_return;
    discarded += io.bytes;
  }
}

}  // namespace weft::proxy
