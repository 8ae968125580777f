// Carries an answer to the client: its head with our edits and the first body bytes in one send, then the rest as it
// comes, one buffer at a time, so a slow client slows the service. The request's body may still be on its way in the
// other direction. Part of the exchange; worker's thread only.
#pragma once

#include "policies/outcome.h"
#include "proxy/http/gather.h"
#include "proxy/http/http1_attempt.h"
#include "proxy/runtime/task.h"

namespace weft::proxy {

class Relay {
 public:
  Relay(Worker& worker, Connection& client, Http1Attempt& attempt, const AdmittedRequest& request,
        RequestStream& stream, StreamLimits& limits)
      : worker_(worker), client_(client), attempt_(attempt), request_(request), stream_(stream), limits_(limits) {}

  // kNone: the whole answer was written. Else the client got part of it and its connection must end.
  // `keep_alive`: what the answer tells the client; an answer that ends by closing makes it false.
  Task<Reason> run(Connection& upstream, bool& keep_alive);

  // Its wait, if it is in one, ends now.
  void interrupt() {
    if (waits_on_ != nullptr) waits_on_->interrupt();
  }

  // The upstream connection can serve another request.
  bool upstream_reusable() const { return reusable_; }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  // How the body's framing changes on the way.
  enum class Mode : uint8_t { kAsIs, kToChunks, kToClose };

  Mode choose_mode() const;
  void write_head(Mode mode, bool keep_alive);
  Reason add_body(std::string_view bytes, size_t& taken);
  Reason fill_at_end();
  Task<Reason> send();
  Task<Reason> receive(Connection& upstream);
  Reason interrupted() const;

  Worker& worker_;
  Connection& client_;
  Http1Attempt& attempt_;
  const AdmittedRequest& request_;
  RequestStream& stream_;
  StreamLimits& limits_;
  Gather out_;
  BodyReader body_;
  Mode mode_ = Mode::kAsIs;
  Connection* waits_on_ = nullptr;
  bool reusable_ = false;
  uint64_t bytes_sent_ = 0;
};

}  // namespace weft::proxy
