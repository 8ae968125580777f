// A body without its framing on its way through the proxy: where it comes from and where it goes, whatever protocol
// each end speaks. Neither waits by itself: a source says what is here, a sink takes what it can, and who carries the
// body (carry.h) waits on whichever holds it up. Parts of one exchange; worker's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policies/outcome.h"
#include "proxy/http/admission.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

class BodySource {
 public:
  // What has come and was not taken, asked of the peer when need be. Stays where it is until it is taken.
  virtual std::string_view content() = 0;
  virtual void taken(size_t bytes) = 0;
  // Nothing comes after what content() gave last.
  virtual bool ended() const = 0;
  // Lines "name: value\r\n" behind the content, once ended().
  virtual std::string_view trailers() const = 0;
  // Why there will never be an end.
  virtual Reason failure() const = 0;
  // Until it is worth looking again, or interrupt().
  virtual Task<void> wait() = 0;
  virtual void interrupt() = 0;

 protected:
  ~BodySource() = default;
};

class BodySink {
 public:
  // Refers to `content` until all is flushed; all that was put before has been. `end`: the last of it, then `trailers`.
  virtual void put(std::string_view content, bool end, std::string_view trailers) = 0;
  // Sends what it can now. True: nothing is left.
  virtual bool flush() = 0;
  // The peer takes no more.
  virtual bool failed() const = 0;
  virtual Task<void> wait() = 0;
  virtual void interrupt() = 0;

 protected:
  ~BodySink() = default;
};

// What has none.
class NoBody final : public BodySource {
 public:
  std::string_view content() override { return {}; }
  void taken(size_t) override {}
  bool ended() const override { return true; }
  std::string_view trailers() const override { return {}; }
  Reason failure() const override { return Reason::kNone; }
  Task<void> wait() override { co_return; }
  void interrupt() override {}
};

inline NoBody no_body;  // has no state: one for everybody

// A request's body: it may be needed again, by another attempt.
class RequestBody : public BodySource {
 public:
  // Looks at what came with the head, and says in `request` what it means for the body's framing. False: malformed.
  virtual bool begin(AdmittedRequest& request) = 0;
  // content() begins anew.
  virtual void rewind() = 0;
  virtual bool replayable() const = 0;
  // No other attempt follows: what was kept for one may go.
  virtual void settle() {}
  // All of it has come from the client.
  virtual bool received() const = 0;
  virtual uint64_t bytes_received() const = 0;
};

}  // namespace weft::proxy
