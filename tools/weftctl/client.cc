#include "tools/weftctl/client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;
constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr uint64_t kMaxAnswerBytes = 256ull << 20;

struct Url {
  bool tls = false;
  std::string host;
  std::string port;
  std::string base_path;  // without a slash at its end
};

Result<Url> parse_url(std::string_view text) {
  Url url;
  const std::string_view all = text;
  url.tls = text.starts_with("https://");
  if (!url.tls && !text.starts_with("http://"))
    return invalid(cat("\"", all, "\": expected http://HOST:PORT or https://HOST:PORT"));
  text.remove_prefix(url.tls ? 8 : 7);
  const size_t slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (slash != text.npos) url.base_path = text.substr(slash);
  while (url.base_path.ends_with('/')) url.base_path.pop_back();
  const size_t colon = authority.rfind(':');
  const bool has_port = colon != authority.npos && authority.find(']', colon) == authority.npos;
  url.port = has_port ? std::string(authority.substr(colon + 1)) : url.tls ? "443" : "80";
  authority = authority.substr(0, has_port ? colon : authority.npos);
  if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  if (url.host.empty() || url.port.empty()) return invalid(cat("\"", all, "\": the host or the port is missing"));
  return url;
}

struct Failure {
  const char* step = "";
  boost::system::error_code error;
  Status configuration;  // what the user gave is wrong
  std::string distrust;  // why the server's certificate was not believed
};

}  // namespace

// A connection, optionally through TLS, kept from one request to the next. Used on the context's thread.
class Connection {
 public:
  Connection(Url url, ControlPlane plane) : url_(std::move(url)), plane_(std::move(plane)) {}

  const Url& url() const { return url_; }

  Status exchange(const Request& request, std::optional<Parser>& answer, Nanoseconds timeout) {
    const bool reused = is_open();
    Failure failure = attempt(request, answer, timeout);
    // The other side may close a connection that nothing was asked on for a while; every request may be sent again.
    if (failure.error && reused && failure.error != beast::error::timeout) {
      close();
      failure = attempt(request, answer, timeout);
    }
    if (failure.error || !failure.configuration.ok() || !answer->keep_alive()) close();
    if (!failure.configuration.ok()) return failure.configuration;
    if (!failure.error) return ok();
    const std::string what =
        failure.error == beast::error::timeout ? "no answer in time (--api-timeout)" : failure.error.message();
    return unavailable(cat(failure.step, ": ", what, failure.distrust));
  }

  // A handshake in which anybody is believed; nothing is asked.
  Result<Presented> look(Nanoseconds timeout) {
    boost::system::error_code error;
    tls_.set_default_verify_paths(error);
    if (Status prepared = prepare_tls(); !prepared.ok()) return prepared;
    tls_.set_verify_mode(asio::ssl::verify_peer);
    secure_.emplace(context_, tls_);
    if (timeout.count() > 0) secure_->next_layer().expires_after(timeout);
    looks_ = true;
    Failure failure;
    asio::co_spawn(context_, connect(secure_->next_layer(), failure), [](std::exception_ptr) {});
    context_.run();
    if (failure.error) return unavailable(cat(failure.step, ": ", failure.error.message()));
    Presented presented;
    presented.known = known_ && SSL_get_verify_result(secure_->native_handle()) == X509_V_OK;
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(secure_->native_handle());
    for (int i = 0; i < sk_X509_num(chain); ++i) presented.chain.push_back(pem_of(sk_X509_value(chain, i)));
    close();
    return presented;
  }

 private:
  static std::string pem_of(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    std::string text(bytes, static_cast<size_t>(size));
    BIO_free(bio);
    return text;
  }

  bool is_open() const { return plain_.has_value() || secure_.has_value(); }

  void close() {
    plain_.reset();
    secure_.reset();
  }

  Failure attempt(const Request& request, std::optional<Parser>& answer, Nanoseconds timeout) {
    Failure failure;
    answer.emplace();
    answer->body_limit(kMaxAnswerBytes);
    asio::co_spawn(context_, converse(request, *answer, timeout, failure), [](std::exception_ptr) {});
    context_.restart();
    context_.run();
    return failure;
  }

