#include "proxy/config/grpc_stream.h"

#include <grpc/grpc.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "weft/v1/config_service.grpc.pb.h"

namespace weft::proxy {
namespace {

constexpr int kMaxMessageBytes = 64 << 20;
constexpr int kNoReconnectMilliseconds = 3'600'000;
constexpr int kKeepAliveMilliseconds = 30'000;
constexpr int kKeepAliveTimeoutMilliseconds = 10'000;
constexpr const char* kSystemCertificates = "/etc/ssl/certs/ca-certificates.crt";

std::shared_ptr<grpc::ChannelCredentials> make_credentials(const GrpcStreams::Options& options) {
  if (options.skip_verify) {
    grpc::experimental::TlsChannelCredentialsOptions tls;
    tls.set_verify_server_certs(false);
    tls.set_check_call_host(false);
    tls.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
    return grpc::experimental::TlsCredentials(tls);
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.ca_pem;
  if (tls.pem_root_certs.empty()) tls.pem_root_certs = read_file(kSystemCertificates).value_or("");
  return grpc::SslCredentials(tls);
}

std::shared_ptr<grpc::Channel> make_channel(const GrpcStreams::Options& options,
                                            const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // The next attempt is a new channel: this one must not try again by itself.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kNoReconnectMilliseconds);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kNoReconnectMilliseconds);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepAliveMilliseconds);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepAliveTimeoutMilliseconds);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  return grpc::CreateCustomChannel(options.address.target(), credentials, arguments);
}

// What gRPC reports of a failed handshake, and what it usually means.
std::string with_hint(const std::string& message) {
  if (message.find("wrong version number") != std::string::npos) {
    return message + " (no TLS there: is it the control plane's port for proxies, 5678 by default?)";
  }
  if (message.find("certificate verify failed") != std::string::npos) {
    return message + " (does --ca-cert-file name the authority of this control plane?)";
  }
  return message;
}

StreamEnd end_of(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::OK: return {StreamEnd::Kind::kLost, "the control plane closed the stream"};
    case grpc::NOT_FOUND: return {StreamEnd::Kind::kNoDataplane, status.error_message()};
    case grpc::UNAUTHENTICATED:
    case grpc::PERMISSION_DENIED:
    case grpc::INVALID_ARGUMENT:
    case grpc::FAILED_PRECONDITION: return {StreamEnd::Kind::kRefused, status.error_message()};
    default: return {StreamEnd::Kind::kLost, with_hint(status.error_message())};
  }
}

// How many streams gRPC still has in its hands.
struct LiveStreams {
  std::mutex mutex;
  std::condition_variable none;
  int count = 0;
};

// Owned by gRPC from start() to OnDone(); what it has to say it posts to the control thread, which may have lost
// interest.
class Reactor final : public grpc::ClientBidiReactor<v1::ProxyMessage, v1::ControlMessage>,
                      public std::enable_shared_from_this<Reactor> {
 public:
  Reactor(ControlThread& thread, std::shared_ptr<LiveStreams> live, std::shared_ptr<grpc::Channel> channel,
          ConfigStream::Events events)
      : thread_(thread), live_(std::move(live)), channel_(std::move(channel)), events_(std::move(events)) {}

  void start(const std::string& token) {
    {
      const std::lock_guard lock(live_->mutex);
      ++live_->count;
    }
    self_ = shared_from_this();
    if (!token.empty()) context_.AddMetadata("authorization", token);
    v1::ConfigService::NewStub(channel_)->async()->Stream(&context_, this);
    AddHold();
    StartCall();
  }

  // The rest of the public part, but for the three On...: control thread.
  void send(v1::ProxyMessage message) {
    if (ended_) return;
    outgoing_.push_back(std::move(message));
    if (outgoing_.size() == 1) StartWrite(&outgoing_.front());
  }
  void read() {
    if (!ended_) StartRead(&incoming_);
  }
  void forget() {
    forgotten_ = true;
    if (ended_) return;
    context_.TryCancel();
    end();
  }

  void OnReadDone(bool good) override {
    thread_.post([self = shared_from_this(), good] { self->read_done(good); });
  }
  void OnWriteDone(bool good) override {
    thread_.post([self = shared_from_this(), good] { self->write_done(good); });
  }
  // The last reference goes to the control thread: a gRPC thread that destroyed a channel would have to wait for
  // itself.
  void OnDone(const grpc::Status& status) override {
    const auto live = live_;
    thread_.post([self = std::move(self_), end = end_of(status)]() mutable {
      if (!self->forgotten_) self->events_.on_end(std::move(end));
    });
    const std::lock_guard lock(live->mutex);
    if (--live->count == 0) live->none.notify_all();
  }

 private:
  void read_done(bool good) {
    if (!good) return end();
    if (!forgotten_) events_.on_message(std::move(incoming_));
  }
  void write_done(bool good) {
    if (!good) return end();
    outgoing_.pop_front();
    if (!outgoing_.empty() && !ended_) StartWrite(&outgoing_.front());
  }
  // Nothing is started any more: gRPC may report the status.
  void end() {
    if (!std::exchange(ended_, true)) RemoveHold();
  }

  ControlThread& thread_;
  const std::shared_ptr<LiveStreams> live_;
  const std::shared_ptr<grpc::Channel> channel_;
  ConfigStream::Events events_;
  grpc::ClientContext context_;
  v1::ControlMessage incoming_;
  std::deque<v1::ProxyMessage> outgoing_;
  bool ended_ = false;
  bool forgotten_ = false;
  std::shared_ptr<Reactor> self_;
};

class GrpcStream final : public ConfigStream {
 public:
  explicit GrpcStream(std::shared_ptr<Reactor> reactor) : reactor_(std::move(reactor)) {}
  ~GrpcStream() override { reactor_->forget(); }
  void send(v1::ProxyMessage message) override { reactor_->send(std::move(message)); }
  void read() override { reactor_->read(); }

