// A blocking HTTP/1.1 client for tests: plain sockets, so that nothing of what a server does is hidden. One request a
// connection, unless a Connection is kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weft::test {

struct HttpAnswer {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

class Connection {
 public:
  explicit Connection(uint16_t port, const std::string& address = "127.0.0.1");
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool connected() const { return descriptor_ >= 0; }
  bool send(std::string_view bytes);
  // The next complete answer; nothing when the connection ended or 20 s passed before it was complete.
  std::optional<HttpAnswer> receive();
  std::optional<HttpAnswer> request(std::string_view method, std::string_view target, std::string_view body = "");

 private:
  bool read_more();

  int descriptor_ = -1;
  std::string host_;
  std::string buffer_;
};

std::optional<HttpAnswer> http(uint16_t port, std::string_view method, std::string_view target,
                               std::string_view body = "");
inline std::optional<HttpAnswer> http_get(uint16_t port, std::string_view target) { return http(port, "GET", target); }

// A port nobody uses, outside the range from which the kernel serves connections.
uint16_t free_port(const std::string& address = "127.0.0.1");

}  // namespace weft::test
