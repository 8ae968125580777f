#include "tools/bench/load/load.h"

#include <algorithm>

#include "base/text.h"

namespace weft::bench {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr auto kGrace = seconds(10);  // for the requests under way when a load ends

TimePoint after(TimePoint start, double length) {
  return start + duration_cast<Clock::duration>(duration<double>(length));
}

LoadOptions complete(LoadOptions options) {
  if (options.hold) options.requests = options.connections;
  return options;
}

}  // namespace

Load::Load(Poller& p, LoadOptions wanted, void (*measuring)(), Tls* t)
    : Calls(p, complete(std::move(wanted)), t), measuring_(measuring), started_(Clock::now()) {
  if (options.warmup_seconds == 0) begin_measuring();
  for (uint32_t i = 0; i < options.connections; ++i) {
    callers_.push_back(make_caller(*this));
    for (uint32_t k = 0; k < options.streams; ++k) places_.push_back({.caller = callers_.back().get(), .number = k});
  }
  if (options.rate > 0) {
    for (Place& place : places_) idle_.push_back(&place);
    return;
  }
  opened_ = options.hold ? std::min<uint64_t>(options.opening, places_.size()) : places_.size();
  for (uint64_t i = 0; i < opened_; ++i) next(places_[i]);
}

Load::~Load() = default;

bool Load::tick() {
  const TimePoint now = Clock::now();
  if (phase_ == Phase::kWarming && now >= after(started_, options.warmup_seconds)) begin_measuring();
  if (phase_ == Phase::kMeasuring) {
    const bool time_over = options.seconds > 0 && now >= after(measured_from_, options.seconds);
    if (time_over || all_sent()) stop();
  }
  if (options.rate > 0 && may_send()) issue_due();
  if (phase_ == Phase::kEnding && (under_way_ == 0 || now >= ended_ + kGrace)) {
    faults.unanswered += under_way_;
    ended_ = under_way_ == 0 ? now : ended_;
    phase_ = Phase::kEnded;
  }
  return phase_ == Phase::kEnded;
}

TimePoint Load::next_tick() const {
  if (options.rate > 0 && may_send() && !idle_.empty()) {
    return after(phase_ == Phase::kWarming ? started_ : measured_from_, static_cast<double>(scheduled_) / options.rate);
  }
  return Clock::now() + std::chrono::milliseconds(2);
}

void Load::stop() {
  if (!may_send()) return;
  phase_ = Phase::kEnding;
  ended_ = Clock::now();
}

void Load::begin_measuring() {
  phase_ = Phase::kMeasuring;
  measured_from_ = Clock::now();
  sent_ = scheduled_ = handshakes = resumed = 0;
  measuring_();
}

void Load::issue(Place& place, TimePoint due) {
  sent_ += 1;
  under_way_ += 1;
  place.due = due;
  place.caller->request(place);
}

void Load::issue_due() {
  const TimePoint start = phase_ == Phase::kWarming ? started_ : measured_from_;
  const TimePoint now = Clock::now();
  while (!idle_.empty() && !all_sent()) {
    const TimePoint due = after(start, static_cast<double>(scheduled_) / options.rate);
    if (due > now) return;
    scheduled_ += 1;
    Place& place = *idle_.back();
    idle_.pop_back();
    issue(place, due);
  }
}

void Load::finished(Place& place, bool good) {
  under_way_ -= 1;
  if (good && phase_ != Phase::kWarming) latency_.add(Clock::now() - place.due);
  next(place);
}

void Load::next(Place& place) {
  if (options.rate > 0) return idle_.push_back(&place);
  if (!may_send() || all_sent()) return;
  const bool another = options.hold && sent_ >= opened_;
  issue(another ? places_[opened_++] : place, Clock::now());
}

std::string Load::report() const {
  const double took = duration<double>(ended_ - measured_from_).count();
  const Faults& f = faults;
  std::string out;
  append(out, "{\"event\":\"done\",\"requests\":", requests(), ",\"errors\":", f.total(), ",\"seconds\":", took);
  append(out, ",\"per_second\":", took > 0 ? static_cast<double>(requests()) / took : 0.0);
  append(out, ",\"handshakes\":", handshakes, ",\"resumed\":", resumed);
  append(out, ",\"faults\":{\"connect\":", f.connect, ",\"closed\":", f.closed, ",\"status\":", f.status);
  append(out, ",\"length\":", f.length, ",\"malformed\":", f.malformed, ",\"unanswered\":", f.unanswered, "}");
  append(out, ",\"first_bad_status\":", first_bad_status, ",\"latency_us\":{");
  for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}}) {
    append(out, "\"", name, "\":", latency_.percentile_us(share), ",");
  }
  append(out, "\"max\":", latency_.max_us(), "}}");
  return out;
}

}  // namespace weft::bench
