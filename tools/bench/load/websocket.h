// As much of WebSocket (RFC 6455) as a benchmark's messages need: whole binary messages of one frame. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::bench {

// One message; a client's is masked.
std::string websocket_message(std::string_view content, bool masked);

// A frame's head at the beginning of `bytes`. Not `whole`: more bytes are needed.
struct FrameHead {
  bool whole = false;
  bool binary = false;  // a final binary frame: all that is spoken here
  size_t size = 0;      // of the head, with the mask
  uint64_t content = 0;
  uint8_t mask[4] = {};
  bool masked = false;
};
FrameHead read_frame_head(std::string_view bytes);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

}  // namespace weft::bench
