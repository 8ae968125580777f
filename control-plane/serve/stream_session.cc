#include "control-plane/serve/stream_session.h"

#include <mutex>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace weft::cp {
namespace {

constexpr uint32_t kRefusedAtOnceMilliseconds = 1000;

std::map<ItemName, uint64_t> held_items(const v1::Hello& hello) {
  std::map<ItemName, uint64_t> held;
  for (const v1::HeldItem& item : hello.held()) held[{item.type(), item.name()}] = item.hash();
  return held;
}

std::vector<ItemRefusal> refusals(const v1::Ack& ack) {
  std::vector<ItemRefusal> refused;
  for (const v1::Refusal& refusal : ack.refused())
    refused.push_back({{refusal.type(), refusal.name()}, refusal.reason()});
  return refused;
}

}  // namespace

struct StreamSession::State : std::enable_shared_from_this<State> {
  State(StreamContext& context, std::string token, std::shared_ptr<StreamLink> link)
      : context(context), id(context.next_session++), token(std::move(token)), link(std::move(link)) {}

  void refuse(const Status& status) {
    ++context.metrics.streams_refused;
    link->close(status);
  }
  bool hello(const v1::Hello& hello, absl::AnyInvocable<void()>& next);
  void enter(const v1::Hello& hello, Admitted who);
  bool subscribe(const v1::Subscribe& subscribe);
  bool acknowledge(const v1::Ack& ack);
  void answer(const v1::ProxyAnswer& answer);
  void report_status(const v1::ProxyStatus& status);
  void certificate(const v1::CertificateRequest& request);
  void closed();

  StreamContext& context;
  const SessionId id;
  std::string token;
  const std::shared_ptr<StreamLink> link;

  std::mutex mutex;
  std::atomic<bool> asks_for_certificate{false};
  bool greeted = false;              // a Hello has come
  bool ended = false;                // the stream is closed
  std::optional<Admitted> admitted;  // set once it was let in, until it ends
};

// Whether the next message may be read at once; otherwise `next` was taken.
bool StreamSession::State::hello(const v1::Hello& hello, absl::AnyInvocable<void()>& next) {
  std::unique_lock lock(mutex);
  const bool second = std::exchange(greeted, true);
  lock.unlock();
  if (second) {
    refuse(invalid("a second Hello on the same stream"));
    return false;
  }
  context.admission.post([self = shared_from_this(), hello, next = std::move(next)]() mutable {
    Result<Admitted> who = self->context.admission.admit(self->token, hello);
    self->token.clear();
    if (!who.ok()) {
      log_info("a proxy was refused",
               {{"mesh", hello.mesh()}, {"name", hello.name()}, {"reason", reason(who.status())}});
      self->refuse(who.status());
      return;
    }
    self->enter(hello, *std::move(who));
    next();
  });
  return false;
}

// The link is used without the lock: gRPC may call back from inside.
void StreamSession::State::enter(const v1::Hello& hello, Admitted who) {
  std::unique_lock lock(mutex);
  if (ended) {  // while it was being admitted
    context.admission.left(who);
    return;
  }
  OpenedSession opened{.dataplane = who.dataplane,
                       .instance = hello.instance(),
                       .version = hello.version(),
                       .held = held_items(hello),
                       .link = link};
  // Under the lock, so that it is posted before the end of the stream.
  context.delivery.post(
      [id = id, opened = std::move(opened), world = std::move(who.world)](Delivery& delivery, SteadyTime now) mutable {
        delivery.open(id, std::move(opened), std::move(world), now);
      });
  who.world = nullptr;
  admitted = std::move(who);
  lock.unlock();
  ++context.metrics.streams_opened;
  v1::ControlMessage welcome;
  welcome.mutable_welcome()->set_instance(context.instance);
  welcome.mutable_welcome()->set_version(context.version);
  welcome.mutable_welcome()->set_reloadable_tokens(context.reloadable_tokens);
  link->welcome(welcome);
}

