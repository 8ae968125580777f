#include "tools/bench/load/backend.h"

#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "tools/bench/load/loopback.h"

namespace weft::bench {
namespace {

constexpr uint64_t kMaxAnswer = 64 * 1024 * 1024;

// The size asked for by "GET /4096 HTTP/1.1"; false when it asks for something else.
bool size_asked(std::string_view request, uint64_t& size) {
  if (!request.starts_with("GET /")) return false;
  request.remove_prefix(5);
  return parse_number(request.substr(0, request.find(' ')), size) && size <= kMaxAnswer;
}

}  // namespace

class Backend::Client final : public Watched {
 public:
  Client(Backend& backend, int descriptor) : backend_(backend), stream_(descriptor, backend.tls_) {}

  void on_events(uint32_t events) override {
    const bool alive = (events & EPOLLOUT) ? flush() && serve({}) : receive();
    if (!alive) backend_.end(*this);
  }

 private:
  bool receive() {
    do {
      char buffer[16 * 1024];
      const ssize_t count = stream_.read(buffer, sizeof buffer);
      if (count <= 0) return count < 0 && errno == EAGAIN;
      if (!serve({buffer, static_cast<size_t>(count)})) return false;
    } while (stream_.has_pending());
    return true;
  }

  // Answers every whole request of what came; keeps the rest. Stops while an answer is on its way out.
  bool serve(std::string_view bytes) {
    if (!unread_.empty()) {
      unread_.append(bytes);
      bytes = unread_;
    }
    while (pending_.empty()) {
      const size_t end = bytes.find("\r\n\r\n");
      if (end == std::string_view::npos) break;
      uint64_t size = 0;
      if (!size_asked(bytes, size)) return false;
      bytes.remove_prefix(end + 4);
      pending_ = backend_.bytes_for(size);
      ++backend_.answered_;
      if (!flush()) return false;
    }
    unread_ = std::string(bytes);
    return true;
  }

  bool flush() {
    bool full = false;
    while (!pending_.empty() && !full) {  // TLS takes a record at a time
      const ssize_t count = stream_.write(pending_);
      if (count < 0 && errno != EAGAIN) return false;
      full = count < 0;
      pending_.remove_prefix(full ? 0 : static_cast<size_t>(count));
    }
    const bool wait = !pending_.empty();
    if (wait != waiting_) backend_.poller_.change(stream_.descriptor(), wait ? EPOLLOUT : EPOLLIN, *this);
    waiting_ = wait;
    return true;
  }

  Backend& backend_;
  Stream stream_;
  bool waiting_ = false;
  std::string unread_;
  std::string_view pending_;
};

Backend::Backend(Poller& poller, Tls* tls) : poller_(poller), tls_(tls) {}

Backend::~Backend() {
  if (listener_ >= 0) close(listener_);
}

Result<uint16_t> Backend::listen(uint16_t port) {
  const auto bound = listen_on_loopback(port);
  if (!bound.ok()) return bound.status();
  listener_ = bound->first;
  poller_.add(listener_, EPOLLIN, *this);
  return bound->second;
}

void Backend::sweep() { ended_.clear(); }

void Backend::on_events(uint32_t) {
  const int descriptor = accept_from(listener_);
  if (descriptor < 0) return;
  auto client = std::make_unique<Client>(*this, descriptor);
  poller_.add(descriptor, EPOLLIN, *client);
  clients_.emplace(client.get(), std::move(client));
}

const std::string& Backend::bytes_for(uint64_t size) {
  std::string& bytes = answers_[size];
  if (bytes.empty()) {
    append(bytes, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ", size, "\r\n\r\n",
           std::string(size, 'w'));
  }
  return bytes;
}

void Backend::end(Client& client) {
  auto node = clients_.extract(&client);
  if (!node.empty()) ended_.push_back(std::move(node.mapped()));
}

}  // namespace weft::bench
