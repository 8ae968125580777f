#include "proxy/predecessor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/text.h"

namespace weft::proxy {

Result<std::unique_ptr<Predecessor>> Predecessor::find(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return invalid(cat(socket_path, ": too long for a unix socket"));
  socket_path.copy(address.sun_path, socket_path.size());
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno_status(socket_path, errno);
  auto link = std::make_unique<InheritanceLink>(descriptor);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::unique_ptr<Predecessor>();
    return errno_status(socket_path, errno);
  }
  std::unique_ptr<Predecessor> found(new Predecessor(std::move(link)));
  if (Status status = found->link_->check_peer(); !status.ok()) return annotate(status, socket_path);
  if (Status status = found->link_->send(kAsk); !status.ok()) return annotate(status, socket_path);
  Result<Inheritance> given = found->link_->receive_inheritance();
  if (!given.ok()) return annotate(given.status(), socket_path);
  found->inheritance_ = *std::move(given);
  return found;
}

Status Predecessor::take_place() {
  // A process that is gone holds nothing; one that is alive says so.
  if (!link_->send(kReady).ok()) return ok();
  const Result<InheritanceLink::Frame> answer = link_->receive();
  if (!answer.ok() || answer->text == kYours) return ok();
  return unavailable(answer->text);
}

}  // namespace weft::proxy
