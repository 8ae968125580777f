// How long things take, counted in buckets and printed as Prometheus text. Observing is lock-free for one histogram and
// takes a short lock in a family. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace weft {

// Cumulative buckets are made when printed; here each observation is in one.
class LatencyHistogram {
 public:
  void observe(std::chrono::steady_clock::duration duration);
  // Appends HELP, TYPE and the samples, in seconds.
  void print(std::string& out, std::string_view name, std::string_view help) const;
  // The samples alone; `labels`: `code="200",method="GET"`, or nothing.
  void print_samples(std::string& out, std::string_view name, std::string_view labels) const;

 private:
  static constexpr std::array<double, 14> kBoundsSeconds{0.0001, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                         0.03,   0.05,   0.1,   0.2,   0.5,   1,    5};
  std::array<std::atomic<uint64_t>, kBoundsSeconds.size() + 1> counts_{};
  std::atomic<uint64_t> nanoseconds_{0};
};

// Histograms of one name that differ in their labels, made when they are first needed. The caller sees to it that there
// are few combinations of labels.
class HistogramFamily {
 public:
  // `labels` as in LatencyHistogram::print_samples.
  void observe(std::string_view labels, std::chrono::steady_clock::duration duration);
  // HELP and TYPE stand there from the start, so that a dashboard finds the name.
  void print(std::string& out, std::string_view name, std::string_view help) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<LatencyHistogram>, std::less<>> histograms_;
};

}  // namespace weft
