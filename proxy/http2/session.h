// One HTTP/2 connection, from either end: frames, header compression, flow control, stream limits and the count of what
// is odd (nghttp2 underneath, seen nowhere else). Reads by itself once it runs; everything that is to be sent leaves in
// one write at the end of the loop's turn. Owned by whoever keeps the connection; worker's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "proxy/http2/stream.h"
#include "proxy/runtime/buffer_pool.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

// Who is at the other end of a connection.
enum class Http2Peer : uint8_t {
  kStranger,  // a client that nobody vouches for
  kOwn,       // a proxy of the mesh, the service that this one calls, the application beside it
};

// What a peer may ask for. Documented with its reasons in docs/limits.md.
struct Http2Limits {
  uint32_t max_streams = 256;           // a client may have open (SETTINGS_MAX_CONCURRENT_STREAMS)
  uint32_t stream_window = 256 * 1024;  // bytes
  uint32_t connection_window = 1024 * 1024;
  uint32_t own_connection_window = 64 * 1024 * 1024;
  uint32_t max_head_bytes = 60 * 1024;  // decoded, names and values
  uint32_t max_headers = 100;
  uint32_t glitches = 100;      // points (proxy/runtime/glitches.h)
  uint32_t continuations = 16;  // frames of one head beyond its first
  uint32_t first_stream = 1;    // identifier of the first stream that a client opens

  // Of a connection with `peer`, by what the process was told.
  static Http2Limits of(const Worker& worker, Http2Peer peer);
};

// How long it waits. 0: as long as it takes.
struct Http2Times {
  Nanoseconds idle{0};                             // without a stream
  Nanoseconds head{0};                             // from a head's first frame to its last
  Nanoseconds settings{std::chrono::seconds(10)};  // for the peer to acknowledge ours (RFC 9113 section 6.5.3)
  Nanoseconds last_word{std::chrono::seconds(5)};  // for the peer to take the last GOAWAY
};

class Http2Session {
 public:
  enum class Side : uint8_t { kServer, kClient };

  // Who keeps the connection. Calls may come from within receive(), flush and a stream's methods.
  class Keeper {
   public:
    // The head of a request has come complete (servers).
    virtual void on_request(Http2StreamPtr stream) { (void)stream; }
    // What came is over the limits and no request is made of it (servers): head() is empty, `status` is the answer.
    virtual void on_refused(Http2StreamPtr stream, uint16_t status, std::string_view why) {
      (void)stream, (void)status, (void)why;
    }
    // A stream of ours can be opened again, or none any more: accepts_streams() may have changed (clients).
    virtual void on_room() {}
    // The connection was nudged: look around.
    virtual void on_nudge() {}

   protected:
    ~Keeper() = default;
  };

  static std::unique_ptr<Http2Session> make(Worker& worker, Connection& connection, Side side,
                                            const Http2Limits& limits, Keeper& keeper);
  // Every stream that is left ends with kConnectionLost.
  virtual ~Http2Session() = default;

  // Reads until the connection is over, a time has passed, or a drain that was begun has ended. `received`: bytes that
  // have come already, `lent` the buffer they lie in, which is given back as soon as they were read. Everything that
  // can still be sent has been. Then destroying it is in order; streams that are left have ended with kConnectionLost.
  // connection.cancel() ends it soon.
  virtual Task<void> run(std::string_view received, Http2Times times, Buffer lent = {}) = 0;

  // Clients: a stream to send a request on; null when the peer allows no more now, or none any more.
  virtual Http2StreamPtr open() = 0;
  // Another stream can be opened now.
  virtual bool accepts_streams() const = 0;
  // It will never open another: told to go away, draining, out of identifiers, broken.
  virtual bool finished() const = 0;
  virtual size_t open_streams() const = 0;
  // The peer takes CONNECT with :protocol (RFC 8441); known once it is settled().
  virtual bool takes_tunnels() const = 0;
  // The peer's SETTINGS have come; Keeper::on_room() is told.
  virtual bool settled() const = 0;
  // No new streams; those that are open finish, then run() ends (RFC 9113 section 6.8: GOAWAY twice).
  virtual void drain() = 0;
  // It ends now.
  virtual void close() = 0;
};

}  // namespace weft::proxy
