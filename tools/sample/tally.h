// What a load run saw: every request sent is accounted for once. Owned by the run, used on its only thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"

namespace weft::sample {

class Tally {
 public:
  void sent() { ++sent_; }
  // `reason_word`: the proxy's reason for an answer of its own; empty: the service answered.
  void answered(int status, std::string_view reason_word, Nanoseconds latency);
  // The connection ended between sending and the complete answer.
  void reset(std::string_view why);
  void not_connected(std::string_view why);

  uint64_t sent_count() const { return sent_; }
  uint64_t answered_count() const { return answered_; }
  uint64_t ok_count() const { return ok_; }
  uint64_t resets() const { return resets_; }

  std::string json(Nanoseconds elapsed);
  std::string text(Nanoseconds elapsed);

 private:
  double latency_ms(double quantile);
  double success_percent() const {
    return sent_ == 0 ? 0 : 100.0 * static_cast<double>(ok_) / static_cast<double>(sent_);
  }

  uint64_t sent_ = 0, answered_ = 0, ok_ = 0, resets_ = 0, not_connected_ = 0;
  std::map<int, uint64_t> statuses_;
  std::map<std::string, uint64_t, std::less<>> reasons_;
  std::string first_error_;
  std::vector<uint32_t> latencies_us_;
};

}  // namespace weft::sample
