#include "proxy/route/outlier_board.h"

#include <algorithm>
#include <cmath>

namespace weft::proxy {
namespace {

constexpr auto kRelaxed = std::memory_order_relaxed;
// Nobody is left out for longer, unless the first time is longer already.
constexpr Nanoseconds kLongestOut = std::chrono::seconds(300);

int64_t at(OutlierBoard::TimePoint time) { return time.time_since_epoch().count(); }

}  // namespace

OutlierBoard::OutlierBoard(const OutlierRule& rule, const EndpointSet& set, const OutlierBoard* before) : rule_(rule) {
  for (const Endpoint& endpoint : set.endpoints) {
    slots_.push_back(endpoint.slot);
    std::shared_ptr<Record> record;
    if (before != nullptr) {
      const auto known = std::find(before->slots_.begin(), before->slots_.end(), endpoint.slot);
      if (known != before->slots_.end()) {
        record = before->records_[static_cast<size_t>(known - before->slots_.begin())];
      }
    }
    records_.push_back(record != nullptr ? std::move(record) : std::make_shared<Record>());
  }
}

bool OutlierBoard::report(size_t endpoint, Sign sign, TimePoint now) const {
  if (endpoint >= records_.size()) return false;
  Record& record = *records_[endpoint];
  const bool reached = sign != Sign::kNoAnswer;
  if (rule_.no_answer_apart) {
    record.reached.all.fetch_add(1, kRelaxed);
    if (reached) record.reached.good.fetch_add(1, kRelaxed);
    const uint32_t in_a_row = reached ? 0 : record.no_answers.load(kRelaxed) + 1;
    record.no_answers.store(in_a_row, kRelaxed);
    const bool too_many = rule_.no_answers_in_a_row > 0 && in_a_row >= rule_.no_answers_in_a_row;
    if (!reached) return too_many && put_out(record, now);
  }
  record.answers.all.fetch_add(1, kRelaxed);
  if (sign == Sign::kGood) {
    record.answers.good.fetch_add(1, kRelaxed);
    record.failures.store(0, kRelaxed);
    record.gateway_failures.store(0, kRelaxed);
    return false;
  }
  const uint32_t failures = record.failures.fetch_add(1, kRelaxed) + 1;
  uint32_t gateway_failures = 0;
  if (sign == Sign::kFailed) {
    record.gateway_failures.store(0, kRelaxed);
  } else {
    gateway_failures = record.gateway_failures.fetch_add(1, kRelaxed) + 1;
  }
  const bool too_many = rule_.failures_in_a_row > 0 && failures >= rule_.failures_in_a_row;
  const bool too_many_of_gateways =
      rule_.gateway_failures_in_a_row > 0 && gateway_failures >= rule_.gateway_failures_in_a_row;
  return (too_many || too_many_of_gateways) && put_out(record, now);
}

// One may always be out; the next ones only within the share. Two workers at once may overstep it by one.
bool OutlierBoard::put_out(Record& record, TimePoint now) const {
  const auto is_out_now = [](const auto& one) { return one->out_until.load(kRelaxed) != 0; };
  const auto out = static_cast<uint64_t>(std::count_if(records_.begin(), records_.end(), is_out_now));
  if (out > 0 && (out + 1) * 100 > uint64_t{rule_.max_out_percent} * records_.size()) return false;
  const Nanoseconds longest = std::max(kLongestOut, rule_.base_time_out);
  const uint32_t times = record.times_out.load(kRelaxed) + 1;
  const bool longer = times >= static_cast<uint64_t>(longest / rule_.base_time_out);
  const Nanoseconds time = longer ? longest : rule_.base_time_out * times;
  int64_t in = 0;
  if (!record.out_until.compare_exchange_strong(in, at(now + time), kRelaxed)) return false;
  record.times_out.store(times, kRelaxed);
  record.failures.store(0, kRelaxed);
  record.gateway_failures.store(0, kRelaxed);
  record.no_answers.store(0, kRelaxed);
  version_.fetch_add(1, std::memory_order_release);
  return true;
}

void OutlierBoard::review(TimePoint now) const {
  int64_t due = next_review_.load(kRelaxed);
  // One of those who come at once does it.
  if (at(now) < due || !next_review_.compare_exchange_strong(due, at(now + rule_.interval), kRelaxed)) return;
  if (due == 0) return;
  const int64_t intervals = 1 + (at(now) - due) / rule_.interval.count();
  for (const auto& record : records_) {
    const int64_t until = record->out_until.load(kRelaxed);
    if (until == 0) {
      const uint32_t times = record->times_out.load(kRelaxed);
      record->times_out.store(times > intervals ? times - static_cast<uint32_t>(intervals) : 0, kRelaxed);
    } else if (until <= at(now)) {
      record->out_until.store(0, kRelaxed);
      version_.fetch_add(1, std::memory_order_release);
    }
  }
  compare(&Record::answers, now);
  if (rule_.no_answer_apart) compare(&Record::reached, now);
  for (const auto& record : records_) {
    for (Volume* volume : {&record->answers, &record->reached}) {
      volume->all.store(0, kRelaxed);
      volume->good.store(0, kRelaxed);
    }
  }
}

// Those with enough requests are compared with each other and with the bound.
void OutlierBoard::compare(Volume Record::*volume, TimePoint now) const {
  struct Rate {
    Record* record;
    double good;  // of one
    uint32_t all;
    uint32_t bad;
  };
  std::vector<Rate> rates;
  for (const auto& record : records_) {
    const Volume& seen = (*record).*volume;
    const uint32_t all = seen.all.load(kRelaxed);
    if (all == 0 || record->out_until.load(kRelaxed) != 0) continue;
    const uint32_t good = std::min(all, seen.good.load(kRelaxed));
    rates.push_back({record.get(), static_cast<double>(good) / all, all, all - good});
  }
  const auto with_volume = [&](uint32_t wanted) {
    std::vector<Rate> enough;
    std::copy_if(rates.begin(), rates.end(), std::back_inserter(enough),
                 [&](const Rate& rate) { return rate.all >= wanted; });
    return enough;
  };
  if (rule_.by_success_rate) {
    const std::vector<Rate> compared = with_volume(rule_.success_rate_volume);
    if (!compared.empty() && compared.size() >= rule_.success_rate_hosts) {
      double mean = 0;
      for (const Rate& rate : compared) mean += rate.good / static_cast<double>(compared.size());
      double variance = 0;
      for (const Rate& rate : compared) {
        variance += (rate.good - mean) * (rate.good - mean) / static_cast<double>(compared.size());
      }
      const double least = mean - std::sqrt(variance) * rule_.success_rate_factor;
      for (const Rate& rate : compared) {
        if (rate.good < least) put_out(*rate.record, now);
      }
    }
  }
  if (!rule_.by_failure_percentage) return;
  const std::vector<Rate> compared = with_volume(rule_.failure_percentage_volume);
  if (compared.size() < rule_.failure_percentage_hosts) return;
  for (const Rate& rate : compared) {
    if (uint64_t{rate.bad} * 100 >= uint64_t{rule_.failure_percentage} * rate.all) put_out(*rate.record, now);
  }
}

std::shared_ptr<const OutlierBoard> make_outlier_board(const Plan& plan, const EndpointSet& set,
                                                       const OutlierBoard* before) {
  if (plan.outliers == nullptr) return nullptr;
  return std::make_shared<const OutlierBoard>(*plan.outliers, set, before);
}

}  // namespace weft::proxy
