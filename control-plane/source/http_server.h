// A small HTTP/1.1 server: keep-alive, time limits, a body limit, plain or over TLS. It knows nothing of what it
// serves. Its threads call the handler, which may block or answer later; each connection has one request under way at a
// time. Destroying it closes every connection and joins the threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/status.h"
#include "control-plane/source/http_message.h"

namespace weft::cp {

// TLS 1.2 or later.
struct HttpServerTls {
  std::string certificate_pem;  // the chain, leaf first
  std::string key_pem;
  // Authorities of client certificates; empty: clients are not asked for one.
  std::string client_authority_pem;
  // A client without a certificate is sent away.
  bool require_client_certificate = false;
};

struct HttpServerOptions {
  std::string interface = "127.0.0.1";
  uint16_t port = 0;  // 0: any free port
  int threads = 1;
  std::chrono::seconds read_timeout{10};  // one request, from its first byte to its last
  std::chrono::seconds write_timeout{30};
  std::chrono::seconds idle_timeout{120};
  uint32_t max_header_bytes = 64 * 1024;
  uint64_t max_body_bytes = 8 * 1024 * 1024;
  size_t max_connections = 4096;  // beyond it a new one is closed at once
  std::optional<HttpServerTls> tls;
};

class HttpServer {
 public:
  using Handler = std::function<void(const HttpRequest& request, Respond respond)>;

  // Error: says which address could not be bound and why, or what is wrong with the certificate.
  static Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options, Handler handler);
  ~HttpServer();
  uint16_t port() const;

 private:
  struct Core;
  explicit HttpServer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace weft::cp
