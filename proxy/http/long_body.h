// How much of a body is received at a time. One that fits a buffer is received at once; of a longer one pieces are
// taken that stay in the nearest cache between the receive and the send: at 1 MiB they cost a fifth less than whole
// buffers, in spite of twice the system calls. Pure function.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "proxy/runtime/buffer_pool.h"

namespace weft::proxy {

inline constexpr size_t kLongBodyPiece = 32 * 1024;

// So much of a body of known length, still to come in clear and to leave so, is not copied: a MiB costs 0.6 of what it
// does through buffers.
inline constexpr uint64_t kWorthAPipe = 256 * 1024;

// After so much of one body the worker's other connections get their turn.
inline constexpr uint64_t kBytesPerTurn = 2 * 1024 * 1024;

// `before`: bytes of the body that have passed already.
inline std::span<char> room_for_body(std::span<char> room, uint64_t before) {
  return before + kLongBodyPiece > kBufferSize && room.size() > kLongBodyPiece ? room.first(kLongBodyPiece) : room;
}

}  // namespace weft::proxy
