#include "policies/mesh_retry/mesh_retry.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/mesh_retry/remark.h"
#include "policies/mesh_retry/retry_on.h"
#include "policies/mesh_retry/validate.h"
#include "weft/v1/mesh_retry.pb.h"

namespace weft {
namespace {

using Conf = v1::MeshRetryConf;

class MeshRetryPolicy final : public Policy {
 public:
  MeshRetryPolicy(std::optional<RetryRule> http, std::optional<RetryRule> grpc, uint32_t tcp_connect_attempts)
      : http_(std::move(http)), grpc_(std::move(grpc)), tcp_connect_attempts_(tcp_connect_attempts) {}

  void prepare(Plan& plan) const override {
    plan.retry = http_ ? &*http_ : nullptr;
    plan.grpc_retry = grpc_ ? &*grpc_ : nullptr;
    plan.tcp_connect_attempts = tcp_connect_attempts_;
  }

 private:
  const std::optional<RetryRule> http_;
  const std::optional<RetryRule> grpc_;
  const uint32_t tcp_connect_attempts_;
};

HeaderRule header_rule(const v1::HeaderMatch& match) {
  constexpr std::array<std::pair<std::string_view, HeaderRule::Type>, 5> kTypes = {
      {{"Exact", HeaderRule::Type::kExact},
       {"Present", HeaderRule::Type::kPresent},
       {"RegularExpression", HeaderRule::Type::kRegularExpression},
       {"Absent", HeaderRule::Type::kAbsent},
       {"Prefix", HeaderRule::Type::kPrefix}}};
  HeaderRule rule{lower(match.name()), HeaderRule::Type::kExact, match.value()};
  for (const auto& [name, type] : kTypes) {
    if (match.type() == name) rule.type = type;
  }
  // Every value starts with nothing.
  if (rule.type == HeaderRule::Type::kPrefix && rule.value.empty()) rule.type = HeaderRule::Type::kPresent;
  return rule;
}

// Negative times are written without complaint, and mean none.
Nanoseconds not_negative(const google::protobuf::Duration& duration) {
  return std::max(Nanoseconds(0), Nanoseconds(nanoseconds(duration)));
}

// What http and grpc have in common.
template <typename Block>
RetryRule common_rule(const Block& block) {
  RetryRule rule;
  if (block.has_num_retries()) rule.limit = block.num_retries();
  rule.per_try_timeout = not_negative(block.per_try_timeout());
  const Conf::BackOff& back_off = block.back_off();
  if (back_off.has_base_interval()) rule.base_interval = not_negative(back_off.base_interval());
  rule.max_interval = back_off.has_max_interval() ? not_negative(back_off.max_interval()) : 10 * rule.base_interval;
  rule.max_interval = std::max(rule.max_interval, rule.base_interval);
  const Conf::RateLimitedBackOff& rate_limited = block.rate_limited_back_off();
  for (const Conf::ResetHeader& header : rate_limited.reset_headers()) {
    rule.reset_headers.push_back({lower(header.name()), header.format() == "UnixTimestamp"});
  }
  if (rate_limited.has_max_interval()) rule.reset_max_interval = nanoseconds(rate_limited.max_interval());
  rule.covers_writes = block.retry_on_size() > 0;
  return rule;
}

RetryRule http_rule(const Conf::Http& http) {
  RetryRule rule = common_rule(http);
  mesh_retry::apply_http_words(http.retry_on(), rule);
  for (const v1::HeaderMatch& match : http.retriable_request_headers())
    rule.request_headers.push_back(header_rule(match));
  for (const v1::HeaderMatch& match : http.retriable_response_headers())
    rule.response_headers.push_back(header_rule(match));
  return rule;
}

RetryRule grpc_rule(const Conf::Grpc& grpc) {
  RetryRule rule = common_rule(grpc);
  mesh_retry::apply_grpc_words(grpc.retry_on(), rule);
  return rule;
}

// A control plane never sends one.
template <typename Block>
bool has_bad_limit(const Block& block) {
  const Conf::RateLimitedBackOff& back_off = block.rate_limited_back_off();
  return back_off.has_max_interval() && nanoseconds(back_off.max_interval()).count() <= 0;
}

Result<std::unique_ptr<const Policy>> make(std::string_view bytes, bool /*inbound*/) {
  Conf conf;
  if (!conf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return invalid("MeshRetry: the conf cannot be read");
  for (const auto& [block, bad] :
       {std::pair("http", has_bad_limit(conf.http())), {"grpc", has_bad_limit(conf.grpc())}}) {
    if (bad) return invalid(cat("MeshRetry: ", block, ".rateLimitedBackOff.maxInterval is out of range"));
  }
  if (conf.tcp().has_max_connect_attempt() && conf.tcp().max_connect_attempt() == 0) {
    return invalid("MeshRetry: tcp.maxConnectAttempt is out of range");
  }
  std::optional<RetryRule> http;
  std::optional<RetryRule> grpc;
  if (conf.has_http()) http = http_rule(conf.http());
  if (conf.has_grpc()) grpc = grpc_rule(conf.grpc());
  // No retries is the same as no rule.
  if (http && http->limit == 0) http.reset();
  if (grpc && grpc->limit == 0) grpc.reset();
  const uint32_t attempts = conf.tcp().has_max_connect_attempt() ? conf.tcp().max_connect_attempt() : 1;
  return std::unique_ptr<const Policy>(std::make_unique<MeshRetryPolicy>(std::move(http), std::move(grpc), attempts));
}

}  // namespace

PolicyKind mesh_retry_kind() {
  return {.name = "MeshRetry",
          .validate = mesh_retry::validate,
          .remark = mesh_retry::remark,
          .make = make,
          .remembers_nothing = true};
}

}  // namespace weft
