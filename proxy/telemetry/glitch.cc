#include "proxy/telemetry/glitch.h"

namespace weft::proxy {

std::string_view glitch_word(Glitch glitch) {
  switch (glitch) {
    case Glitch::kEmptyLine: return "empty_line";
    case Glitch::kSlowHead: return "slow_head";
    case Glitch::kTinyChunks: return "tiny_chunks";
    case Glitch::kChunkExtension: return "chunk_extension";
    case Glitch::kPipelining: return "pipelining";
    case Glitch::kBadRequest: return "bad_request";
    case Glitch::kAborted: return "aborted";
    case Glitch::kReset: return "reset";
    case Glitch::kContinuation: return "continuation";
    case Glitch::kEmptyFrame: return "empty_frame";
    case Glitch::kSettings: return "settings";
    case Glitch::kPing: return "ping";
    case Glitch::kPriority: return "priority";
    case Glitch::kWindowUpdate: return "window_update";
    case Glitch::kBadHead: return "bad_head";
    case Glitch::kUnknownFrame: return "unknown_frame";
    case Glitch::kOther:
    case Glitch::kCount: break;
  }
  return "other";
}

}  // namespace weft::proxy
