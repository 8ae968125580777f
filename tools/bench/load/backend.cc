#include "tools/bench/load/backend.h"

#include <unistd.h>

#include <cerrno>

#include "tools/bench/load/line.h"
#include "tools/bench/load/loopback.h"

namespace weft::bench {

class Backend::Client final : public Watched {
 public:
  Client(Backend& backend, int descriptor)
      : backend_(backend), line_(backend.poller_, *this, descriptor, backend.tls_, Stream::Role::kServer) {}

  void on_events(uint32_t events) override {
    const bool alive = (!(events & EPOLLOUT) || line_.flush()) && (!(events & ~EPOLLOUT) || receive()) && answer();
    if (!alive) backend_.end(*this);
  }

 private:
  bool receive() {
    do {
      static char buffer[64 * 1024];
      const ssize_t count = line_.stream().read(buffer, sizeof buffer);
      if (count <= 0) return count < 0 && errno == EAGAIN;
      const std::string_view bytes(buffer, static_cast<size_t>(count));
      if (!service_)
        service_ =
            bytes.starts_with("PRI") ? make_http2_service(backend_.answers_) : make_http1_service(backend_.answers_);
      if (!service_->take(bytes)) return false;
    } while (line_.stream().has_pending());
    return true;
  }

  bool answer() {
    while (service_ && !line_.sending()) {
      const std::string_view bytes = service_->output();
      if (bytes.empty()) break;
      if (!line_.send(bytes)) return false;
    }
    return true;
  }

  Backend& backend_;
  Line line_;
  std::unique_ptr<Service> service_;  // null: nothing has come
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

void Backend::end(Client& client) {
  auto node = clients_.extract(&client);
  if (!node.empty()) ended_.push_back(std::move(node.mapped()));
}

}  // namespace weft::bench
