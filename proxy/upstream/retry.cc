#include "proxy/upstream/retry.h"

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "base/text.h"
#include "re2/re2.h"

namespace weft::proxy {
namespace {

using std::chrono::nanoseconds;

// Compiled once a thread. Patterns come from configuration, so few are ever seen.
const RE2& compiled(const std::string& pattern) {
  constexpr size_t kMaxPatterns = 1024;
  thread_local std::map<std::string, std::unique_ptr<RE2>> patterns;
  if (patterns.size() > kMaxPatterns) patterns.clear();
  std::unique_ptr<RE2>& known = patterns[pattern];
  if (known == nullptr) known = std::make_unique<RE2>(pattern, RE2::Quiet);
  return *known;
}

bool value_matches(const HeaderRule& rule, std::string_view value) {
  switch (rule.type) {
    case HeaderRule::Type::kExact: return value == rule.value;
    case HeaderRule::Type::kPrefix: return value.starts_with(rule.value);
    case HeaderRule::Type::kRegularExpression:
      return RE2::FullMatch(re2::StringPiece(value.data(), value.size()), compiled(rule.value));
    case HeaderRule::Type::kPresent: return true;
    case HeaderRule::Type::kAbsent: return false;
  }
  return false;
}

bool any_matches(const std::vector<HeaderRule>& rules, const HeaderSource& headers) {
  return std::any_of(rules.begin(), rules.end(), [&](const HeaderRule& rule) { return header_matches(rule, headers); });
}

bool has_header(const HeaderSource& headers, std::string_view name) {
  std::vector<std::string_view> values;
  headers.values(name, values);
  return !values.empty();
}

// Of the head only: what comes in trailers comes too late to retry.
bool has_grpc_status(const HeaderSource& answer, const std::bitset<17>& statuses) {
  std::vector<std::string_view> values;
  answer.values("grpc-status", values);
  size_t status = 0;
  return values.size() == 1 && parse_number(values[0], status) && status < statuses.size() && statuses.test(status);
}

// What the first usable reset header says.
bool reset_delay(const RetryRule& rule, const HeaderSource& answer, int64_t now_unix, nanoseconds& delay) {
  for (const RetryRule::ResetHeader& header : rule.reset_headers) {
    std::vector<std::string_view> values;
    answer.values(header.name, values);
    int64_t number = 0;
    if (values.size() != 1 || !parse_number(values[0], number)) continue;
    if (header.unix_timestamp) number -= now_unix;
    if (number < 0 || number > rule.reset_max_interval / std::chrono::seconds(1)) continue;
    delay = std::chrono::seconds(number);
    return true;
  }
  return false;
}

}  // namespace

bool header_matches(const HeaderRule& rule, const HeaderSource& headers) {
  std::vector<std::string_view> values;
  headers.values(rule.name, values);
  if (rule.type == HeaderRule::Type::kAbsent) return values.empty();
  return std::any_of(values.begin(), values.end(), [&](std::string_view value) { return value_matches(rule, value); });
}

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" || method == "OPTIONS" ||
         method == "TRACE";
}

RetryState::RetryState(const RetryRule* rule, std::string_view method, const HeaderSource& request)
    : rule_(rule), idempotent_(is_idempotent(method)) {
  if (rule == nullptr || (rule->methods.empty() && rule->request_headers.empty())) return;
  request_allows_ = std::find(rule->methods.begin(), rule->methods.end(), method) != rule->methods.end() ||
                    any_matches(rule->request_headers, request);
}

bool RetryState::covers(Reason failure) const {
  switch (failure) {
    case Reason::kConnectFailure:
    case Reason::kConnectTimeout:
    case Reason::kTlsFailure: return rule_->on_connect_failure;
    case Reason::kUpstreamClosed:
    case Reason::kUpstreamReset:
    case Reason::kPerTryTimeout: return rule_->on_reset;
    default: return false;
  }
}

bool RetryState::condition_holds(const AttemptResult& result, const HeaderSource& answer) const {
  if (result.refused && rule_->on_refused_stream) return true;
  if (result.failure != Reason::kNone) return covers(result.failure);
  if (covers(result.reported)) return true;
  if (result.status < rule_->status.size() && rule_->status.test(result.status)) return true;
  if (rule_->on_conflict && result.status == 409) return true;
  if (rule_->on_rate_limited_header && has_header(answer, "x-envoy-ratelimited")) return true;
  return rule_->grpc_status.any() && has_grpc_status(answer, rule_->grpc_status);
}

Verdict RetryState::judge(const AttemptResult& result, bool replayable, const HeaderSource& answer) {
  if (result.final || !replayable) return Verdict::kDone;
  // Needs no policy: for the caller this is as if the connection had been found closed before the request was written.
  if (result.died_on_reused && !fresh_used_ && (result.not_processed || idempotent_)) {
    fresh_used_ = true;
    return Verdict::kFreshConnection;
  }
  if (rule_ == nullptr || rule_->limit == 0 || !request_allows_) return Verdict::kDone;
  if (!idempotent_ && !rule_->covers_writes && !result.not_processed) return Verdict::kDone;
  if (!condition_holds(result, answer)) return Verdict::kDone;
  // Too much was asked already.
  if (result.failure == Reason::kNone && has_header(answer, "x-envoy-overloaded")) return Verdict::kDone;
  return next() ? Verdict::kRetry : Verdict::kExhausted;
}

bool RetryState::next() {
  if (retries_ >= rule_->limit) return false;
  ++retries_;
  return true;
}

nanoseconds RetryState::delay(Random& random, const HeaderSource& answer, bool has_answer, int64_t now_unix) const {
  nanoseconds said{0};
  if (has_answer && reset_delay(*rule_, answer, now_unix, said)) {
    return said + nanoseconds(static_cast<int64_t>(random.below(static_cast<uint64_t>(said.count() / 2))));
  }
  return back_off(random);
}

nanoseconds RetryState::back_off(Random& random) const {
  // Fully jittered: uniform in [0, min((2^n - 1) * base, max)).
  const uint64_t base = static_cast<uint64_t>(std::max<int64_t>(rule_->base_interval.count(), 0));
  const uint64_t limit = static_cast<uint64_t>(std::max<int64_t>(rule_->max_interval.count(), 0));
  const uint64_t factor = (uint64_t{1} << std::min<uint32_t>(retries_, 32)) - 1;
  const uint64_t bound = base > limit / std::max<uint64_t>(factor, 1) ? limit : base * factor;
  return nanoseconds(static_cast<int64_t>(random.below(bound)));
}

}  // namespace weft::proxy
