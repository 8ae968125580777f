// The only file that knows Asio and Beast.
#include "control-plane/source/http_server.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/text.h"

namespace weft::cp {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr size_t kReadBytes = 16 * 1024;

std::string_view view(const auto& text) { return {text.data(), text.size()}; }

HttpResponse plain(int status, std::string text) { return {status, std::move(text), "text/plain; charset=utf-8", {}}; }

class Session;

// Closed before the loop goes away: an answer that comes later finds it closed and goes nowhere.
struct Gate {
  std::mutex mutex;
  bool open = true;
};

// What the connections need of their server.
struct Shared {
  HttpServerOptions options;
  HttpServer::Handler handler;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::mutex mutex;
  std::set<std::shared_ptr<Session>> sessions;  // under mutex
};

// One connection. All its steps run on its strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Shared& shared, tcp::socket socket, bool loopback)
      : shared_(shared), stream_(std::move(socket)), loopback_(loopback) {
    // The limit of the whole message comes from the options; flat buffers need one of their own.
    buffer_.max_size(shared.options.max_header_bytes + kReadBytes);
  }

  void start() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->wait_for_request(); });
  }

 private:
  void wait_for_request() {
    parser_.emplace();
    parser_->header_limit(shared_.options.max_header_bytes);
    parser_->body_limit(shared_.options.max_body_bytes);
    if (buffer_.size() > 0) return read_header();
    stream_.expires_after(shared_.options.idle_timeout);
    stream_.async_read_some(buffer_.prepare(kReadBytes), [self = shared_from_this()](Error error, size_t bytes) {
      if (error) return self->close();
      self->buffer_.commit(bytes);
      self->read_header();
    });
  }

  void read_header() {
    stream_.expires_after(shared_.options.read_timeout);
    http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) {
      if (error) return self->refuse(error);
      if (beast::iequals(self->parser_->get()[http::field::expect], "100-continue")) return self->send_continue();
      self->read_body();
    });
  }

  void send_continue() {
    continue_ = std::make_unique<http::response<http::empty_body>>(http::status::continue_, 11);
    http::async_write(stream_, *continue_, [self = shared_from_this()](Error error, size_t) {
      if (error) return self->close();
      self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) {
      if (error) return self->refuse(error);
      self->handle();
    });
  }

  // What is not HTTP, or too large, gets an answer if there can be one; then the connection ends.
  void refuse(Error error) {
    keep_alive_ = false;
    if (error == http::error::body_limit) {
      write(plain(413, cat("413: the body is larger than ", shared_.options.max_body_bytes, " bytes\n")));
    } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      write(plain(431, "431: the headers are too large\n"));
    } else if (error == http::error::end_of_stream || error == http::error::partial_message ||
               error.category() != http::make_error_code(http::error::bad_method).category()) {
      close();
    } else {
      write(plain(400, cat("400: not HTTP: ", error.message(), "\n")));
    }
  }

  void handle() {
    auto message = parser_->release();
    keep_alive_ = message.keep_alive();
    head_only_ = message.method() == http::verb::head;
    HttpRequest request;
    request.method = view(message.method_string());
    request.target = view(message.target());
    for (const auto& field : message)
      request.headers.emplace_back(lower(view(field.name_string())), view(field.value()));
    request.body = std::move(message.body());
    request.from_loopback = loopback_;
    stream_.expires_never();
    shared_.handler(request, [gate = shared_.gate, session = weak_from_this()](HttpResponse response) {
      const std::lock_guard lock(gate->mutex);
      if (!gate->open) return;
      const std::shared_ptr<Session> self = session.lock();
      if (self == nullptr) return;
      asio::post(self->stream_.get_executor(),
                 [self, response = std::move(response)]() mutable { self->write(std::move(response)); });
    });
  }

  void write(HttpResponse response) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(response.status));
    response_.set(http::field::content_type, response.content_type);
    for (const auto& [name, value] : response.headers) response_.set(name, value);
    response_.keep_alive(keep_alive_);
    response_.content_length(response.body.size());
    if (!head_only_) response_.body() = std::move(response.body);
    stream_.expires_after(shared_.options.write_timeout);
    http::async_write(stream_, response_, [self = shared_from_this()](Error error, size_t) {
      if (error || !self->keep_alive_) return self->close();
      self->wait_for_request();
    });
  }

  void close() {
    Error ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    stream_.close();
    const std::lock_guard lock(shared_.mutex);
    shared_.sessions.erase(shared_from_this());
  }

  Shared& shared_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::unique_ptr<http::response<http::empty_body>> continue_;
  http::response<http::string_body> response_;
  bool loopback_;
  bool keep_alive_ = false;
  bool head_only_ = false;
};

bool is_loopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

}  // namespace

struct HttpServer::Core {
  Core(const HttpServerOptions& options, Handler handler)
      : context(options.threads), acceptor(context), pause(context) {
    shared.options = options;
    shared.handler = std::move(handler);
  }

  Status listen() {
    Error error;
    const auto& options = shared.options;
    const auto address = asio::ip::make_address(options.interface, error);
    if (error) return invalid(cat("\"", options.interface, "\" is no IP address to listen on"));
    const tcp::endpoint endpoint(address, options.port);
    const auto failed = [&] {
      return unavailable(cat("cannot listen on ", options.interface, ":", options.port, ": ", error.message()));
    };
    acceptor.open(endpoint.protocol(), error);
    if (error) return failed();
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    acceptor.bind(endpoint, error);
    if (error) return failed();
    acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return failed();
    return ok();
  }

  void accept() {
    acceptor.async_accept(asio::make_strand(context), [this](Error error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      admit(std::move(socket));
      accept();
    });
  }

  // Out of file descriptors, say: asking again at once would spin.
  void accept_later() {
    constexpr auto kPause = std::chrono::milliseconds(100);
    pause.expires_after(kPause);
    pause.async_wait([this](Error error) {
      if (!error) accept();
    });
  }

  void admit(tcp::socket socket) {
    Error error;
    const auto peer = socket.remote_endpoint(error);
    if (error) return;
    socket.set_option(tcp::no_delay(true), error);
    const auto session = std::make_shared<Session>(shared, std::move(socket), is_loopback(peer.address()));
    {
      const std::lock_guard lock(shared.mutex);
      if (shared.sessions.size() >= shared.options.max_connections) return;
      shared.sessions.insert(session);
    }
    session->start();
  }

  void stop() {
    {
      const std::lock_guard lock(shared.gate->mutex);
      shared.gate->open = false;
    }
    context.stop();
    for (std::thread& thread : threads) thread.join();
    shared.sessions.clear();
  }

  Shared shared;
  asio::io_context context;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
HttpServer::~HttpServer() { core_->stop(); }

uint16_t HttpServer::port() const {
  Error ignored;
  return core_->acceptor.local_endpoint(ignored).port();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options, Handler handler) {
  auto core = std::make_unique<Core>(options, std::move(handler));
  if (Status status = core->listen(); !status.ok()) return status;
  core->accept();
  for (int i = 0; i < options.threads; ++i) core->threads.emplace_back([raw = core.get()] { raw->context.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

}  // namespace weft::cp
