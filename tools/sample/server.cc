#include "tools/sample/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>

#include "base/file.h"
#include "base/text.h"
#include "tools/sample/behaviour.h"

namespace weft::sample {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

class Server {
 public:
  explicit Server(const ServerOptions& options) : options_(options), acceptor_(context_) {}

  Status listen() {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(options_.address, error);
    if (error) return invalid(cat("--address: \"", options_.address, "\" is not an IP address"));
    const tcp::endpoint endpoint(address, static_cast<uint16_t>(options_.port));
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return unavailable(cat("listen on ", options_.address, ":", options_.port, ": ", error.message()));
    return write_port_file(acceptor_.local_endpoint(error).port());
  }

  void run() {
    asio::signal_set signals(context_, SIGTERM, SIGINT);
    signals.async_wait([this](auto, auto) { context_.stop(); });
    asio::co_spawn(context_, accept(), asio::detached);
    context_.run();
  }

 private:
  Status write_port_file(uint16_t port) {
    std::printf("%s listens on http://%s:%u\n", options_.name.c_str(), options_.address.c_str(), port);
    std::fflush(stdout);
    return options_.port_file.empty() ? ok() : write_file(options_.port_file, cat(port, "\n"));
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor_.async_accept(kTuple);
      if (!error) asio::co_spawn(context_, session(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> session(tcp::socket socket) {
    boost::beast::flat_buffer buffer;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    for (;;) {
      Request request;
      const auto [read_error, received] = co_await http::async_read(socket, buffer, request, kTuple);
      if (read_error) co_return;
      Response response;
      response.version(request.version());
      response.keep_alive(request.keep_alive());
      const bool answered = co_await answer(request, response);
      if (!answered) co_return;
      response.prepare_payload();
      const auto [write_error, sent] = co_await http::async_write(socket, response, kTuple);
      if (write_error || !response.keep_alive()) co_return;
    }
  }

  // False: the connection is to be closed without an answer.
  asio::awaitable<bool> answer(const Request& request, Response& response) {
    const std::string_view target(request.target().data(), request.target().size());
    const size_t question = target.find('?');
    const std::string_view path = target.substr(0, question);
    response.set(http::field::content_type, "application/json");
    response.set(http::field::server, options_.name);
    if (path == "/behave") {
      const Status status = behaviour_.set(question == target.npos ? "" : target.substr(question + 1));
      if (!status.ok()) response.result(400);
      response.body() = status.ok() ? behaviour_.json() : reason(status) + "\n";
      co_return true;
    }
    if (path == "/stats") {
      response.body() = cat("{\"name\":\"", options_.name, "\",\"requests\":", behaviour_.requests(),
                            ",\"failed\":", behaviour_.failed(), "}\n");
      co_return true;
    }
    const auto order = behaviour_.next(target);
    if (!order.ok()) {
      response.result(400);
      response.body() = reason(order.status()) + "\n";
      co_return true;
    }
    if (order->delay.count() > 0) {
      asio::steady_timer timer(context_, order->delay);
      co_await timer.async_wait(kTuple);
    }
    if (order->close) co_return false;
    response.result(static_cast<unsigned>(order->status));
    response.body() = order->bytes > 0 ? std::string(order->bytes, 'w')
                                       : cat("{\"name\":\"", options_.name, "\",\"path\":\"", path,
                                             "\",\"request\":", behaviour_.requests(), "}\n");
    co_return true;
  }

  ServerOptions options_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  Behaviour behaviour_;
};

}  // namespace

Status serve(const ServerOptions& options) {
  Server server(options);
  if (Status status = server.listen(); !status.ok()) return status;
  server.run();
  return ok();
}

}  // namespace weft::sample
