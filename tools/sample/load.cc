#include "tools/sample/load.h"

#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>

#include "base/text.h"
#include "tools/sample/tally.h"

namespace weft::sample {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kReconnectPause = std::chrono::milliseconds(20);

struct Url {
  std::string host;
  std::string port;
  std::string path;
};

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return invalid(cat("--url: \"", text, "\" does not start with http://"));
  text.remove_prefix(kScheme.size());
  const size_t slash = text.find('/');
  const std::string_view authority = text.substr(0, slash);
  const size_t colon = authority.rfind(':');
  Url url{std::string(authority.substr(0, colon)), "80", slash == text.npos ? "/" : std::string(text.substr(slash))};
  if (colon != authority.npos) url.port = authority.substr(colon + 1);
  if (url.host.empty()) return invalid("--url: the host is missing");
  return url;
}

// Whether the peer has ended a connection that lies idle, as any client looks before it uses one again.
bool ended_by_peer(tcp::socket& socket) {
  char byte;
  return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

class Load {
 public:
  Load(const LoadOptions& options, Url url) : options_(options), url_(std::move(url)) {}

  Status run() {
    boost::system::error_code error;
    tcp::resolver resolver(context_);
    endpoints_ = resolver.resolve(url_.host, url_.port, error);
    if (error) return invalid(cat("--url: ", url_.host, ": ", error.message()));
    asio::signal_set signals(context_, SIGTERM, SIGINT);
    signals.async_wait([this](auto failed, auto) { ending_ = ending_ || !failed; });
    start_ = Clock::now();
    running_ = options_.concurrency;
    for (int i = 0; i < options_.concurrency; ++i) {
      asio::co_spawn(context_, connection(i), [this, &signals](std::exception_ptr) {
        if (--running_ == 0) signals.cancel();
      });
    }
    context_.run();
    const Nanoseconds elapsed = Clock::now() - start_;
    const std::string report = options_.json ? tally_.json(elapsed) : tally_.text(elapsed);
    std::fwrite(report.data(), 1, report.size(), stdout);
    return ok();
  }

 private:
  bool over() const {
    if (ending_) return true;
    if (options_.requests > 0 && tally_.sent_count() >= static_cast<uint64_t>(options_.requests)) return true;
    return options_.duration.count() > 0 && Clock::now() - start_ >= options_.duration;
  }

  asio::awaitable<void> connection(int number) {
    tcp::socket socket(context_);
    boost::beast::flat_buffer buffer;
    asio::steady_timer timer(context_);
    for (uint64_t turn = 0; !over(); ++turn) {
      if (options_.rate > 0) {
        // Connection i sends its n-th request at (n * concurrency + i) / rate.
        timer.expires_at(start_ +
                         std::chrono::nanoseconds(std::chrono::seconds(1)) *
                             (turn * static_cast<uint64_t>(options_.concurrency) + static_cast<uint64_t>(number)) /
                             options_.rate);
        co_await timer.async_wait(kTuple);
        if (over()) break;
      }
      if (socket.is_open() && ended_by_peer(socket)) socket.close();
      if (!socket.is_open()) {
        const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints_, kTuple);
        if (error) {
          tally_.not_connected(error.message());
          socket.close();
          timer.expires_after(kReconnectPause);
          co_await timer.async_wait(kTuple);
          continue;
        }
        socket.set_option(tcp::no_delay(true));
        buffer.clear();
      }
      const bool kept = co_await exchange(socket, buffer);
      if (!kept) socket.close();
    }
  }

  // One request; false when the connection cannot be used again.
  asio::awaitable<bool> exchange(tcp::socket& socket, boost::beast::flat_buffer& buffer) {
    http::request<http::empty_body> request(http::verb::get, url_.path, 11);
    request.set(http::field::host, cat(url_.host, ":", url_.port));
    const auto begin = Clock::now();
    tally_.sent();
    const auto [write_error, written] = co_await http::async_write(socket, request, kTuple);
    if (write_error) {
      tally_.reset(write_error.message());
      co_return false;
    }
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    const auto [read_error, received] = co_await http::async_read(socket, buffer, parser, kTuple);
    if (read_error) {
      tally_.reset(read_error.message());
      co_return false;
    }
    const auto field = parser.get()["x-weft-reason"];
    std::string_view word(field.data(), field.size());
    word = word.substr(0, word.find(';'));
    tally_.answered(static_cast<int>(parser.get().result_int()), word, Clock::now() - begin);
    co_return parser.get().keep_alive();
  }

  LoadOptions options_;
  Url url_;
  asio::io_context context_{1};
  tcp::resolver::results_type endpoints_;
  Clock::time_point start_;
  Tally tally_;
  int running_ = 0;
  bool ending_ = false;
};

}  // namespace

Status load(const LoadOptions& options) {
  auto url = parse_url(options.url);
  if (!url.ok()) return url.status();
  if (options.concurrency < 1) return invalid("--concurrency: must be greater than 0");
  return Load(options, *std::move(url)).run();
}

}  // namespace weft::sample
