#include "proxy/runtime/late_flush.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

namespace weft::proxy {

void LateFlush::start(EventLoop& loop, int descriptor, std::string bytes) {
  loop.adopt(std::unique_ptr<Watcher>(new LateFlush(loop, descriptor, std::move(bytes))));
}

LateFlush::LateFlush(EventLoop& loop, int descriptor, std::string bytes)
    : loop_(loop), descriptor_(descriptor), bytes_(std::move(bytes)) {
  loop_.add(descriptor_, this);  // an edge comes as soon as it can be written
  loop_.arm(*this, loop_.now() + kLimit);
}

LateFlush::~LateFlush() {
  loop_.remove(descriptor_, this);
  close(descriptor_);
}

void LateFlush::on_events(uint32_t) {
  while (sent_ < bytes_.size()) {
    const ssize_t result = send(descriptor_, bytes_.data() + sent_, bytes_.size() - sent_, MSG_NOSIGNAL);
    if (result < 0 && errno == EINTR) continue;
    if (result < 0 && errno == EAGAIN) return;
    if (result < 0) break;
    sent_ += static_cast<size_t>(result);
  }
  loop_.abandon(this);
}

}  // namespace weft::proxy
