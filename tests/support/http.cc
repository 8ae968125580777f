#include "tests/support/http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/random.h"
#include "base/text.h"

namespace weft::test {
namespace {

sockaddr_in socket_address(const std::string& address, uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

}  // namespace

Connection::Connection(uint16_t port, const std::string& address) : host_(cat(address, ":", port)) {
  descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{20, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr_in peer = socket_address(address, port);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0) {
    close(descriptor_);
    descriptor_ = -1;
  }
}

Connection::~Connection() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Connection::read_more() {
  char piece[65536];
  const ssize_t got = recv(descriptor_, piece, sizeof piece, 0);
  if (got <= 0) return false;
  buffer_.append(piece, static_cast<size_t>(got));
  return true;
}

std::optional<HttpAnswer> Connection::receive() {
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return std::nullopt;
  }
  const std::string head = buffer_.substr(0, end);
  buffer_.erase(0, end + 4);
  HttpAnswer answer;
  size_t number = 0;
  for (std::string_view line : split(head, '\n')) {
    line = trim(line);
    if (number++ == 0) {
      parse_number(line.substr(std::min<size_t>(9, line.size()), 3), answer.status);
    } else {
      const size_t colon = line.find(':');
      answer.headers[lower(line.substr(0, colon))] = trim(line.substr(std::min(colon, line.size() - 1) + 1));
    }
  }
  if (answer.header("transfer-encoding") == "chunked") {
    for (;;) {
      size_t line_end = 0;
      while ((line_end = buffer_.find("\r\n")) == std::string::npos) {
        if (!read_more()) return std::nullopt;
      }
      const size_t size = std::stoul(buffer_.substr(0, line_end), nullptr, 16);
      while (buffer_.size() < line_end + 2 + size + 2) {
        if (!read_more()) return std::nullopt;
      }
      answer.body += buffer_.substr(line_end + 2, size);
      buffer_.erase(0, line_end + 2 + size + 2);
      if (size == 0) return answer;
    }
  }
  size_t length = 0;
  if (!parse_number(answer.header("content-length"), length)) return answer;
  while (buffer_.size() < length) {
    if (!read_more()) return std::nullopt;
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

std::optional<HttpAnswer> Connection::request(std::string_view method, std::string_view target, std::string_view body) {
  std::string text = cat(method, " ", target, " HTTP/1.1\r\nHost: ", host_, "\r\n");
  if (!body.empty() || method == "PUT" || method == "POST") {
    append(text, "Content-Type: application/json\r\nContent-Length: ", body.size(), "\r\n");
  }
  append(text, "\r\n", body);
  if (!connected() || !send(text)) return std::nullopt;
  return receive();
}

std::optional<HttpAnswer> http(uint16_t port, std::string_view method, std::string_view target, std::string_view body) {
  return Connection(port).request(method, target, body);
}

uint16_t free_port(const std::string& address) {
  static Random random;
  for (;;) {
    const auto port = static_cast<uint16_t>(20000 + random.below(10000));
    const sockaddr_in wanted = socket_address(address, port);
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool is_free = bind(descriptor, reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted) == 0;
    close(descriptor);
    if (is_free) return port;
  }
}

}  // namespace weft::test
