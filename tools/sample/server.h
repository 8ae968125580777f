// The sample workload: an HTTP/1.1 server that says who answered and misbehaves on demand. One thread.
//   GET  anything      {"name":"backend-1","path":"/x","request":17}, or what Behaviour says
//   POST /behave?...   changes the behaviour          GET /stats   how many requests came
#pragma once

#include <string>

#include "base/status.h"

namespace weft::sample {

struct ServerOptions {
  std::string name = "sample";
  std::string address = "127.0.0.1";
  int port = 0;           // 0: any free one
  std::string port_file;  // written when the port is open; empty: none
};

// Serves until SIGTERM or SIGINT. Error: the port cannot be opened.
Status serve(const ServerOptions& options);

}  // namespace weft::sample
