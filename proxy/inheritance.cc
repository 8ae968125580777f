#include "proxy/inheritance.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr size_t kFrameSize = 256;
// The kernel takes 253 at a time.
constexpr size_t kMaxDescriptors = 128;
constexpr timeval kLimit{.tv_sec = 5, .tv_usec = 0};
constexpr std::string_view kListener = "listener ";
constexpr std::string_view kReadiness = "readiness";
constexpr std::string_view kEnd = "end";
constexpr std::string_view kRefused = "no: ";

using Control = std::array<char, CMSG_SPACE(sizeof(int) * kMaxDescriptors)>;

}  // namespace

size_t Inheritance::most_sockets() const {
  size_t most = 0;
  for (const auto& [address, sockets] : listeners) most = std::max(most, sockets.size());
  return most;
}

InheritanceLink::InheritanceLink(int descriptor) : descriptor_(descriptor) {
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &kLimit, sizeof kLimit);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &kLimit, sizeof kLimit);
}

InheritanceLink::~InheritanceLink() { close(descriptor_); }

Status InheritanceLink::check_peer() const {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(descriptor_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return errno_status("who is it", errno);
  return peer.uid == geteuid() ? ok() : denied("a process of another user");
}

Status InheritanceLink::send(std::string_view text, const std::vector<int>& descriptors) const {
  if (text.size() > kFrameSize || descriptors.size() > kMaxDescriptors) return internal("too much for a frame");
  std::array<char, kFrameSize> bytes{};
  text.copy(bytes.data(), text.size());
  iovec piece{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  alignas(cmsghdr) Control control{};
  if (!descriptors.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
    std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof(int) * descriptors.size());
  }
  // A stream takes so little whole or, when nobody reads, not at all.
  const ssize_t sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  if (sent < 0) return errno_status("send", errno);
  return sent == static_cast<ssize_t>(kFrameSize) ? ok() : unavailable("send: the other end does not read");
}

Result<InheritanceLink::Frame> InheritanceLink::receive() const {
  std::array<char, kFrameSize> bytes{};
  Frame frame;
  size_t received = 0;
  while (received < kFrameSize) {
    iovec piece{bytes.data() + received, kFrameSize - received};
    msghdr message{};
    alignas(cmsghdr) Control control{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t got = recvmsg(descriptor_, &message, MSG_CMSG_CLOEXEC);
    if (got < 0) return errno_status("receive", errno);
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
        frame.descriptors.emplace_back(descriptor);
      }
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) return unavailable("receive: no descriptors are left");
    if (got == 0) return unavailable("the other process is gone");
    received += static_cast<size_t>(got);
  }
  frame.text.assign(bytes.data(), strnlen(bytes.data(), bytes.size()));
  return frame;
}

Status InheritanceLink::send(const Inheritance& inheritance) const {
  const auto send_all = [this](std::string_view text, const std::vector<ListeningSocket>& sockets) {
    for (size_t at = 0; at < sockets.size(); at += kMaxDescriptors) {
      std::vector<int> some;
      const size_t end = std::min(sockets.size(), at + kMaxDescriptors);
      for (size_t i = at; i < end; ++i) some.push_back(sockets[i].descriptor());
      if (Status status = send(text, some); !status.ok()) return status;
    }
    return ok();
  };
  for (const auto& [address, sockets] : inheritance.listeners) {
    if (Status status = send_all(cat(kListener, address), sockets); !status.ok()) return status;
  }
  if (Status status = send_all(kReadiness, inheritance.readiness); !status.ok()) return status;
  return send(kEnd);
}

Result<Inheritance> InheritanceLink::receive_inheritance() const {
  Inheritance inheritance;
  for (;;) {
    Result<Frame> frame = receive();
    if (!frame.ok()) return frame.status();
    std::vector<ListeningSocket>* sockets = nullptr;
    if (frame->text == kEnd) return inheritance;
    if (frame->text == kReadiness) sockets = &inheritance.readiness;
    if (frame->text.starts_with(kListener)) sockets = &inheritance.listeners[frame->text.substr(kListener.size())];
    if (frame->text.starts_with(kRefused)) return unavailable(frame->text.substr(kRefused.size()));
    if (sockets == nullptr) return unavailable("the other process speaks another language");
    for (ListeningSocket& socket : frame->descriptors) sockets->push_back(std::move(socket));
  }
}

}  // namespace weft::proxy