bool StreamSession::State::subscribe(const v1::Subscribe& subscribe) {
  Subscription subscription{.everything = subscribe.everything()};
  for (const std::string& name : subscribe.destinations()) subscription.destinations.insert(name);
  context.delivery.post([id = id, subscription = std::move(subscription)](Delivery& delivery, SteadyTime now) mutable {
    delivery.subscribe(id, std::move(subscription), now);
  });
  return true;
}

bool StreamSession::State::acknowledge(const v1::Ack& ack) {
  context.delivery.post(
      [id = id, nonce = ack.nonce(), refused = refusals(ack)](Delivery& delivery, SteadyTime now) mutable {
        delivery.acknowledge(id, nonce, std::move(refused), now);
      });
  return true;
}

void StreamSession::State::answer(const v1::ProxyAnswer& answer) {
  context.delivery.post([id = id, answer](Delivery& delivery, SteadyTime) { delivery.answered(id, answer); });
}

void StreamSession::State::report_status(const v1::ProxyStatus& status) {
  log_debug("proxy status", {{"state", status.state()}});
  context.delivery.post([id = id, status](Delivery& delivery, SteadyTime) { delivery.report_status(id, status); });
}

// Who asks is who was admitted, whatever the request says.
void StreamSession::State::certificate(const v1::CertificateRequest& request) {
  const auto refuse_request = [&](CertificateRefusal why, const char* sentence) {
    ++context.metrics.certificates_refused[static_cast<size_t>(why)];
    v1::ControlMessage message;
    message.mutable_certificate()->set_id(request.id());
    message.mutable_certificate()->set_refused(sentence);
    message.mutable_certificate()->set_retry_after_milliseconds(kRefusedAtOnceMilliseconds);
    link->ask(message);
  };
  // What comes from here on waits in a queue; a stranger fills it with nothing big and no more than once.
  if (request.csr().size() > CertificateRequest::kMaxBytes) {
    return refuse_request(CertificateRefusal::kMalformed, "the request is too long");
  }
  if (asks_for_certificate.exchange(true)) {
    return refuse_request(CertificateRefusal::kTooOften, "another request is not answered yet");
  }
  std::unique_lock lock(mutex);
  if (!admitted.has_value()) return;
  CertificateHolder holder{admitted->dataplane, admitted->token};
  lock.unlock();
  context.certificates.request(std::move(holder), request, [self = shared_from_this()](v1::CertificateAnswer answer) {
    self->asks_for_certificate = false;
    v1::ControlMessage message;
    *message.mutable_certificate() = std::move(answer);
    self->link->ask(message);
  });
}

void StreamSession::State::closed() {
  const std::lock_guard lock(mutex);
  if (std::exchange(ended, true) || !admitted.has_value()) return;
  context.admission.left(*admitted);
  context.delivery.post([id = id](Delivery& delivery, SteadyTime now) { delivery.close(id, now); });
}

StreamSession::StreamSession(StreamContext& context, std::string token, std::shared_ptr<StreamLink> link)
    : state_(std::make_shared<State>(context, std::move(token), std::move(link))) {}
StreamSession::~StreamSession() = default;

void StreamSession::on_message(const v1::ProxyMessage& message, absl::AnyInvocable<void()> next) {
  State& state = *state_;
  bool go_on = true;
  if (message.has_hello()) {
    go_on = state.hello(message.hello(), next);
  } else {
    std::unique_lock lock(state.mutex);
    const bool entered = state.admitted.has_value();
    lock.unlock();
    if (!entered) {
      state.refuse(invalid("the first message of a stream must be a Hello"));
      return;
    }
    if (message.has_subscribe()) go_on = state.subscribe(message.subscribe());
    if (message.has_ack()) go_on = state.acknowledge(message.ack());
    if (message.has_answer()) state.answer(message.answer());
    if (message.has_status()) state.report_status(message.status());
    if (message.has_certificate_request()) state.certificate(message.certificate_request());
  }
  if (go_on) next();
}

void StreamSession::on_closed() { state_->closed(); }

}  // namespace weft::cp
