#include "proxy/admin/http_server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "base/text.h"

namespace weft::proxy {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr size_t kMaxConnections = 64;
constexpr uint64_t kMaxBodyBytes = 4096;
constexpr uint32_t kMaxHeadBytes = 8192;
constexpr auto kIdleTimeout = std::chrono::seconds(30);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

using Stream = boost::beast::basic_stream<asio::generic::stream_protocol>;

// One connection, keep-alive. Lives as long as an operation of its own is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::generic::stream_protocol::socket socket, std::shared_ptr<const Answer> answer,
          std::shared_ptr<size_t> count)
      : stream_(std::move(socket)), answer_(std::move(answer)), count_(std::move(count)) {
    ++*count_;
  }
  ~Session() { --*count_; }

  void read() {
    parser_.emplace();
    parser_->body_limit(kMaxBodyBytes);
    parser_->header_limit(kMaxHeadBytes);
    stream_.expires_after(kIdleTimeout);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) {
      if (!error) self->reply();
    });
  }

 private:
  void reply() {
    const http::request<http::string_body>& in = parser_->get();
    AdminRequest request;
    request.method = std::string(in.method_string().data(), in.method_string().size());
    const std::string target(in.target().data(), in.target().size());
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string::npos) request.query = target.substr(question + 1);
    AdminReply reply = (*answer_)(request);

    out_ = {};
    out_.version(in.version());
    out_.result(reply.status);
    out_.set(http::field::content_type, reply.content_type);
    out_.set(http::field::cache_control, "no-cache, max-age=0");
    out_.set("X-Powered-By", "kuma-dp");  // probes of the contract look for it
    out_.keep_alive(in.keep_alive());
    out_.content_length(reply.body.size());
    if (in.method() != http::verb::head) out_.body() = std::move(reply.body);
    stream_.expires_after(kIdleTimeout);
    http::async_write(stream_, out_, [self = shared_from_this()](error_code error, size_t) {
      if (!error && self->out_.keep_alive()) self->read();
    });
  }

  Stream stream_;
  const std::shared_ptr<const Answer> answer_;
  const std::shared_ptr<size_t> count_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> out_;
};

template <typename Protocol>
class Server final : public HttpServer {
 public:
  Server(asio::io_context& loop, Answer answer)
      : acceptor_(loop), pause_(loop), answer_(std::make_shared<const Answer>(std::move(answer))) {}
  ~Server() override {
    if (!unlink_.empty()) ::unlink(unlink_.c_str());
  }

  Status open(const typename Protocol::endpoint& endpoint, std::string_view name) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return errno_status(name, error.value());
    accept();
    return ok();
  }
  Status adopt(const Protocol& protocol, int descriptor) {
    error_code error;
    acceptor_.assign(protocol, descriptor, error);
    if (error) return errno_status("adopt a listening socket", error.value());
    accept();
    return ok();
  }
  void unlink_at_end(std::string path) { unlink_ = std::move(path); }

  int duplicate() override { return fcntl(acceptor_.native_handle(), F_DUPFD_CLOEXEC, 0); }

  uint16_t port() const override {
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      return acceptor_.local_endpoint().port();
    } else {
      return 0;
    }
  }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, typename Protocol::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      if (*count_ < kMaxConnections) {
        std::make_shared<Session>(asio::generic::stream_protocol::socket(std::move(socket)), answer_, count_)->read();
      }
      accept();
    });
  }
  // Out of descriptors, most likely.
  void accept_later() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  typename Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  std::shared_ptr<const Answer> answer_;
  std::shared_ptr<size_t> count_ = std::make_shared<size_t>(0);
  std::string unlink_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& loop, const std::string& address,
                                                       uint16_t port, Answer answer) {
  error_code error;
  const auto ip = asio::ip::make_address(address, error);
  if (error) return invalid(cat("\"", address, "\" is not an IP address"));
  auto server = std::make_unique<Server<asio::ip::tcp>>(loop, std::move(answer));
  if (Status status = server->open({ip, port}, cat(address, ":", port)); !status.ok()) return status;
  return server;
}

Result<std::unique_ptr<HttpServer>> HttpServer::adopt(asio::io_context& loop, int descriptor, Answer answer) {
  sockaddr address{};
  socklen_t size = sizeof address;
  getsockname(descriptor, &address, &size);
  auto server = std::make_unique<Server<asio::ip::tcp>>(loop, std::move(answer));
  const auto protocol = address.sa_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  if (Status status = server->adopt(protocol, descriptor); !status.ok()) {
    ::close(descriptor);
    return status;
  }
  return server;
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen_unix(asio::io_context& loop, const std::string& path,
                                                            Answer answer) {
  using asio::local::stream_protocol;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return invalid(cat(path, ": too long for a unix socket"));
  const stream_protocol::endpoint endpoint(path);
  error_code error;
  stream_protocol::socket probe(loop);
  probe.connect(endpoint, error);
  if (!error) return invalid(cat(path, ": another proxy runs in this work directory"));
  ::unlink(path.c_str());
  auto server = std::make_unique<Server<stream_protocol>>(loop, std::move(answer));
  if (Status status = server->open(endpoint, path); !status.ok()) return status;
  ::chmod(path.c_str(), 0600);
  server->unlink_at_end(path);
  return server;
}

}  // namespace weft::proxy