 private:
  const std::shared_ptr<Reactor> reactor_;
};

}  // namespace

std::string ControlPlaneAddress::target() const {
  return host.find(':') == std::string::npos ? cat(host, ":", port) : cat("[", host, "]:", port);
}

Result<ControlPlaneAddress> parse_control_plane_address(std::string_view url) {
  std::string_view rest = url;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (rest.substr(0, scheme) != "https") return invalid(cat("\"", url, "\": only https is spoken"));
    rest.remove_prefix(scheme + 3);
  }
  rest = rest.substr(0, rest.find('/'));
  ControlPlaneAddress address;
  const size_t bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
  const size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
  address.host = bracket == std::string_view::npos ? rest.substr(0, colon) : rest.substr(1, bracket - 1);
  if (address.host.empty()) return invalid(cat("\"", url, "\": there is no host"));
  if (colon != std::string_view::npos &&
      (!parse_number(rest.substr(colon + 1), address.port) || address.port < 1 || address.port > 65535)) {
    return invalid(cat("\"", url, "\": the port is not between 1 and 65535"));
  }
  return address;
}

struct GrpcStreams::Shared {
  Options options;
  ControlThread& thread;
  std::shared_ptr<LiveStreams> live;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  // Of the last stream. While there is one, gRPC keeps its threads from stream to stream.
  std::shared_ptr<grpc::Channel> channel;
};

GrpcStreams::GrpcStreams(Options options, ControlThread& thread) {
  // The system's resolver knows search domains and /etc/hosts, and costs no threads of its own.
  setenv("GRPC_DNS_RESOLVER", "native", 0);
  // Every failure is reported by the subscription, once.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  // When its last object goes, gRPC shuts down on a thread of its own, which the end of the process would overtake:
  // this reference is never given back.
  [[maybe_unused]] static const bool kept_up = (grpc_init(), true);
  auto credentials = make_credentials(options);
  shared_ = std::make_shared<Shared>(
      Shared{std::move(options), thread, std::make_shared<LiveStreams>(), std::move(credentials), nullptr});
}

GrpcStreams::~GrpcStreams() {
  std::unique_lock lock(shared_->live->mutex);
  shared_->live->none.wait(lock, [this] { return shared_->live->count == 0; });
}

std::unique_ptr<ConfigStream> GrpcStreams::open(const std::string& token, ConfigStream::Events events) {
  const auto channel = make_channel(shared_->options, shared_->credentials);
  auto reactor = std::make_shared<Reactor>(shared_->thread, shared_->live, channel, std::move(events));
  reactor->start(token);
  shared_->channel = channel;
  return std::make_unique<GrpcStream>(std::move(reactor));
}

}  // namespace weft::proxy
