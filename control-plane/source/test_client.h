// A small HTTP client for tests: one connection, plain sockets, what was sent and received byte for byte.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/text.h"

namespace weft::cp {

struct TestAnswer {
  int status = 0;
  std::string head;
  std::string body;

  // The value of a header, by its lower-case name.
  std::string header(std::string_view name) const {
    for (const std::string_view line : split(head, '\n')) {
      const size_t colon = line.find(':');
      if (colon != std::string_view::npos && lower(line.substr(0, colon)) == name)
        return std::string(trim(line.substr(colon + 1)));
    }
    return {};
  }
};

class TestClient {
 public:
  explicit TestClient(uint16_t port) : port_(port) { connect(); }
  ~TestClient() { ::close(socket_); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // `headers`: lines with their line ends.
  TestAnswer send(std::string_view method, std::string_view target, std::string_view body = {},
                  std::string headers = {}) {
    if (!body.empty() && headers.find("Content-Type") == std::string::npos)
      headers += "Content-Type: application/json\r\n";
    if (headers.find("Host:") == std::string::npos) append(headers, "Host: localhost:", port_, "\r\n");
    const std::string length = method == "PUT" || method == "POST" ? cat("Content-Length: ", body.size(), "\r\n") : "";
    return raw(cat(method, " ", target, " HTTP/1.1\r\n", headers, length, "\r\n", body), method == "HEAD");
  }
  TestAnswer get(std::string_view target) { return send("GET", target); }
  TestAnswer put(std::string_view target, std::string_view body) { return send("PUT", target, body); }
  TestAnswer post(std::string_view target, std::string_view body) { return send("POST", target, body); }
  TestAnswer remove(std::string_view target) { return send("DELETE", target); }

  // Sends the bytes as they are; status 0 when the connection ended without an answer.
  TestAnswer raw(std::string_view bytes, bool no_body = false) {
    if (closed_) reconnect();
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) closed_ = true;
    return read_answer(no_body);
  }
  bool closed() const { return closed_; }
  int socket() const { return socket_; }

  TestAnswer read_answer(bool no_body = false) {
    TestAnswer answer;
    size_t end;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return answer;
    }
    answer.head = buffer_.substr(0, end + 2);
    buffer_.erase(0, end + 4);
    parse_number(std::string_view(answer.head).substr(9, 3), answer.status);
    if (answer.status == 100) return read_answer(no_body);
    size_t length = 0;
    if (!no_body) parse_number(std::string_view(answer.header("content-length")), length);
    while (buffer_.size() < length) {
      if (!read_more()) return answer;
    }
    answer.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    if (lower(answer.header("connection")) == "close") closed_ = true;
    return answer;
  }

 private:
  void connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    closed_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0;
  }
  void reconnect() {
    ::close(socket_);
    buffer_.clear();
    connect();
  }
  bool read_more() {
    char bytes[16384];
    const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
    if (got <= 0) {
      closed_ = true;
      return false;
    }
    buffer_.append(bytes, static_cast<size_t>(got));
    return true;
  }

  uint16_t port_;
  int socket_ = -1;
  bool closed_ = false;
  std::string buffer_;
};

}  // namespace weft::cp
