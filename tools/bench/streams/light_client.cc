#include "tools/bench/streams/light_client.h"

#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "weft/v1/config_service.grpc.pb.h"

namespace weft::bench {

struct LightClient::Shared {
  Options options;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  State state;
  v1::Ack answer;            // to the newest Update
  Stream* stream = nullptr;  // while it is open
  int streams = 0;           // not deleted yet
};

// Must die on the client's own thread: gRPC joins its threads when the last channel goes, which one of them cannot do.
struct LightClient::Channel {
  std::unique_ptr<v1::ConfigService::Stub> stub;
};

// Deletes itself when gRPC is done with it.
class LightClient::Stream final : public grpc::ClientBidiReactor<v1::ProxyMessage, v1::ControlMessage> {
 public:
  Stream(std::shared_ptr<Shared> shared, v1::ConfigService::Stub& stub) : shared_(std::move(shared)) {
    context_.AddMetadata("authorization", shared_->options.token);
    stub.async()->Stream(&context_, this);
    AddHold();  // writes may start from outside until the stream has ended
    StartRead(&incoming_);
    StartCall();
  }

  // With the lock of Shared held.
  void write(const v1::ProxyMessage& message) {
    waiting_.push_back(message);
    if (waiting_.size() == 1) StartWrite(&waiting_.front());
  }
  void cancel() { context_.TryCancel(); }

  void OnWriteDone(bool sent) override {
    const std::lock_guard lock(shared_->mutex);
    waiting_.pop_front();
    if (!sent) waiting_.clear();
    if (!waiting_.empty()) StartWrite(&waiting_.front());
  }

  void OnReadDone(bool got) override {
    std::unique_lock lock(shared_->mutex);
    if (!got) {
      if (shared_->stream == this) shared_->stream = nullptr;
      lock.unlock();
      RemoveHold();
      return;
    }
    take(incoming_);
    shared_->changed.notify_all();
    lock.unlock();
    StartRead(&incoming_);
  }

  void OnDone(const grpc::Status& status) override {
    const Status end(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
    const std::shared_ptr<Shared> shared = shared_;
    delete this;  // and with it its hold on the channel, before anybody hears of the end
    const std::lock_guard lock(shared->mutex);
    --shared->streams;
    shared->state.ended = true;
    shared->state.end = end;
    shared->changed.notify_all();
  }

 private:
  void take(const v1::ControlMessage& message) {
    State& state = shared_->state;
    if (message.has_welcome()) {
      state.welcomed = true;
      state.welcome = message.welcome();
      return;
    }
    if (message.has_certificate()) return take(message.certificate());
    if (!message.has_update()) return;
    const v1::Update& update = message.update();
    ++state.updates;
    state.items_received += update.changed_size();
    state.revision = update.revision();
    state.last_update = std::chrono::steady_clock::now();
    v1::Ack& answer = shared_->answer;
    answer.Clear();
    answer.set_nonce(update.nonce());
    answer.set_revision(update.revision());
    for (const v1::Item& item : update.changed()) {
      const std::string reason = shared_->options.refuse ? shared_->options.refuse(item) : "";
      if (reason.empty()) {
        state.held[{item.type(), item.name()}] = item.hash();
        if (shared_->options.keep_payloads) state.payloads[{item.type(), item.name()}] = item.payload();
        continue;
      }
      v1::Refusal* refusal = answer.add_refused();
      refusal->set_type(item.type());
      refusal->set_name(item.name());
      refusal->set_reason(reason);
    }
    for (const v1::HeldItem& removed : update.removed()) state.held.erase({removed.type(), removed.name()});
    if (!shared_->options.answer) return;
    v1::ProxyMessage out;
    *out.mutable_ack() = answer;
    write(out);
    for (const v1::Item& item : update.changed()) ask_for_certificate(item);
  }

  void ask_for_certificate(const v1::Item& item) {
    v1::WorkloadIdentity identity;
    if (!shared_->options.make_request || item.type() != v1::IDENTITY || !identity.ParseFromString(item.payload()))
      return;
    v1::ProxyMessage out;
    out.mutable_certificate_request()->set_id(++last_request_);
    out.mutable_certificate_request()->set_csr(shared_->options.make_request(identity.spiffe_id()));
    write(out);
  }

  void take(const v1::CertificateAnswer& answer) {
    shared_->state.certificate = answer;
    if (!answer.refused().empty()) return;
    ++shared_->state.certificates;
    v1::ProxyMessage out;
    out.mutable_status()->set_state("ready");
    out.mutable_status()->mutable_certificate()->set_issuer(answer.issuer());
    write(out);
  }

  const std::shared_ptr<Shared> shared_;
  grpc::ClientContext context_;
  v1::ControlMessage incoming_;
  std::deque<v1::ProxyMessage> waiting_;  // the first is under way
  uint64_t last_request_ = 0;
};

LightClient::LightClient(Options options) : shared_(std::make_shared<Shared>()) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.ca_pem;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own, like a proxy
  arguments.SetInt(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, -1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  channel_ = std::make_unique<Channel>();
  channel_->stub =
      v1::ConfigService::NewStub(grpc::CreateCustomChannel(options.address, grpc::SslCredentials(tls), arguments));
  shared_->options = std::move(options);
}

LightClient::~LightClient() {
  disconnect();
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait(lock, [this] { return shared_->streams == 0; });
}

void LightClient::connect() {
  const std::lock_guard lock(shared_->mutex);
  shared_->state.welcomed = shared_->state.ended = false;
  auto* stream = new Stream(shared_, *channel_->stub);
  ++shared_->streams;
  shared_->stream = stream;
  if (!shared_->options.greet) return;
  v1::ProxyMessage hello;
  *hello.mutable_hello() = shared_->options.hello;
  for (const auto& [name, hash] : shared_->state.held) {
    v1::HeldItem* held = hello.mutable_hello()->add_held();
    held->set_type(name.first);
    held->set_name(name.second);
    held->set_hash(hash);
  }
  stream->write(hello);
  v1::ProxyMessage subscribe;
  subscribe.mutable_subscribe()->set_everything(true);
  stream->write(subscribe);
}

void LightClient::send(const v1::ProxyMessage& message) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->stream != nullptr) shared_->stream->write(message);
}

void LightClient::acknowledge() {
  const std::lock_guard lock(shared_->mutex);
  v1::ProxyMessage out;
  *out.mutable_ack() = shared_->answer;
  if (shared_->stream != nullptr) shared_->stream->write(out);
}

void LightClient::disconnect() {
  std::unique_lock lock(shared_->mutex);
  if (shared_->stream != nullptr) shared_->stream->cancel();
  shared_->changed.wait_for(lock, std::chrono::seconds(30), [this] { return shared_->stream == nullptr; });
}

LightClient::State LightClient::state() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->state;
}

bool LightClient::wait(const std::function<bool(const State&)>& condition, std::chrono::milliseconds longest) const {
  std::unique_lock lock(shared_->mutex);
  return shared_->changed.wait_for(lock, longest, [&] { return condition(shared_->state); });
}

}  // namespace weft::bench
