#include "tools/sample/tally.h"

#include <algorithm>
#include <cstdio>

#include "base/text.h"

namespace weft::sample {
namespace {

std::string fixed(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

double seconds_of(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

void Tally::answered(int status, std::string_view reason_word, Nanoseconds latency) {
  ++answered_;
  ++statuses_[status];
  if (status < 400) ++ok_;
  if (!reason_word.empty()) ++reasons_[std::string(reason_word)];
  latencies_us_.push_back(static_cast<uint32_t>(std::min<int64_t>(latency.count() / 1000, UINT32_MAX)));
}

void Tally::reset(std::string_view why) {
  ++resets_;
  if (first_error_.empty()) first_error_ = why;
}

void Tally::not_connected(std::string_view why) {
  ++not_connected_;
  if (first_error_.empty()) first_error_ = why;
}

double Tally::latency_ms(double quantile) {
  if (latencies_us_.empty()) return 0;
  const size_t rank =
      std::min(latencies_us_.size() - 1, static_cast<size_t>(quantile * static_cast<double>(latencies_us_.size())));
  std::nth_element(latencies_us_.begin(), latencies_us_.begin() + static_cast<ptrdiff_t>(rank), latencies_us_.end());
  return latencies_us_[rank] / 1000.0;
}

std::string Tally::json(Nanoseconds elapsed) {
  std::string statuses, reasons;
  for (const auto& [status, count] : statuses_)
    append(statuses, statuses.empty() ? "" : ",", "\"", status, "\":", count);
  for (const auto& [word, count] : reasons_) append(reasons, reasons.empty() ? "" : ",", "\"", word, "\":", count);
  return cat("{\"sent\":", sent_, ",\"answered\":", answered_, ",\"ok\":", ok_,
             ",\"successPercent\":", fixed(success_percent(), 2), ",\"resets\":", resets_,
             ",\"notConnected\":", not_connected_, ",\"statuses\":{", statuses, "},\"reasons\":{", reasons,
             "},\"p50Ms\":", fixed(latency_ms(0.5), 3), ",\"p99Ms\":", fixed(latency_ms(0.99), 3),
             ",\"maxMs\":", fixed(latency_ms(1), 3), ",\"seconds\":", fixed(seconds_of(elapsed), 3), "}\n");
}

std::string Tally::text(Nanoseconds elapsed) {
  std::string out = cat("requests sent ", sent_, ", answered ", answered_, ", connection resets ", resets_);
  if (not_connected_ > 0) append(out, ", connections refused ", not_connected_);
  append(out, "\nsuccess       ", fixed(success_percent(), 1), " %\nstatus       ");
  for (const auto& [status, count] : statuses_) append(out, " ", status, ": ", count);
  if (!reasons_.empty()) append(out, "\nproxy says   ");
  for (const auto& [word, count] : reasons_) append(out, " ", word, ": ", count);
  append(out, "\nlatency       p50 ", fixed(latency_ms(0.5), 2), " ms, p99 ", fixed(latency_ms(0.99), 2),
         " ms\nrate          ", fixed(static_cast<double>(answered_) / std::max(seconds_of(elapsed), 1e-9), 0),
         " requests/s\n");
  if (!first_error_.empty()) append(out, "first error   ", first_error_, "\n");
  return out;
}

}  // namespace weft::sample