  Status prepare_tls() {
    boost::system::error_code error;
    if (!plane_.ca_cert_file.empty()) {
      tls_.load_verify_file(plane_.ca_cert_file, error);
    } else {
      tls_.set_default_verify_paths(error);
    }
    if (error) return invalid(cat("caCertFile ", plane_.ca_cert_file, ": ", error.message()));
    // What was pinned may be the server's own certificate.
    if (!plane_.ca_cert_file.empty())
      X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls_.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
    if (!plane_.client_cert_file.empty()) {
      tls_.use_certificate_chain_file(plane_.client_cert_file, error);
      if (!error) tls_.use_private_key_file(plane_.client_key_file, asio::ssl::context::pem, error);
      if (error) return invalid(cat("clientCertFile ", plane_.client_cert_file, ": ", error.message()));
    }
    tls_.set_verify_mode(plane_.skip_verify ? asio::ssl::verify_none : asio::ssl::verify_peer);
    return ok();
  }

  asio::awaitable<void> converse(const Request& request, Parser& answer, Nanoseconds timeout, Failure& failure) {
    const bool reused = is_open();
    if (!reused) {
      if (url_.tls && !(failure.configuration = prepare_tls()).ok()) co_return;
      url_.tls ? void(secure_.emplace(context_, tls_)) : void(plain_.emplace(context_));
    }
    beast::tcp_stream& socket = secure_ ? secure_->next_layer() : *plain_;
    if (timeout.count() > 0) {
      socket.expires_after(timeout);
    } else {
      socket.expires_never();
    }
    if (!reused) {
      co_await connect(socket, failure);
      if (failure.error) co_return;
    }
    if (secure_) {
      co_await send_and_receive(*secure_, request, answer, failure);
    } else {
      co_await send_and_receive(*plain_, request, answer, failure);
    }
  }

  asio::awaitable<void> connect(beast::tcp_stream& socket, Failure& failure) {
    failure.step = "look up the address";
    tcp::resolver resolver(context_);
    const auto [resolve_error, endpoints] = co_await resolver.async_resolve(url_.host, url_.port, kTuple);
    if ((failure.error = resolve_error)) co_return;
    failure.step = "connect";
    const auto [error, endpoint] = co_await socket.async_connect(endpoints, kTuple);
    if ((failure.error = error) || !secure_) co_return;
    const asio::ssl::host_name_verification names(url_.host);
    if (looks_) {
      secure_->set_verify_callback([this, names](bool good, asio::ssl::verify_context& context) {
        known_ = known_ && names(good, context);
        return true;
      });
    } else if (!plane_.skip_verify) {
      secure_->set_verify_callback(names);
    }
    SSL_set_tlsext_host_name(secure_->native_handle(), url_.host.c_str());
    failure.step = "TLS handshake";
    const auto [tls_error] = co_await secure_->async_handshake(asio::ssl::stream_base::client, kTuple);
    failure.error = tls_error;
    if (tls_error) failure.distrust = distrust(SSL_get_verify_result(secure_->native_handle()));
  }

  std::string distrust(long verdict) const {
    if (plane_.skip_verify) return {};
    if (verdict == X509_V_OK || verdict == X509_V_ERR_APPLICATION_VERIFICATION)
      return plane_.ca_cert_file.empty() ? "" : cat(" (it may be for other names than ", url_.host, ")");
    const std::string words = cat(" (", X509_verify_cert_error_string(verdict), ")");
    const bool other_authority =
        verdict == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || verdict == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
        verdict == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
        verdict == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE || verdict == X509_V_ERR_CERT_SIGNATURE_FAILURE;
    if (plane_.ca_cert_file.empty() || !other_authority) return words;
    return cat(
        words, ": it shows another authority than the one in ", plane_.ca_cert_file,
        ". Either the control plane was given a new one, or somebody else answers there. When you know that it is "
        "new, add the control plane again with --overwrite");
  }

  template <typename Stream>
  static asio::awaitable<void> send_and_receive(Stream& stream, const Request& request, Parser& answer,
                                                Failure& failure) {
    beast::flat_buffer buffer;
    failure.step = "send";
    const auto [write_error, written] = co_await http::async_write(stream, request, kTuple);
    if ((failure.error = write_error)) co_return;
    failure.step = "receive";
    const auto [read_error, received] = co_await http::async_read(stream, buffer, answer, kTuple);
    failure.error = read_error;
  }

