// What a peer does that is legal and odd: one at a time harmless, in numbers an attack or a broken client. The kinds
// are labels of a metric and words in the log; what they add up to is decided in proxy/runtime/glitches.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weft::proxy {

enum class Glitch : uint8_t {
  // HTTP/1.1
  kEmptyLine,       // before a request (RFC 9112 section 2.2)
  kSlowHead,        // a head that comes in very many pieces
  kTinyChunks,      // chunks with next to nothing in them
  kChunkExtension,  // nobody uses them
  kPipelining,      // many requests sent before the first is answered
  kBadRequest,      // refused with 400, 414 or 431 although the connection could go on
  // Both
  kAborted,  // requests that are given up before they are answered
  // HTTP/2
  kReset,         // RST_STREAM
  kContinuation,  // CONTINUATION frames beyond what a head needs
  kEmptyFrame,    // DATA or HEADERS that carry nothing
  kSettings,
  kPing,
  kPriority,
  kWindowUpdate,  // of next to nothing
  kBadHead,       // a head that is not to be answered (RFC 9113 section 8.1.1)
  kUnknownFrame,
  kOther,
  kCount
};

// "empty_line", "reset", ...
std::string_view glitch_word(Glitch glitch);

}  // namespace weft::proxy
