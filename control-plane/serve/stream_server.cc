#include "control-plane/serve/stream_server.h"

#include <absl/synchronization/mutex.h>
#include <arpa/inet.h>
#include <google/protobuf/stubs/logging.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <unordered_map>

#include "base/log.h"
#include "base/text.h"
#include "control-plane/serve/grpc_link.h"
#include "weft/v1/config_service.grpc.pb.h"

namespace weft::cp {
namespace {

using Reactor = GrpcLink::Reactor;

// Open streams, so that they can be told when the control plane stops.
class OpenLinks {
 public:
  void add(const std::shared_ptr<GrpcLink>& link) {
    const std::lock_guard lock(mutex_);
    links_.emplace(link.get(), link);
  }
  void remove(const GrpcLink* link) {
    const std::lock_guard lock(mutex_);
    links_.erase(link);
  }
  void close_all(const Status& status) {
    std::vector<std::shared_ptr<GrpcLink>> open;
    {
      const std::lock_guard lock(mutex_);
      for (auto& [key, link] : links_) {
        if (auto alive = link.lock()) open.push_back(std::move(alive));
      }
    }
    for (const auto& link : open) link->close(status);
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const GrpcLink*, std::weak_ptr<GrpcLink>> links_;
};

bool parse(const grpc::ByteBuffer& buffer, v1::ProxyMessage& message) {
  grpc::Slice slice;
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok()) return false;
  return message.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

// gRPC's side of one stream; deletes itself when gRPC is done with it.
class Stream final : public Reactor {
 public:
  Stream(StreamContext& context, OpenLinks& open, std::string token)
      : open_(open), link_(std::make_shared<GrpcLink>(*this)), session_(context, std::move(token), link_) {
    open_.add(link_);
    link_->read_next();
  }

  void OnReadDone(bool got) override {
    if (!got) {
      session_.on_closed();
      link_->close(ok());
      return;
    }
    v1::ProxyMessage message;
    if (!parse(link_->received(), message)) {
      link_->close(invalid("a message could not be read"));
      return;
    }
    session_.on_message(message, [link = link_] { link->read_next(); });
  }
  void OnWriteDone(bool sent) override { link_->written(sent); }
  void OnCancel() override {
    session_.on_closed();
    link_->close(Status(absl::StatusCode::kCancelled, "cancelled"));
  }
  void OnDone() override {
    session_.on_closed();
    open_.remove(link_.get());
    delete this;
  }

 private:
  OpenLinks& open_;
  const std::shared_ptr<GrpcLink> link_;
  StreamSession session_;
};

// Messages stay bytes: an item that many proxies get is serialised once.
class Service final : public v1::ConfigService::WithRawCallbackMethod_Stream<v1::ConfigService::Service> {
 public:
  explicit Service(StreamContext& context) : context_(context) {}
  Reactor* Stream(grpc::CallbackServerContext* call) override {
    const auto token = call->client_metadata().find("authorization");
    const bool has_token = token != call->client_metadata().end();
    return new cp::Stream(context_, open,
                          has_token ? std::string(token->second.data(), token->second.size()) : std::string());
  }

  OpenLinks open;

 private:
  StreamContext& context_;
};

void forward_log(gpr_log_func_args* line) { log_debug(line->message, {{"from", "grpc"}}); }
void forward_protobuf_log(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  log_debug(message, {{"from", "protobuf"}});
}

// gRPC says "failed to bind" and keeps the reason to itself.
std::string bind_problem(const std::string& interface, uint16_t port) {
  addrinfo hints{.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  if (::getaddrinfo(interface.c_str(), cat(port).c_str(), &hints, &found) != 0) return "not an IP address";
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound = ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, 1) == 0;
  const std::string problem = bound ? "gRPC could not start" : reason(errno_status("bind", errno));
  ::close(fd);
  ::freeaddrinfo(found);
  return problem;
}

void set_arguments(grpc::ServerBuilder& builder, const StreamServerOptions& options) {
  const auto milliseconds = [](std::chrono::seconds time) { return static_cast<int>(time.count() * 1000); };
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // two control planes on one port would share it silently
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(options.keepalive_time));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(options.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.SetMaxReceiveMessageSize(options.max_received_bytes);
  builder.SetMaxSendMessageSize(-1);
}

}  // namespace

struct StreamServer::State {
  explicit State(StreamContext& context) : service(context) {}
  Service service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

StreamServer::StreamServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<StreamServer>> StreamServer::start(const StreamServerOptions& options, StreamContext& context) {
  gpr_set_log_function(forward_log);
  // Debian's build looks for lock cycles at every lock gRPC takes: a tenth of a stream's cost, and memory for each
  // mutex.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // When its last object goes, gRPC shuts down on a thread of its own, which the end of the process would overtake:
  // this reference is never given back.
  [[maybe_unused]] static const bool kept_up =
      (grpc_init(), google::protobuf::SetLogHandler(forward_protobuf_log), true);
  auto state = std::make_unique<State>(context);
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({options.key_pem, options.certificate_pem});
  const bool ipv6 = options.interface.find(':') != std::string::npos;
  const std::string address =
      ipv6 ? cat('[', options.interface, "]:", options.port) : cat(options.interface, ':', options.port);
  grpc::ServerBuilder builder;
  set_arguments(builder, options);
  builder.AddListeningPort(address, grpc::SslServerCredentials(tls), &state->port);
  builder.RegisterService(&state->service);
  state->server = builder.BuildAndStart();
  if (state->server == nullptr || state->port == 0) {
    return unavailable(
        cat("cannot listen on ", address, " for proxies: ", bind_problem(options.interface, options.port)));
  }
  return std::unique_ptr<StreamServer>(new StreamServer(std::move(state)));
}

StreamServer::~StreamServer() {
  state_->service.open.close_all(unavailable("the control plane stops"));
  state_->server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(3));
  state_->server->Wait();
}

uint16_t StreamServer::port() const { return static_cast<uint16_t>(state_->port); }

}  // namespace weft::cp
