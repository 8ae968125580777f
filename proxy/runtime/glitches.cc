#include "proxy/runtime/glitches.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy {

Tolerance Glitches::weigh(TimePoint now, uint32_t points) {
  if (limit_ == 0) return Tolerance::kGoOn;
  // A tenth of the limit a second is `limit_` tenths of a point a second.
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - counted_).count();
  const uint64_t faded = static_cast<uint64_t>(std::clamp<int64_t>(passed, 0, 10'000)) * limit_ / 1000;
  if (faded > 0 || tenths_ == 0) {
    tenths_ -= static_cast<uint32_t>(std::min<uint64_t>(faded, tenths_));
    counted_ = now;
  }
  tenths_ = static_cast<uint32_t>(std::min<uint64_t>(tenths_ + uint64_t{10} * points, uint64_t{10} * limit_));
  if (tenths_ >= 10 * limit_) {
    tolerance_ = Tolerance::kCut;
  } else if (uint64_t{tenths_} * 4 >= uint64_t{30} * limit_) {
    tolerance_ = std::max(tolerance_, Tolerance::kEnd);
  }
  return tolerance_;
}

Tolerance Glitches::add(Worker& worker, const Connection& connection, Glitch kind, uint32_t points) {
  worker.counters.glitches[static_cast<size_t>(kind)].add(points);
  const Tolerance before = tolerance_;
  const Tolerance now = weigh(worker.loop.now(), points);
  if (now == before || now == Tolerance::kGoOn) return now;
  (now == Tolerance::kEnd ? worker.counters.glitch_ends : worker.counters.glitch_cuts).add();
  // A line a second at most: a flood must not become one of lines.
  if (worker.loop.now() < worker.quiet_about_glitches_until) return now;
  worker.quiet_about_glitches_until = worker.loop.now() + std::chrono::seconds(1);
  log_warning(now == Tolerance::kEnd ? "a connection is odd, and is to end" : "a connection is odd, and was cut",
              {{"peer", connection.peer_address()}, {"last", std::string(glitch_word(kind))}});
  return now;
}

}  // namespace weft::proxy
