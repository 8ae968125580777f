// The request of an HTTP/1.1 client as bytes on their way to a service: what of it has come, what has been sent in this
// attempt, and whether all of it is still here to be sent again. To a service that speaks HTTP/1.1 too it goes framed
// as it came (send()), and what has not come completely is carried by pump(), beside whatever waits for the answer; to
// others it is a source of content. Part of the exchange; worker's thread only.
#pragma once

#include <string>
#include <string_view>

#include "policies/outcome.h"
#include "proxy/http/admission.h"
#include "proxy/http/body.h"
#include "proxy/http/body_stream.h"
#include "proxy/http/gather.h"
#include "proxy/http/head_parser.h"
#include "proxy/http/receive_buffer.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/glitches.h"
#include "proxy/runtime/pipe_pool.h"
#include "proxy/runtime/task.h"
#include "proxy/upstream/stream_limits.h"

namespace weft::proxy {

class RequestStream final : public RequestBody {
 public:
  // `inbox` starts with the head; `head` is complete.
  RequestStream(Connection& client, BufferPool& buffers, ReceiveBuffer& inbox, const Head& head)
      : client_(client), buffers_(buffers), inbox_(inbox), head_(head) {}
  RequestStream(const RequestStream&) = delete;
  RequestStream& operator=(const RequestStream&) = delete;

  // Where what is odd about the framing is counted; too much of it is a failure. Both outlive it.
  void count_oddities(Worker& worker, Glitches& glitches) {
    worker_ = &worker;
    glitches_ = &glitches;
  }
  // Before anything else. `owner` is interrupted when the request fails while its body is pumped.
  void attach(StreamLimits& limits, Interruptible& owner) {
    limits_ = &limits;
    owner_ = &owner;
  }

  bool begin(AdmittedRequest& request) override;
  std::string_view content() override;
  void taken(size_t bytes) override { piece_.remove_prefix(bytes); }
  bool ended() const override { return content_.complete(); }
  std::string_view trailers() const override { return content_.trailers(); }
  Task<void> wait() override;
  void interrupt() override { client_.interrupt(); }
  void rewind() override;

  // Writes the head and every body byte that is here; what the kernel does not take at once, and what has not come yet,
  // is pumped. `added`: header lines.
  void send(Connection& upstream, const AdmittedRequest& request, std::string_view added);
  // Ends the pump. Nothing more is sent to the upstream connection.
  void stop();

  bool received() const override { return reader_.complete(); }
  // All of it has been written to the service in this attempt.
  bool sent() const { return reader_.complete() && out_.empty() && piped_ == 0 && !write_failed_; }
  bool replayable() const override { return replayable_; }
  // kNone; kDownstreamClosed: the client left in the middle; kDownstreamProtocolError: its chunks make no sense.
  Reason failure() const override { return failure_; }
  uint64_t bytes_received() const override { return head_.size() + body_bytes_; }

  // Gives what follows the request (the next one) back to the inbox. After this the head is gone.
  void finish();

 private:
  Task<void> pump(Connection& upstream);
  Pipe pipe_to(const Connection& upstream);
  Task<void> pass_content(Connection& upstream, Pipe& pipe);
  Task<bool> receive();
  bool read();
  bool write(Connection& upstream);  // false: would block
  void check_received();
  bool tolerable();
  void make_room();
  void rest_after_much();

  Connection& client_;
  BufferPool& buffers_;
  ReceiveBuffer& inbox_;  // head and, while it fits, body
  const Head& head_;
  Worker* worker_ = nullptr;
  Glitches* glitches_ = nullptr;
  uint32_t odd_ = 0;  // of the framing, as far as it is counted
  StreamLimits* limits_ = nullptr;
  Interruptible* owner_ = nullptr;
  ReceiveBuffer passing_;  // a body that did not fit: its bytes are gone once they are sent
  size_t body_begin_ = 0;  // in inbox_
  size_t checked_ = 0;     // end of the message's bytes in inbox_, or in passing_ when that is in use
  BodyFraming framing_;
  BodyReader reader_;
  Gather out_;
  // The body as content.
  ContentReader content_;
  std::string_view piece_;           // of it, not taken
  size_t content_at_ = 0;            // what follows it, as checked_
  Buffer unframed_;                  // where chunks are taken apart
  Connection* pumped_to_ = nullptr;  // a pump is running
  size_t piped_ = 0;                 // received and not sent, in a pipe of the pump
  bool spliceable_ = true;           // as far as is known
  bool stopped_ = false;
  bool write_failed_ = false;
  bool replayable_ = true;
  Reason failure_ = Reason::kNone;
  uint64_t body_bytes_ = 0;
  uint64_t rest_at_ = 0;  // body_bytes_
};

}  // namespace weft::proxy
