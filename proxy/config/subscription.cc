#include "proxy/config/subscription.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The first pause is drawn around this, so that a restarted control plane has its proxies back within a second.
constexpr Nanoseconds kFirstPause = milliseconds(250);
constexpr Nanoseconds kLongestPause = seconds(30);
// A stream that held for less is not a success: its loss goes on growing the pause.
constexpr Nanoseconds kProven = seconds(5);
// From opening the stream to the control plane's first word.
constexpr Nanoseconds kAnswerTimeout = seconds(20);
constexpr Nanoseconds kTokenCheck = seconds(2);
// Between two reports of the proxy's status.
constexpr Nanoseconds kStatusPause = seconds(1);
constexpr size_t kLongestAnswer = 8 * 1024 * 1024;

}  // namespace

Subscription::Subscription(Options options, ControlThread& thread, StreamOpener& opener, Receiver& receiver,
                           absl::AnyInvocable<void(std::string)> gave_up)
    : options_(std::move(options)),
      thread_(thread),
      opener_(opener),
      receiver_(receiver),
      gave_up_(std::move(gave_up)) {}

void Subscription::start() {
  started_ = thread_.now();
  open();
}

void Subscription::reconnect() {
  if (stopped_ || stream_ == nullptr) return;
  stream_.reset();
  set_connected(false);
  open();
}

void Subscription::stop() {
  stopped_ = true;
  set_connected(false);
  retry_timer_.reset();
  answer_timer_.reset();
  token_timer_.reset();
  status_timer_.reset();
  stream_.reset();
}

void Subscription::resume() {
  if (!std::exchange(stopped_, false)) return;
  failures_ = 0;
  open();
}

void Subscription::open() {
  retry_timer_.reset();
  token_timer_.reset();
  Result<std::string> token = options_.token.read();
  if (!token.ok()) {
    retry({StreamEnd::Kind::kRefused, reason(token.status())});
    return;
  }
  token_ = *std::move(token);
  ++stream_number_;
  stream_ = opener_.open(token_, {[this](v1::ControlMessage message) { on_message(std::move(message)); },
                                  [this](StreamEnd end) { on_end(std::move(end)); }});
  answer_timer_ = thread_.after(kAnswerTimeout, [this] {
    stream_.reset();
    on_end({StreamEnd::Kind::kLost, "the control plane does not answer"});
  });
  status_timer_.reset();
  status_sent_.reset();
  send_hello();
  report_status();
  stream_->read();
}

void Subscription::send_hello() {
  v1::ProxyMessage message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_mesh(options_.mesh);
  hello.set_name(options_.name);
  hello.set_version(options_.version);
  hello.set_instance(options_.instance);
  hello.set_dataplane(options_.dataplane_json);
  for (v1::HeldItem& item : receiver_.held()) *hello.add_held() = std::move(item);
  stream_->send(std::move(message));
  v1::ProxyMessage subscribe;
  subscribe.mutable_subscribe()->set_everything(true);
  stream_->send(std::move(subscribe));
}

void Subscription::set_state(const std::string& state) {
  if (status_.state() == state) return;
  status_.set_state(state);
  report_status();
}

void Subscription::set_certificate(std::optional<v1::CertificateState> certificate) {
  v1::ProxyStatus status = status_;
  status.clear_certificate();
  if (certificate) *status.mutable_certificate() = *std::move(certificate);
  if (status.SerializeAsString() == status_.SerializeAsString()) return;
  status_ = std::move(status);
  report_status();
}

bool Subscription::send(v1::CertificateRequest request) {
  if (stream_ == nullptr) return false;
  v1::ProxyMessage message;
  *message.mutable_certificate_request() = std::move(request);
  stream_->send(std::move(message));
  return true;
}

// At once, or when the last report is old enough.
void Subscription::report_status() {
  if (stream_ == nullptr || status_timer_ != nullptr) return;
  if (status_.state().empty() && !status_.has_certificate()) return;
  const Nanoseconds since = status_sent_ ? Nanoseconds(thread_.now() - *status_sent_) : kStatusPause;
  if (since >= kStatusPause) return send_status();
  status_timer_ = thread_.after(kStatusPause - since, [this] {
    status_timer_.reset();
    if (stream_ != nullptr) send_status();
  });
}

void Subscription::send_status() {
  status_sent_ = thread_.now();
  v1::ProxyMessage message;
  *message.mutable_status() = status_;
  stream_->send(std::move(message));
}

void Subscription::set_connected(bool connected) {
  if (std::exchange(connected_, connected) == connected) return;
  if (certificates_.on_connected) certificates_.on_connected(connected);
}

