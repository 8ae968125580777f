#include "proxy/memory_watch.h"

#include <utility>

#include "base/duration.h"
#include "base/log.h"

namespace weft::proxy {
namespace {

constexpr auto kCalm = std::chrono::seconds(1);
constexpr auto kTight = std::chrono::milliseconds(50);
// Percent of the limit.
constexpr uint64_t kTightFrom = 60;

bool fuller(uint64_t used, uint64_t limit, uint64_t than_used, uint64_t than_limit) {
  return static_cast<double>(used) * static_cast<double>(than_limit) >
         static_cast<double>(than_used) * static_cast<double>(limit);
}

}  // namespace

MemoryWatch::MemoryWatch(ControlThread& thread, ProcessLoad& load, uint64_t limit, std::function<MemoryUsage()> read,
                         absl::AnyInvocable<void()> relieve)
    : thread_(thread), load_(load), own_limit_(limit), read_(std::move(read)), relieve_(std::move(relieve)) {}

void MemoryWatch::start() {
  look();
  if (limit_ > 0 && used_ >= limit_ / 100 * kTightFrom) {
    log_warning("the memory limit is hardly more than this proxy needs without traffic",
                {{"used", used_}, {"limit", limit_}});
  }
}

void MemoryWatch::look() {
  const MemoryUsage usage = read_();
  anonymous_ = usage.anonymous;
  used_ = usage.anonymous;
  limit_ = own_limit_;
  if (usage.group && (limit_ == 0 || fuller(usage.group->used, usage.group->limit, used_, limit_))) {
    used_ = usage.group->used;
    limit_ = usage.group->limit;
  }
  load_.measured(used_, limit_);
  report(std::exchange(reported_, load_.pressure()));
  if (reported_ != Pressure::kNone) relieve_();
  const bool tight = limit_ > 0 && used_ >= limit_ / 100 * kTightFrom;
  timer_ = thread_.after(tight ? Nanoseconds(kTight) : Nanoseconds(kCalm), [this] { look(); });
}

void MemoryWatch::report(Pressure before) {
  if (before == reported_) return;
  if (reported_ == Pressure::kNone) {
    log_info("memory is no longer short", {{"used", used_}, {"limit", limit_}});
  } else {
    log_warning("memory is short", {{"used", used_}, {"limit", limit_}, {"step", pressure_word(reported_)}});
  }
}

}  // namespace weft::proxy
