#include "proxy/runtime/load.h"

#include <algorithm>

#include "proxy/runtime/limits.h"

namespace weft::proxy {
namespace {

struct Step {
  Pressure level;
  unsigned percent;
};
constexpr Step kSteps[] = {
    {Pressure::kCut, kCutPercent}, {Pressure::kRefuse, kRefusePercent}, {Pressure::kShed, kShedPercent}};

int64_t percent_of(uint64_t limit, unsigned percent) { return static_cast<int64_t>(limit / 100 * percent); }

}  // namespace

std::string_view pressure_word(Pressure pressure) {
  switch (pressure) {
    case Pressure::kShed: return "shedding requests";
    case Pressure::kRefuse: return "refusing connections";
    case Pressure::kCut: return "cutting connections";
    case Pressure::kNone: break;
  }
  return "none";
}

Pressure ProcessLoad::level_at(int64_t claimed) const {
  if (claimed >= cut_at_.load(std::memory_order_relaxed)) return Pressure::kCut;
  if (claimed >= refuse_at_.load(std::memory_order_relaxed)) return Pressure::kRefuse;
  return claimed >= shed_at_.load(std::memory_order_relaxed) ? Pressure::kShed : Pressure::kNone;
}

// Cutting is for what was measured: an estimate alone costs nobody his connection.
void ProcessLoad::claim(int64_t bytes) {
  const int64_t claimed = claimed_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (bytes <= 0) return;
  const Pressure level = std::min(level_at(claimed), Pressure::kRefuse);
  if (level > pressure()) pressure_.store(level, std::memory_order_relaxed);
}

void ProcessLoad::measured(uint64_t used, uint64_t limit) {
  if (limit == 0) return;
  const int64_t claimed = claimed_.load(std::memory_order_relaxed);
  const auto at = [&](unsigned percent) { return claimed + percent_of(limit, percent) - static_cast<int64_t>(used); };
  shed_at_.store(at(kShedPercent), std::memory_order_relaxed);
  refuse_at_.store(at(kRefusePercent), std::memory_order_relaxed);
  cut_at_.store(at(kCutPercent), std::memory_order_relaxed);
  const Pressure before = pressure();
  Pressure level = Pressure::kNone;
  for (const Step& step : kSteps) {
    // Where it stands already it stays until there is some room.
    const unsigned percent = before >= step.level ? step.percent - kReliefPercent : step.percent;
    if (static_cast<int64_t>(used) >= percent_of(limit, percent)) level = std::max(level, step.level);
  }
  pressure_.store(level, std::memory_order_relaxed);
}

void ProcessLoad::connection_opened() {
  connections_.fetch_add(1, std::memory_order_relaxed);
  claim(kConnectionBytes);
}

void ProcessLoad::connection_closed() {
  connections_.fetch_sub(1, std::memory_order_relaxed);
  claim(-kConnectionBytes);
}

}  // namespace weft::proxy
