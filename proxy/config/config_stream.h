// One stream to the control plane, from opening to its end. An interface because the subscription's tests play the
// control plane; the real one is grpc_stream.h. Everything is called, and calls back, on the control thread.
#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "weft/v1/config_service.pb.h"

namespace weft::proxy {

// How a stream ended.
struct StreamEnd {
  enum class Kind {
    kLost,         // unreachable, broken off, control plane restarted: try again
    kNoDataplane,  // the control plane does not know this Dataplane yet
    kRefused,      // trying again with the same input will not help
  };
  Kind kind = Kind::kLost;
  std::string reason;  // for a person
};

class ConfigStream {
 public:
  struct Events {
    absl::AnyInvocable<void(v1::ControlMessage)> on_message;
    absl::AnyInvocable<void(StreamEnd)> on_end;  // once, the last event
  };
  // Breaks the stream off if it has not ended; no event comes afterwards. May happen inside an event.
  virtual ~ConfigStream() = default;
  // In the order of the calls.
  virtual void send(v1::ProxyMessage message) = 0;
  // Asks for one more message. Until then the control plane's next one waits in its own buffers.
  virtual void read() = 0;
};

class StreamOpener {
 public:
  virtual ~StreamOpener() = default;
  // Never fails at once: a failure is an on_end. An empty token is not sent.
  virtual std::unique_ptr<ConfigStream> open(const std::string& token, ConfigStream::Events events) = 0;
};

}  // namespace weft::proxy
