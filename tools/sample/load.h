// Puts load on one URL over kept connections and says what came back: no request is unaccounted for. One thread.
#pragma once

#include <string>

#include "base/duration.h"
#include "base/status.h"

namespace weft::sample {

struct LoadOptions {
  std::string url;          // http://host:port/path
  int concurrency = 8;      // connections, one request at a time on each
  int requests = 0;         // in all; 0: until `duration`
  Nanoseconds duration{0};  // 0: until `requests`, or SIGTERM
  int rate = 0;             // requests a second over all connections; 0: as fast as answers come
  bool json = false;        // one line of JSON instead of text
};

// Runs until the given end, SIGTERM or SIGINT, then prints. Each connection first waits for its open answer, so that
// requests sent equal requests answered unless something was lost. Error: the URL is wrong.
Status load(const LoadOptions& options);

}  // namespace weft::sample