  Url url_;
  ControlPlane plane_;
  bool looks_ = false;
  bool known_ = true;  // when it looks
  asio::io_context context_{1};
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  // One of them while there is a connection.
  std::optional<beast::tcp_stream> plain_;
  std::optional<beast::ssl_stream<beast::tcp_stream>> secure_;
};

namespace {

std::string host_header(const Url& url) {
  const bool six = url.host.find(':') != std::string::npos;
  return cat(six ? "[" : "", url.host, six ? "]:" : ":", url.port);
}

}  // namespace

Client::Client(ControlPlane plane, Nanoseconds timeout, std::string mesh)
    : plane_(std::move(plane)), timeout_(timeout), mesh_(std::move(mesh)) {}
Client::Client(Client&&) noexcept = default;
Client::~Client() = default;

Result<Answer> Client::request(std::string_view method, std::string_view target, std::string_view body) {
  if (connection_ == nullptr) {
    auto url = parse_url(plane_.url);
    if (!url.ok()) return annotate(url.status(), "address of the control plane");
    connection_ = std::make_unique<Connection>(*std::move(url), plane_);
  }
  const Url& url = connection_->url();
  Request request;
  request.version(11);
  request.method_string({method.data(), method.size()});
  request.target(cat(url.base_path, target));
  request.set(http::field::host, host_header(url));
  request.set(http::field::accept, "application/json");
  request.set(http::field::user_agent, "weftctl/" WEFT_VERSION);
  if (const std::string_view token = plane_.token(); !token.empty())
    request.set(http::field::authorization, cat("Bearer ", token));
  for (const auto& [key, value] : plane_.headers) request.set(key, value);
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();

  std::optional<Parser> parser;
  const Status status = connection_->exchange(request, parser, timeout_);
  if (!status.ok()) return annotate(status, cat("cannot talk to ", plane_.url));
  Answer answer{static_cast<int>(parser->get().result_int()), std::move(parser->get().body())};
  const auto revision = parser->get()["x-weft-revision"];
  parse_number(std::string_view(revision.data(), revision.size()), answer.revision);
  log_debug("request", {{"method", method}, {"target", target}, {"status", answer.status}});
  return answer;
}

Result<Presented> presented_chain(const ControlPlane& plane, Nanoseconds timeout) {
  auto url = parse_url(plane.url);
  if (!url.ok()) return annotate(url.status(), "address of the control plane");
  if (!url->tls) return invalid("it is spoken to without TLS");
  Connection connection(*std::move(url), plane);
  return connection.look(timeout);
}

Result<Client> make_client(const Globals& globals) {
  auto destination = active_destination(globals);
  if (!destination.ok()) return destination.status();
  return make_client(globals, *std::move(destination));
}

Result<Client> make_client(const Globals& globals, Destination destination) {
  Client client(std::move(destination.plane), globals.api_timeout, std::move(destination.mesh));
  const auto index = client.get("/");
  if (!index.ok()) return index.status();
  // Other products do not say this; with those there is nothing to compare.
  const auto body = parse_json(index->body);
  const std::string version = body.ok() ? text_at(*body, "weft") : "";
  client.set_speaks_weft(!version.empty());
  if (!version.empty() && version != WEFT_VERSION)
    warn(cat("this weftctl is version " WEFT_VERSION ", ", client.plane().url, " runs ", version));
  return client;
}

Result<std::string> fetch(std::string_view url, Nanoseconds timeout) {
  ControlPlane web;
  const size_t path = url.find('/', url.find("//") + 2);
  web.url = url.substr(0, path);
  const auto answer = Client(web, timeout).get(path == url.npos ? "/" : url.substr(path));
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return unavailable(cat(url, ": answered ", answer->status));
  return answer->body;
}

std::string url_part(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      append(out, '%', kDigits[byte >> 4], kDigits[byte & 15]);
    }
  }
  return out;
}

void Query::add(std::string_view key, std::string_view value) {
  append(text_, text_.empty() ? "?" : "&", key, "=", url_part(value));
}

}  // namespace weft::ctl
