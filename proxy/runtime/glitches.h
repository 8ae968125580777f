// Adds up what one connection's peer does that is legal and odd (proxy/telemetry/glitch.h): at three quarters of the
// limit the connection is to end in order, at the limit at once. Points go down with time, a tenth of the limit a
// second, so that a long life with a few oddities is no offence. Counts, and says in the log who it was. One per
// connection, whatever its protocol; worker's thread only.
#pragma once

#include <cstdint>

#include "proxy/runtime/timer_wheel.h"
#include "proxy/telemetry/glitch.h"

namespace weft::proxy {

struct Worker;
class Connection;

enum class Tolerance : uint8_t {
  kGoOn,
  kEnd,  // "Connection: close" with the next answer, GOAWAY
  kCut,  // now
};

class Glitches {
 public:
  // `limit`: points; 0: nothing is ever too much.
  explicit Glitches(uint32_t limit) : limit_(limit) {}

  // It did so once more (or `points` times). Each step is counted and logged once a connection.
  Tolerance add(Worker& worker, const Connection& connection, Glitch kind, uint32_t points = 1);
  // How it stands: kEnd and kCut stay, whatever time does.
  Tolerance tolerance() const { return tolerance_; }
  // The points alone, without a worker or a line: what add() decides by.
  Tolerance weigh(TimePoint now, uint32_t points);

 private:
  const uint32_t limit_;
  uint32_t tenths_ = 0;  // of a point
  Tolerance tolerance_ = Tolerance::kGoOn;
  TimePoint counted_{};
};

}  // namespace weft::proxy
