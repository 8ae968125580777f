#include "proxy/runtime/dead_peer.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace weft::proxy {
namespace {

constexpr int kIdleSeconds = 10;
constexpr int kProbeSeconds = 3;
constexpr int kProbes = 3;

void set(int descriptor, int level, int option, int value) {
  setsockopt(descriptor, level, option, &value, sizeof value);
}

}  // namespace

void probe_when_idle(int descriptor) {
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, kIdleSeconds);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, kProbeSeconds);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kProbes);
}

void give_up(int descriptor) {
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  connect(descriptor, &nobody, sizeof nobody);
}

Delivery::State Delivery::look(int descriptor, TimePoint now) {
  tcp_info tcp{};
  socklen_t length = sizeof tcp;
  const bool known = getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &tcp, &length) == 0 &&
                     length >= offsetof(tcp_info, tcpi_notsent_bytes) + sizeof tcp.tcpi_notsent_bytes;
  if (!known || (tcp.tcpi_unacked == 0 && tcp.tcpi_notsent_bytes == 0)) {
    since_ = kNever;
    return State::kDone;
  }
  // A peer whose window is closed still answers the kernel's probes, which become rare: one that is not answered yet
  // says nothing.
  const bool unanswered = tcp.tcpi_unacked > 0 || tcp.tcpi_probes > 1;
  const TimePoint last_answer = now - std::chrono::milliseconds(tcp.tcpi_last_ack_recv);
  if (since_ == kNever || !unanswered || last_answer > since_) since_ = now;
  return now - since_ >= kLimit ? State::kStuck : State::kUnderWay;
}

}  // namespace weft::proxy