void Subscription::on_message(v1::ControlMessage message) {
  if (message.has_welcome()) {
    answer_timer_.reset();
    connected_since_ = thread_.now();
    last_reason_.clear();
    log_info("connected to the control plane",
             {{"instance", message.welcome().instance()}, {"version", message.welcome().version()}});
    set_connected(true);
    if (message.welcome().reloadable_tokens() && options_.token.reloadable()) watch_token();
    stream_->read();
  } else if (message.has_update()) {
    on_update(std::move(*message.mutable_update()));
  } else if (message.has_certificate()) {
    if (certificates_.on_answer) certificates_.on_answer(message.certificate());
    stream_->read();
  } else if (message.has_question()) {
    on_question(message.question());
    stream_->read();
  } else {
    stream_->read();  // of a newer control plane
  }
}

void Subscription::on_update(v1::Update update) {
  receiver_.apply(std::move(update), [this, number = stream_number_](v1::Ack ack) {
    if (stream_ == nullptr || number != stream_number_) return;
    v1::ProxyMessage message;
    *message.mutable_ack() = std::move(ack);
    stream_->send(std::move(message));
    stream_->read();
  });
}

void Subscription::on_question(const v1::ProxyQuestion& question) {
  if (!options_.answer) return;
  v1::ProxyMessage message;
  v1::ProxyAnswer& answer = *message.mutable_answer();
  answer.set_id(question.id());
  Result<std::string> text = options_.answer(question);
  if (text.ok() && text->size() > kLongestAnswer) text = exhausted(cat("the answer has ", text->size(), " bytes"));
  if (text.ok()) {
    answer.set_text(*std::move(text));
  } else {
    answer.set_refused(reason(text.status()));
  }
  stream_->send(std::move(message));
}

void Subscription::on_end(StreamEnd end) {
  answer_timer_.reset();
  if (connected_ && thread_.now() - connected_since_ >= kProven) failures_ = 0;
  stream_.reset();
  set_connected(false);
  retry(end);
}

void Subscription::retry(const StreamEnd& end) {
  if (stopped_) return;
  stream_.reset();
  if (!receiver_.active()) {
    const bool too_long = thread_.now() - started_ >= options_.retry_max_duration;
    if (end.kind == StreamEnd::Kind::kRefused || too_long) {
      stop();
      gave_up_(too_long
                   ? cat("no configuration within ", format_duration(options_.retry_max_duration), ": ", end.reason)
                   : end.reason);
      return;
    }
  }
  const Nanoseconds pause = next_pause(end.kind);
  if (end.reason != last_reason_) {
    last_reason_ = end.reason;
    const bool refused = end.kind == StreamEnd::Kind::kRefused;
    const bool unknown = end.kind == StreamEnd::Kind::kNoDataplane;
    (refused ? log_error : log_warning)(
        refused   ? "the control plane refuses this proxy"
        : unknown ? "waiting for the Dataplane"
                  : "no control plane, trying again",
        {{"reason", end.reason}, {"pause", format_duration(std::chrono::duration_cast<milliseconds>(pause))}});
  }
  if (end.kind == StreamEnd::Kind::kRefused && options_.token.reloadable()) watch_token();
  retry_timer_ = thread_.after(pause, [this] { open(); });
}

// Full jitter around a doubling pause: between a half and one and a half of it.
Nanoseconds Subscription::next_pause(StreamEnd::Kind kind) {
  const bool active = receiver_.active();
  const Nanoseconds longest = active ? kLongestPause : std::min(options_.retry_backoff, kLongestPause);
  Nanoseconds pause = kFirstPause;
  for (unsigned i = 0; i < failures_ && pause < longest; ++i) pause *= 2;
  ++failures_;
  if (kind == StreamEnd::Kind::kNoDataplane) pause = options_.retry_backoff;
  if (kind == StreamEnd::Kind::kRefused) pause = kLongestPause;
  pause = std::min(pause, longest);
  return Nanoseconds(static_cast<int64_t>(static_cast<double>(pause.count()) * (0.5 + random_.fraction())));
}

// A proxy whose token file is replaced tries again at once: one that was refused, and one whose control plane wants to
// see every new token.
void Subscription::watch_token() {
  token_timer_ = thread_.after(kTokenCheck, [this] {
    const Result<std::string> token = options_.token.read();
    if (token.ok() && *token != token_) {
      if (connected_) return reconnect();
      open();
    } else {
      watch_token();
    }
  });
}

}  // namespace weft::proxy
