// Writes a text to a connection, waiting where it must. Worker's thread only.
#pragma once

#include <chrono>
#include <string_view>

#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

// A client takes a local answer in this time or goes without.
inline constexpr std::chrono::seconds kReplyTime{5};

// False: not all of it could be written by `deadline`. `text` lives until then.
inline Task<bool> send_all(Connection& connection, std::string_view text, TimePoint deadline) {
  while (!text.empty()) {
    const IoResult io = connection.try_write(std::span<const char>(text.data(), text.size()));
    text.remove_prefix(io.bytes);
    if (io.error != 0) co_return false;
    if (text.empty()) break;
    if (!io.would_block) continue;
    const Wake wake = co_await connection.writable(deadline);
    if (wake == Wake::kDeadline || connection.cancelled()) co_return false;
  }
  co_return true;
}

}  // namespace weft::proxy
