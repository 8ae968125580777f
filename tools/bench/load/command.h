// The commands of the load process, one a line on standard input: a verb and name=value words, as
// "load target=127.0.0.1:8080 connections=32 seconds=3". Pure functions.
#pragma once

#include <string_view>

#include "base/status.h"
#include "tools/bench/load/options.h"

namespace weft::bench {

// The words after "load" or "hold". Names: target host protocol (http1, http2, grpc, grpc-stream, websocket) size
// upload connections streams opening requests warmup seconds rate, and with yes or no: reconnect tls resume.
Result<LoadOptions> parse_load(std::string_view words);

}  // namespace weft::bench
