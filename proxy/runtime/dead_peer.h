// Finds a peer that went without a word: its machine lost power, a firewall forgot the connection. Within 20 seconds,
// whether bytes wait for it or not. Not by TCP_USER_TIMEOUT, which since Linux 5.11 also ends a connection whose peer
// answers but has not read for so long: a service that thinks, a pager nobody scrolls. Any thread.
#pragma once

#include <chrono>

#include "proxy/runtime/timer_wheel.h"

namespace weft::proxy {

// Of a connection, or of a listening socket for all it accepts. While nothing is under way: after 10 s of silence the
// kernel asks three times, 3 s apart.
void probe_when_idle(int descriptor);

// Ends a TCP connection from this side, as if the peer had reset it: whoever waits for it is woken, and reads
// ECONNRESET.
void give_up(int descriptor);

// How what was written to one connection fares, asked from time to time.
class Delivery {
 public:
  static constexpr std::chrono::seconds kInterval{3};
  static constexpr std::chrono::seconds kLimit{12};

  enum class State : unsigned char { kDone, kUnderWay, kStuck };
  // kStuck: for kLimit the peer's kernel has acknowledged nothing, though there was something.
  State look(int descriptor, TimePoint now);

 private:
  TimePoint since_ = kNever;  // bytes have been under way; kNever: none are
};

}  // namespace weft::proxy
