// One try of a request: sends it, over HTTP/1.1 or HTTP/2, reads the head of the answer, passes interim answers (1xx)
// to the client. The answer's body is left where it came, for the relay. Part of the exchange; worker's thread only.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "proxy/http/answer.h"
#include "proxy/http/carry.h"
#include "proxy/http/client_end.h"
#include "proxy/http/http1_body.h"
#include "proxy/http/http2_body.h"
#include "proxy/runtime/worker.h"
#include "proxy/upstream/call.h"

namespace weft::proxy {

// Answers 1xx that one request may bring; more is an attack on us or on the client.
inline constexpr unsigned kMaxInterimAnswers = 16;

class HttpAttempt final : public Attempt {
 public:
  HttpAttempt(Worker& worker, ClientEnd& client, Direction direction, const Head& head, const AdmittedRequest& request,
              StreamLimits& limits, Interruptible& owner)
      : worker_(worker),
        client_(client),
        body_(client.request()),
        direction_(direction),
        head_(head),
        base_(client.head()),
        request_(request),
        limits_(limits),
        owner_(owner),
        request_source_(head, base_),
        answer_source_(answer_.head, answer_.base) {}

  Task<AttemptResult> attempt(Lease& lease) override;
  bool replayable() const override { return body_.replayable(); }
  bool discard_answer(Lease& lease) override;
  const HeaderSource& request_headers() const override { return request_source_; }
  const HeaderSource& answer_headers() const override { return answer_source_; }
  // Wakes what it waits in; attempt() looks around.
  void interrupt() override;

  // Header lines to add to the request; they live as long as the exchange.
  void set_added_lines(std::string_view added) { added_ = added; }
  Answer& answer() { return answer_; }
  // Nothing more of the request is sent.
  void stop();
  // All of it has been written to the service.
  bool sent() const;
  // kNone; or why it cannot go on.
  Reason interruption() const;
  // Time spent waiting for the service, so far; the relay adds to it.
  std::chrono::nanoseconds waited{0};

 private:
  // What an upgrade needs between HTTP/1.1 and HTTP/2; few requests are one.
  struct Upgrade {
    std::string key;    // sec-websocket-key, made for a service that needs one
    std::string lines;  // of the answer: Answer::added
  };
  enum class Step : uint8_t { kMore, kAnswered, kFailed };
  void send(Connection& connection);
  void send(Http2Stream& stream, bool to_proxy);
  void carry_body(BodySource& body, BodySink& sink);
  Task<void> pump();
  Step read(Connection& connection, AttemptResult& result);
  Step read(Http2Stream& stream, AttemptResult& result);
  Step parse(AttemptResult& result);
  Step understand(AttemptResult& result);
  Upgrade& upgrade();
  void add_websocket_key(std::string& added);
  std::string_view settle_upgrade();
  uint16_t take_ordinary_status();
  Step interim(AttemptResult& result);
  void read_reported(AttemptResult& result) const;
  Step protocol_error(std::string_view what, AttemptResult& result);
  AttemptResult died(const Connection& connection, Reason reason, bool reused, uint64_t written_before) const;
  void explain(const Lease& lease, uint64_t written_before, AttemptResult& result);
  AttemptResult died(const Http2Stream& stream, bool reused) const;
  AttemptResult interrupted() const;

  Worker& worker_;
  ClientEnd& client_;
  RequestBody& body_;
  const Direction direction_;
  const Head& head_;
  const char* const base_;
  const AdmittedRequest& request_;
  StreamLimits& limits_;
  Interruptible& owner_;
  std::string_view added_;
  Answer answer_;
  HeadSource request_source_;
  HeadSource answer_source_;
  std::unique_ptr<Http1Sink> to_connection_;
  std::optional<Http2Sink> to_stream_;
  std::optional<BodyCarrier> carrier_;
  Connection* connection_ = nullptr;  // an attempt waits on one of these
  Http2Stream* stream_ = nullptr;
  bool pumping_ = false;
  bool to_proxy_ = false;  // stream_ leads to one
  bool whole_ = false;     // carried: its end was handed over
  std::unique_ptr<Upgrade> upgrade_;
  unsigned interim_answers_ = 0;
};

}  // namespace weft::proxy
