#include "tools/bench/load/relay.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "tools/bench/load/loopback.h"

namespace weft::bench {

struct Relay::Pair {
  // One of the two connections. What it could not send yet waits here; until it is gone the other side is not read.
  struct Side final : Watched {
    Side(Pair& owner, int fd) : pair(owner), descriptor(fd) {}
    ~Side() override { close(descriptor); }
    void on_events(uint32_t events) override {
      const bool alive = (events & EPOLLOUT) ? flush() : receive();
      if (!alive) pair.ended = true;
    }
    Side& other() { return this == &pair.client ? pair.server : pair.client; }

    bool receive() {
      static char buffer[64 * 1024];
      const ssize_t count = recv(descriptor, buffer, sizeof buffer, 0);
      if (count <= 0) return count < 0 && errno == EAGAIN;
      return other().deliver({buffer, static_cast<size_t>(count)});
    }
    bool deliver(std::string_view bytes) {
      const ssize_t count = send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN) return false;
      bytes.remove_prefix(count > 0 ? static_cast<size_t>(count) : 0);
      if (bytes.empty()) return true;
      waiting = bytes;
      pair.poller.change(descriptor, EPOLLOUT, *this);
      pair.poller.change(other().descriptor, 0, other());
      return true;
    }
    bool flush() {
      const ssize_t count = send(descriptor, waiting.data(), waiting.size(), MSG_NOSIGNAL);
      if (count < 0) return errno == EAGAIN;
      waiting.erase(0, static_cast<size_t>(count));
      if (!waiting.empty()) return true;
      pair.poller.change(descriptor, EPOLLIN, *this);
      pair.poller.change(other().descriptor, EPOLLIN, other());
      return true;
    }

    Pair& pair;
    int descriptor;
    std::string waiting;
  };

  Pair(Poller& p, int from, int to) : poller(p), client(*this, from), server(*this, to) {
    poller.add(from, EPOLLIN, client);
    poller.add(to, EPOLLIN, server);
  }

  Poller& poller;
  bool ended = false;
  Side client, server;
};

Relay::Relay(Poller& poller, uint16_t target_port) : poller_(poller), target_port_(target_port) {}

Relay::~Relay() {
  if (listener_ >= 0) close(listener_);
}

Result<uint16_t> Relay::listen() {
  const auto bound = listen_on_loopback(0);
  if (!bound.ok()) return bound.status();
  listener_ = bound->first;
  poller_.add(listener_, EPOLLIN, *this);
  return bound->second;
}

void Relay::on_events(uint32_t) {
  const int from = accept_from(listener_);
  const int to = from < 0 ? -1 : connect_to_loopback(target_port_);
  if (to >= 0) {
    pairs_.push_back(std::make_unique<Pair>(poller_, from, to));
  } else if (from >= 0) {
    close(from);
  }
}

void Relay::sweep() {
  std::erase_if(pairs_, [](const auto& pair) { return pair->ended; });
}

}  // namespace weft::bench
