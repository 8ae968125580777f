// For tests of the request path: a data plane with one HTTP listener, a scripted service behind it that a test plays by
// hand, and a client that a test plays by hand too. All over loopback sockets.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "proxy/test_data_plane.h"

namespace weft::proxy::test {

// One end of a connection that speaks HTTP/1.1 as the test says.
class Peer {
 public:
  explicit Peer(Socket socket) : socket_(std::move(socket)) {}

  void send(std::string_view bytes) { socket_.send(bytes); }
  // Through the next blank line; what came before the end when the connection ends first.
  std::string head() { return until("\r\n\r\n"); }
  std::string until(std::string_view mark) {
    for (;;) {
      if (const size_t at = pending_.find(mark); at != std::string::npos) return cut(at + mark.size());
      if (!more()) return cut(pending_.size());
    }
  }
  std::string exactly(size_t size) {
    while (pending_.size() < size && more()) {
    }
    return cut(std::min(size, pending_.size()));
  }
  // A head and as many body bytes as its content-length says.
  std::string message() {
    std::string message = head();
    const size_t at = lower(message).find("content-length: ");
    if (at != std::string::npos) message += exactly(std::stoul(message.substr(at + 16)));
    return message;
  }
  // Everything until the other side closes.
  std::string rest() {
    while (more()) {
    }
    return cut(pending_.size());
  }
  // The other side has closed, and nothing came before.
  bool closed() { return rest().empty() && (ended_ == "" || ended_ == "!104"); }
  bool reset() {
    rest();
    return ended_ == "!104";  // ECONNRESET
  }
  Socket& socket() { return socket_; }

 private:
  bool more() {
    std::string bytes = socket_.receive();
    if (bytes.empty() || bytes[0] == '!') {
      ended_ = bytes;
      return false;
    }
    pending_ += bytes;
    return true;
  }
  std::string cut(size_t size) {
    std::string front = pending_.substr(0, size);
    pending_.erase(0, size);
    return front;
  }
  Socket socket_;
  std::string pending_;
  std::string ended_ = "open";
};

struct HttpTest : DataPlaneTest {
  TestListener service;
  uint16_t port = free_port();
  std::shared_ptr<Destination> destination = http_destination({service.port()});

  static std::shared_ptr<Destination> http_destination(const std::vector<uint16_t>& ports) {
    std::shared_ptr<Destination> made = tcp_destination(ports);
    made->name = "http";
    made->protocol = Protocol::kHttp1;
    return made;
  }
  Plan& plan() { return destination->routes[0].plan; }
  // Serves `destination` as it is now.
  void serve_http() {
    if (data_plane == nullptr) start(1);
    serve(snapshot_of({listener_on(port, destination)}));
  }
  Peer client() { return Peer(dial(port)); }
  Peer accept() { return Peer(service.accept()); }

  // Of exchanges that are over: an answer is with its client a moment before it is counted.
  uint64_t failures(Reason reason) {
    becomes_true([&] { return data_plane->active_exchanges() == 0; });
    return sum(
        [&](const DestinationCounters& counters) { return counters.failures[static_cast<size_t>(reason)].value(); });
  }
  uint64_t retries() {
    return sum([](const DestinationCounters& counters) { return counters.retries.value(); });
  }

  // What `request` is answered with, by a proxy that never gets to call the service.
  std::string refusal_of(std::string_view request) {
    Peer peer = client();
    peer.send(request);
    return peer.rest();
  }
};

inline unsigned status_of(std::string_view answer) {
  unsigned status = 0;
  if (answer.size() > 12) parse_number(answer.substr(9, 3), status);
  return status;
}

inline bool has_line(std::string_view message, std::string_view line) {
  return message.find(cat("\r\n", line, "\r\n")) != std::string_view::npos;
}

}  // namespace weft::proxy::test
