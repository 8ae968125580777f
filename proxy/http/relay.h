// Carries an answer to the client: its head with our edits and the first body bytes in one send, then the rest as it
// comes, one buffer at a time, so a slow client slows the service. Between two ends of HTTP/1.1 the bytes pass as they
// are framed; otherwise their content does. The request's body may still be on its way in the other direction. Part of
// the exchange; worker's thread only.
#pragma once

#include <optional>

#include "policies/outcome.h"
#include "proxy/http/gather.h"
#include "proxy/http/http1_client.h"
#include "proxy/http/http_attempt.h"
#include "proxy/http/long_body.h"
#include "proxy/runtime/pipe_pool.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

class Relay {
 public:
  Relay(Worker& worker, ClientEnd& client, HttpAttempt& attempt, const AdmittedRequest& request, StreamLimits& limits)
      : worker_(worker), client_(client), attempt_(attempt), request_(request), limits_(limits) {}

  // kNone: the whole answer was written. Else the client got part of it and must see that.
  // `keep_alive`: what the answer tells the client; an answer that ends by closing makes it false.
  Task<Reason> run(Lease& lease, bool& keep_alive);

  // Its wait, if it is in one, ends now.
  void interrupt() {
    if (waits_on_ != nullptr) return waits_on_->interrupt();
    if (carrier_) carrier_->stop();
  }

  // The upstream connection can serve another request.
  bool upstream_reusable() const { return reusable_; }
  // What the answer to a gRPC call said behind its content, or was made to say.
  uint8_t grpc_status() const { return grpc_status_; }

 private:
  // How the body's framing changes on the way.
  enum class Mode : uint8_t { kAsIs, kToChunks, kToClose };

  Task<Reason> run_fused(Connection& client, Connection& upstream, bool& keep_alive);
  Task<Reason> run_unframed(Lease& lease, bool& keep_alive);
  Task<Reason> run_switch(bool& keep_alive);
  bool end_call(BodySink& to, Reason reason);
  Mode choose_mode() const;
  void write_head(Mode mode, bool keep_alive);
  Reason add_body(std::string_view bytes, size_t& taken);
  Reason fill_at_end();
  void rest_after_much(Connection& upstream);
  Task<Reason> send(Connection& client);
  Task<Reason> receive(Connection& upstream);
  Task<Reason> pass_content(Connection& client, Connection& upstream, Pipe& pipe);

  Worker& worker_;
  ClientEnd& client_;
  HttpAttempt& attempt_;
  const AdmittedRequest& request_;
  StreamLimits& limits_;
  Gather out_;
  BodyReader body_;
  Mode mode_ = Mode::kAsIs;
  Connection* waits_on_ = nullptr;
  std::optional<BodyCarrier> carrier_;
  bool spliceable_ = true;  // as far as is known
  bool surplus_ = false;    // bytes behind the answer
  bool reusable_ = false;
  uint8_t grpc_status_ = Outcome::kNoGrpcStatus;
  uint64_t bytes_sent_ = 0;
  uint64_t rest_at_ = kBytesPerTurn;  // bytes_sent_
};

}  // namespace weft::proxy
