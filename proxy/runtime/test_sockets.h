// Sockets for tests: connected pairs on the loopback interface, listeners on a free port, and a loop that turns until
// something holds. Blocking descriptors stand for the outside world, non-blocking ones are given to a Connection.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/runtime/event_loop.h"

namespace weft::proxy::test {

// Closes its descriptor.
class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    return *this;
  }
  ~Socket() { close(); }

  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  // Closes with RST.
  void abort() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  // That the peer has gone meanwhile shows when it is read. One that takes nothing for 10 s ends the tests.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
      if (sent <= 0) {
        std::perror("a test's peer does not take what is sent");
        std::abort();
      }
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // At least one byte, at most `limit`; empty at the end of the stream; "!" and the errno on failure. Waits at most 10
  // s.
  std::string receive(size_t limit = 65536) {
    std::string bytes(limit, '\0');
    const ssize_t got = recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (got < 0) return "!" + std::to_string(errno);
    bytes.resize(static_cast<size_t>(got));
    return bytes;
  }
  // Exactly `size` bytes, or what came before the end.
  std::string receive_exactly(size_t size) {
    std::string bytes(size, '\0');
    size_t got = 0;
    while (got < size) {
      const ssize_t more = recv(descriptor_, bytes.data() + got, size - got, 0);
      if (more <= 0) break;
      got += static_cast<size_t>(more);
    }
    bytes.resize(got);
    return bytes;
  }

 private:
  int descriptor_;
};

inline Socket patient(int descriptor) {
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);  // connect() too
  return Socket(descriptor);
}

// A listening socket on 127.0.0.1 and a free port.
struct TestListener {
  Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};

  explicit TestListener(int backlog = 128) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(socket.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 || listen(socket.get(), backlog) != 0 ||
        getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      std::abort();
    }
    const timeval limit{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  const sockaddr* raw() const { return reinterpret_cast<const sockaddr*>(&address); }
  uint16_t port() const { return ntohs(address.sin_port); }
  Socket accept() { return patient(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
};

inline Socket dial(uint16_t port) {
  Socket socket = patient(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.close();
  return socket;
}

// A port that was free a moment ago.
inline uint16_t free_port() { return TestListener().port(); }

// Two ends of a TCP connection: `opened` non-blocking (for a Connection, the side that connected), `accepted` blocking.
struct TcpPair {
  Socket opened;
  Socket accepted;
  TcpPair() {
    TestListener listener;
    opened = dial(listener.port());
    accepted = listener.accept();
    timeval none{};
    setsockopt(opened.get(), SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    if (fcntl(opened.get(), F_SETFL, O_NONBLOCK) != 0) std::abort();
  }
};

// Turns the loop until `holds()`; false when it does not within 10 s.
template <typename Predicate>
bool turn_until(EventLoop& loop, Predicate holds) {
  const TimePoint limit = Clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (Clock::now() > limit) return false;
    loop.turn(std::chrono::milliseconds(100));
  }
  return true;
}

}  // namespace weft::proxy::test
