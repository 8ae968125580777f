// The request of one exchange as bytes on their way to a service: what of it has come, what has been sent in this
// attempt, and whether all of it is still here to be sent again. A body that has not come completely is carried by
// pump(), beside whatever waits for the answer. Part of the exchange; worker's thread only.
#pragma once

#include <string>
#include <string_view>

#include "policies/outcome.h"
#include "proxy/http/admission.h"
#include "proxy/http/body.h"
#include "proxy/http/gather.h"
#include "proxy/http/head_parser.h"
#include "proxy/http/receive_buffer.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/task.h"
#include "proxy/upstream/stream_limits.h"

namespace weft::proxy {

class RequestStream {
 public:
  // `inbox` starts with the head; `head` is complete. `owner` is interrupted when the request fails while its body is
  // pumped.
  RequestStream(Connection& client, BufferPool& buffers, ReceiveBuffer& inbox, const Head& head, StreamLimits& limits,
                Interruptible& owner)
      : client_(client), buffers_(buffers), inbox_(inbox), head_(head), limits_(limits), owner_(owner) {}
  RequestStream(const RequestStream&) = delete;
  RequestStream& operator=(const RequestStream&) = delete;

  // Looks at the body bytes that came with the head. False: malformed.
  bool begin(const AdmittedRequest& request);

  // Writes the head and every body byte that is here; what the kernel does not take at once, and what has not come yet,
  // is pumped. `added`: header lines.
  void send(Connection& upstream, const AdmittedRequest& request, std::string_view added);
  // Ends the pump. Nothing more is sent to the upstream connection.
  void stop();

  // All of it has come from the client.
  bool received() const { return reader_.complete(); }
  // All of it has been written to the service in this attempt.
  bool sent() const { return reader_.complete() && out_.empty() && !write_failed_; }
  bool replayable() const { return replayable_; }
  // kNone; kDownstreamClosed: the client left in the middle; kDownstreamProtocolError: its chunks make no sense.
  Reason failure() const { return failure_; }
  uint64_t body_bytes() const { return body_bytes_; }

  // Gives what follows the request (the next one) back to the inbox. After this the head is gone.
  void finish();

 private:
  Task<void> pump(Connection& upstream);
  Task<bool> receive();
  bool write(Connection& upstream);  // false: would block
  void check_received();
  void make_room();

  Connection& client_;
  BufferPool& buffers_;
  ReceiveBuffer& inbox_;  // head and, while it fits, body
  const Head& head_;
  StreamLimits& limits_;
  Interruptible& owner_;
  ReceiveBuffer passing_;  // a body that did not fit: its bytes are gone once they are sent
  size_t body_begin_ = 0;  // in inbox_
  size_t checked_ = 0;     // end of the message's bytes in inbox_, or in passing_ when that is in use
  BodyReader reader_;
  Gather out_;
  Connection* pumped_to_ = nullptr;  // a pump is running
  bool stopped_ = false;
  bool write_failed_ = false;
  bool replayable_ = true;
  Reason failure_ = Reason::kNone;
  uint64_t body_bytes_ = 0;
};

}  // namespace weft::proxy
