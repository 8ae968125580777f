// Keeps a stream to the control plane: says who this proxy is and what it holds, hands updates to a Receiver and
// returns its acknowledgements, comes back after a loss with jittered exponential pauses so that a restarted control
// plane is not trampled. Gives up only while the proxy has no configuration; afterwards it keeps trying and the proxy
// keeps serving. Control thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/duration.h"
#include "base/random.h"
#include "proxy/config/config_stream.h"
#include "proxy/config/control_thread.h"
#include "proxy/config/token.h"

namespace weft::proxy {

class Subscription {
 public:
  // What takes the configuration.
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual std::vector<v1::HeldItem> held() const = 0;
    // Something to serve with is in place.
    virtual bool active() const = 0;
    // `done` is called, later or at once, when every worker runs on it.
    virtual void apply(v1::Update update, absl::AnyInvocable<void(v1::Ack)> done) = 0;
  };

  struct Options {
    std::string mesh;
    std::string name;
    std::string version;
    std::string instance;        // random per process
    std::string dataplane_json;  // empty: the Dataplane exists already
    TokenSource token{"", ""};
    // Without configuration: longest pause between attempts, and when to give up.
    Nanoseconds retry_backoff = std::chrono::seconds(3);
    Nanoseconds retry_max_duration = std::chrono::minutes(5);
    // What an operator asks through the control plane. Error: why there is no answer. Not set: nothing is answered.
    std::function<Result<std::string>(const v1::ProxyQuestion&)> answer;
  };

  // What asks for certificates.
  struct CertificateEvents {
    absl::AnyInvocable<void(bool connected)> on_connected;
    absl::AnyInvocable<void(const v1::CertificateAnswer&)> on_answer;
  };

  // `gave_up` gets a sentence for a person, once, the last thing that happens.
  Subscription(Options options, ControlThread& thread, StreamOpener& opener, Receiver& receiver,
               absl::AnyInvocable<void(std::string)> gave_up);

  // Before start().
  void serve_certificates(CertificateEvents events) { certificates_ = std::move(events); }
  void start();
  // Opens the stream anew: the control plane learns afresh what is held.
  void reconnect();
  // Tells the control plane; repeated on every new stream. "ready", "draining".
  void set_state(const std::string& state);
  // The same for what is shown to others, and for why a renewal failed. Absent: nothing is.
  void set_certificate(std::optional<v1::CertificateState> certificate);
  // False: there is no stream.
  bool send(v1::CertificateRequest request);
  void stop();
  // After stop(): as at the start, but for what is held.
  void resume();
  bool connected() const { return connected_; }

 private:
  void open();
  void on_message(v1::ControlMessage message);
  void on_update(v1::Update update);
  void on_question(const v1::ProxyQuestion& question);
  void on_end(StreamEnd end);
  void retry(const StreamEnd& end);
  Nanoseconds next_pause(StreamEnd::Kind kind);
  void watch_token();
  void send_hello();
  void report_status();
  void send_status();
  void set_connected(bool connected);

  const Options options_;
  ControlThread& thread_;
  StreamOpener& opener_;
  Receiver& receiver_;
  absl::AnyInvocable<void(std::string)> gave_up_;
  CertificateEvents certificates_;
  Random random_;

  std::unique_ptr<ConfigStream> stream_;
  uint64_t stream_number_ = 0;
  bool connected_ = false;
  bool stopped_ = false;
  unsigned failures_ = 0;
  v1::ProxyStatus status_;
  std::optional<ControlThread::TimePoint> status_sent_;  // on this stream
  std::string token_;
  std::string last_reason_;
  ControlThread::TimePoint started_;
  ControlThread::TimePoint connected_since_;
  ControlThread::Ticket retry_timer_;
  ControlThread::Ticket answer_timer_;
  ControlThread::Ticket token_timer_;
  ControlThread::Ticket status_timer_;
};

}  // namespace weft::proxy
