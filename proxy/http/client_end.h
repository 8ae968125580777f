// The client's end of one exchange, whatever protocol it speaks: its request, and how answers leave for it. Two forms:
// http1_client.h and http2_client.h. Made by whoever serves the client's connection, beside the Exchange that uses it;
// worker's thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policies/request.h"
#include "proxy/http/answer.h"
#include "proxy/http/body_stream.h"
#include "proxy/http/tunnel.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/runtime/task.h"
#include "proxy/upstream/stream_limits.h"

namespace weft::proxy {

class Http1Client;

// What becomes of the client's connection.
enum class AfterExchange : uint8_t {
  kKeep,
  kClose,
  kLinger,  // the client may still be sending: read on for a moment, or it loses the answer (RFC 9112 section 9.6)
  kCut,     // the answer is incomplete and must not look complete
};

// Who is at the other end of a client's connection.
struct Caller {
  Peer peer;
  std::string line;  // the complete header line that tells the application; empty: nothing is known
};

inline constexpr uint32_t kInternalError = 2;  // RFC 9113 section 7

class ClientEnd {
 public:
  ClientEnd(const Caller& caller, bool last) : caller(caller), last(last) {}
  virtual ~ClientEnd() = default;
  ClientEnd(const ClientEnd&) = delete;
  ClientEnd& operator=(const ClientEnd&) = delete;

  // From here on `owner` is interrupted when the client goes, or its request fails; until detach().
  virtual void attach(StreamLimits& limits, Interruptible& owner) = 0;
  virtual void detach() = 0;

  // The first byte of the request's head.
  virtual const char* head() const = 0;
  virtual RequestBody& request() = 0;
  // It can take no answer any more, or is wanted gone.
  virtual bool gone() const = 0;
  virtual std::string address() const = 0;  // "10.0.0.5:41234"

  // Passes a 1xx on, as far as the client takes it at once.
  virtual void send_interim(const Answer& answer) = 0;
  // The head of an answer whose body follows; `complete`: it has none, and no trailers. What the client is told of its
  // connection is in `keep_alive`; an answer that ends by closing makes it false. The sink lives as long as this.
  virtual BodySink& send_head(const Answer& answer, const AdmittedRequest& request, bool complete,
                              bool& keep_alive) = 0;
  // A whole answer in HTTP/1.1's form. False: it did not take all of it by `deadline`.
  virtual Task<bool> send_whole(std::string_view message, TimePoint deadline) = 0;
  // Bytes of answers.
  virtual uint64_t bytes_sent() const = 0;
  // What the client goes on to send cannot be told from this request: its connection ends. (A stream stands for
  // itself.)
  virtual void distrust_rest() { last = true; }
  // The answer ends here and must not look complete. `code`: RFC 9113 section 7.
  virtual void cut(uint32_t code) = 0;
  // A stream that carries another protocol once the request is granted (RFC 8441): no answer but a switch may look
  // like one.
  virtual bool tunnel() const { return false; }
  // From here on it does.
  virtual TunnelEnd switch_protocols() = 0;
  // The request has been dealt with; what follows it is the connection's again.
  virtual void finish() = 0;

  // A proxy of the mesh says how its client wrote the names of fields (field_list.h).
  virtual bool names_are_known() const { return false; }
  // Null: it does not speak HTTP/1.1.
  virtual Http1Client* http1() { return nullptr; }

  const Caller& caller;
  bool last;  // its connection is to end after this answer
};

}  // namespace weft::proxy
