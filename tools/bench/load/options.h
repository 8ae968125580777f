// What a load is asked to do and what may go wrong with it. Plain values.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

namespace weft::bench {

// What the connections of a load speak.
enum class Protocol : uint8_t {
  kHttp1,
  kHttp2,       // prior knowledge
  kGrpc,        // over HTTP/2: one message there, one back, trailers
  kGrpcStream,  // over HTTP/2: a stream stays open; a request is one message there and back
  kWebSocket,   // upgraded from HTTP/1.1; a request is one message there and back
};

struct LoadOptions {
  sockaddr_in target{};
  std::string host = "backend";
  Protocol protocol = Protocol::kHttp1;
  uint64_t size = 128;  // bytes of an answer, or of a message
  uint64_t upload = 0;  // bytes that go with a request
  uint32_t connections = 32;
  uint32_t streams = 1;       // requests under way on a connection; more than one needs HTTP/2
  uint32_t opening = 32;      // at most so many connections wait for their first answer (hold)
  uint64_t requests = 0;      // ends after so many; 0: by time or stop()
  double warmup_seconds = 0;  // requests that end earlier are checked but not measured
  double seconds = 0;         // measured time; 0: by count or stop()
  double rate = 0;            // a second, open loop; 0: closed loop
  bool reconnect = false;     // a new connection for every request (HTTP/1.1)
  bool tls = false;           // mutual TLS
  bool resume = false;        // with it: each connection resumes the session of the one before
  bool hold = false;          // one request a connection, then it stays open and idle until the load is destroyed
};

struct Faults {
  uint64_t connect = 0;     // could not connect
  uint64_t closed = 0;      // closed or reset before the answer was complete
  uint64_t status = 0;      // another status than 200 (101 of an upgrade, gRPC's 0)
  uint64_t length = 0;      // another length than asked for
  uint64_t malformed = 0;   // not an answer in the protocol
  uint64_t unanswered = 0;  // no answer within the grace after the end
  uint64_t total() const { return connect + closed + status + length + malformed + unanswered; }
};

}  // namespace weft::bench
