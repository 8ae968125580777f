// One try of a request over HTTP/1.1: sends it, reads the head of the answer, passes interim answers (1xx) to the
// client. The answer's body is left where it was received, for the relay. Part of the exchange; worker's thread only.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "proxy/http/admission.h"
#include "proxy/http/request_stream.h"
#include "proxy/runtime/worker.h"
#include "proxy/upstream/call.h"

namespace weft::proxy {

// Answers 1xx that one request may bring; more is an attack on us or on the client.
inline constexpr unsigned kMaxInterimAnswers = 16;

// The fields of a head by name.
class HeadSource final : public HeaderSource {
 public:
  HeadSource(const Head& head, const ReceiveBuffer& bytes) : head_(head), bytes_(bytes) {}
  void values(std::string_view lower_case_name, std::vector<std::string_view>& out) const override;

 private:
  const Head& head_;
  const ReceiveBuffer& bytes_;
};

// What came back.
struct Answer {
  Head head;
  ReceiveBuffer bytes;  // begins with the head
  AdmittedResponse admitted;
  std::string_view error;  // why it was not understood
};

class Http1Attempt final : public Attempt {
 public:
  Http1Attempt(Worker& worker, Connection& client, Direction direction, const Head& head, const ReceiveBuffer& inbox,
               const AdmittedRequest& request, RequestStream& stream, StreamLimits& limits)
      : worker_(worker),
        client_(client),
        direction_(direction),
        request_(request),
        stream_(stream),
        limits_(limits),
        request_source_(head, inbox),
        answer_source_(answer_.head, answer_.bytes) {}

  Task<AttemptResult> attempt(Connection& connection, bool reused) override;
  bool replayable() const override { return stream_.replayable(); }
  bool discard_answer() override;
  const HeaderSource& request_headers() const override { return request_source_; }
  const HeaderSource& answer_headers() const override { return answer_source_; }

  // Header lines to add to the request; they live as long as the exchange.
  void set_added_lines(std::string_view added) { added_ = added; }
  Answer& answer() { return answer_; }
  // The client can take no answer any more.
  bool client_gone() const { return client_gone_; }
  void set_client_gone() { client_gone_ = true; }
  // Time spent waiting for the service, so far; the relay adds to it.
  std::chrono::nanoseconds waited{0};

 private:
  enum class Step : uint8_t { kMore, kAnswered, kFailed };
  Step read(Connection& connection, AttemptResult& result);
  Step parse(AttemptResult& result);
  Step interim(AttemptResult& result);
  void read_reported(AttemptResult& result) const;
  Step protocol_error(std::string_view what, AttemptResult& result);
  AttemptResult died(const Connection& connection, Reason reason, bool reused, uint64_t written_before) const;
  AttemptResult interrupted() const;
  bool over() const;

  Worker& worker_;
  Connection& client_;
  const Direction direction_;
  const AdmittedRequest& request_;
  RequestStream& stream_;
  StreamLimits& limits_;
  std::string_view added_;
  Answer answer_;
  HeadSource request_source_;
  HeadSource answer_source_;
  unsigned interim_answers_ = 0;
  bool client_gone_ = false;
};

}  // namespace weft::proxy
