// The only file that knows Asio and Beast.
#include "control-plane/source/http_server.h"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <type_traits>
#include <utility>

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

namespace ssl = asio::ssl;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// A connection, whatever it speaks.
class AnySession {
 public:
  virtual ~AnySession() = default;
};

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
  std::set<std::shared_ptr<AnySession>> sessions;  // under mutex
};

// One connection. All its steps run on its strand.
template <typename Stream>
class Session : public AnySession, public std::enable_shared_from_this<Session<Stream>> {
 public:
  // `arguments`: what the stream is made of.
  template <typename... Arguments>
  Session(Shared& shared, bool loopback, Arguments&&... arguments)
      : shared_(shared), stream_(std::forward<Arguments>(arguments)...), loopback_(loopback) {
    // The limit of the whole message comes from the options; flat buffers need one of their own.
    buffer_.max_size(shared.options.max_header_bytes + kReadBytes);
  }

  void start() {
    asio::dispatch(stream_.get_executor(), [self = this->shared_from_this()] { self->begin(); });
  }

 private:
  static constexpr bool kIsTls = std::is_same_v<Stream, TlsStream>;

  beast::tcp_stream& transport() { return beast::get_lowest_layer(stream_); }

  void begin() {
    if constexpr (kIsTls) {
      transport().expires_after(shared_.options.read_timeout);
      stream_.async_handshake(ssl::stream_base::server, [self = this->shared_from_this()](Error error) {
        if (error) return self->close();
        self->wait_for_request();
      });
    } else {
      wait_for_request();
    }
  }

  void wait_for_request() {
    parser_.emplace();
    parser_->header_limit(shared_.options.max_header_bytes);
    parser_->body_limit(shared_.options.max_body_bytes);
    if (buffer_.size() > 0) return read_header();
    transport().expires_after(shared_.options.idle_timeout);
    stream_.async_read_some(buffer_.prepare(kReadBytes), [self = this->shared_from_this()](Error error, size_t bytes) {
      if (error) return self->close();
      self->buffer_.commit(bytes);
      self->read_header();
    });
  }

  void read_header() {
    transport().expires_after(shared_.options.read_timeout);
    http::async_read_header(stream_, buffer_, *parser_, [self = this->shared_from_this()](Error error, size_t) {
      if (error) return self->refuse(error);
      if (beast::iequals(self->parser_->get()[http::field::expect], "100-continue")) return self->send_continue();
      self->read_body();
    });
  }

  void send_continue() {
    continue_ = std::make_unique<http::response<http::empty_body>>(http::status::continue_, 11);
    http::async_write(stream_, *continue_, [self = this->shared_from_this()](Error error, size_t) {
      if (error) return self->close();
      self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = this->shared_from_this()](Error error, size_t) {
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
    request.over_tls = kIsTls;
    transport().expires_never();
    shared_.handler(request, [gate = shared_.gate, session = this->weak_from_this()](HttpResponse response) {
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
    transport().expires_after(shared_.options.write_timeout);
    http::async_write(stream_, response_, [self = this->shared_from_this()](Error error, size_t) {
      if (error || !self->keep_alive_) return self->close();
      self->wait_for_request();
    });
  }

  // Answers say how long they are, so a TLS connection ends with its socket, too.
  void close() {
    Error ignored;
    transport().socket().shutdown(tcp::socket::shutdown_send, ignored);
    transport().close();
    const std::lock_guard lock(shared_.mutex);
    shared_.sessions.erase(this->shared_from_this());
  }

  Shared& shared_;
  Stream stream_;
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

  // Keys and certificates are in memory already; nothing is read from a disk.
  Status prepare_tls() {
    if (!shared.options.tls.has_value()) return ok();
    const HttpServerTls& wanted = *shared.options.tls;
    tls.emplace(ssl::context::tls_server);
    Error error;
    const auto failed = [&](std::string_view what) { return invalid(cat(what, " of the server: ", error.message())); };
    tls->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                         ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
                     error);
    if (error) return failed("TLS versions");
    tls->use_certificate_chain(asio::buffer(wanted.certificate_pem), error);
    if (error) return failed("certificate");
    tls->use_private_key(asio::buffer(wanted.key_pem), ssl::context::pem, error);
    if (error) return failed("private key");
    if (wanted.client_authority_pem.empty()) return ok();
    tls->add_certificate_authority(asio::buffer(wanted.client_authority_pem), error);
    if (error) return failed("authority of the clients");
    tls->set_verify_mode(
        wanted.require_client_certificate ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert : ssl::verify_peer,
        error);
    return error ? failed("demand for client certificates") : ok();
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
    const bool loopback = is_loopback(peer.address());
    if (tls.has_value()) {
      keep(std::make_shared<Session<TlsStream>>(shared, loopback, std::move(socket), *tls));
    } else {
      keep(std::make_shared<Session<PlainStream>>(shared, loopback, std::move(socket)));
    }
  }

  template <typename AcceptedSession>
  void keep(const std::shared_ptr<AcceptedSession>& session) {
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
  std::optional<ssl::context> tls;  // of a server that speaks it
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
  if (Status status = core->prepare_tls(); !status.ok()) return status;
  if (Status status = core->listen(); !status.ok()) return status;
  core->accept();
  for (int i = 0; i < options.threads; ++i) core->threads.emplace_back([raw = core.get()] { raw->context.run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

}  // namespace weft::cp
