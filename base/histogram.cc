#include "base/histogram.h"

#include "base/text.h"

namespace weft {
namespace {

void print_head(std::string& out, std::string_view name, std::string_view help) {
  append(out, "# HELP ", name, ' ', help, "\n# TYPE ", name, " histogram\n");
}

}  // namespace

void LatencyHistogram::observe(std::chrono::steady_clock::duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  size_t bucket = 0;
  while (bucket < kBoundsSeconds.size() && seconds > kBoundsSeconds[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<uint64_t>(duration.count()), std::memory_order_relaxed);
}

void LatencyHistogram::print(std::string& out, std::string_view name, std::string_view help) const {
  print_head(out, name, help);
  print_samples(out, name, "");
}

void LatencyHistogram::print_samples(std::string& out, std::string_view name, std::string_view labels) const {
  const std::string_view comma = labels.empty() ? "" : ",";
  const std::string all = labels.empty() ? "" : cat("{", labels, "}");
  uint64_t total = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    append(out, name, "_bucket{", labels, comma, "le=\"");
    if (i < kBoundsSeconds.size()) {
      append(out, kBoundsSeconds[i]);
    } else {
      append(out, "+Inf");
    }
    append(out, "\"} ", total, '\n');
  }
  append(out, name, "_sum", all, ' ', static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) * 1e-9, '\n');
  append(out, name, "_count", all, ' ', total, '\n');
}

void HistogramFamily::observe(std::string_view labels, std::chrono::steady_clock::duration duration) {
  LatencyHistogram* histogram = nullptr;
  {
    const std::lock_guard lock(mutex_);
    auto found = histograms_.find(labels);
    if (found == histograms_.end()) {
      found = histograms_.emplace(std::string(labels), std::make_unique<LatencyHistogram>()).first;
    }
    histogram = found->second.get();
  }
  histogram->observe(duration);
}

void HistogramFamily::print(std::string& out, std::string_view name, std::string_view help) const {
  print_head(out, name, help);
  const std::lock_guard lock(mutex_);
  for (const auto& [labels, histogram] : histograms_) histogram->print_samples(out, name, labels);
}

}  // namespace weft
