#include "proxy/upstream/retry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

struct Headers final : HeaderSource {
  std::multimap<std::string, std::string> fields;
  Headers() = default;
  Headers(std::initializer_list<std::pair<const std::string, std::string>> list) : fields(list) {}
  void values(std::string_view name, std::vector<std::string_view>& out) const override {
    const auto [first, last] = fields.equal_range(std::string(name));
    for (auto at = first; at != last; ++at) out.push_back(at->second);
  }
};

AttemptResult answered(uint16_t status) {
  AttemptResult result;
  result.status = status;
  return result;
}
AttemptResult failed(Reason reason, bool not_processed = false) {
  AttemptResult result;
  result.failure = reason;
  result.not_processed = not_processed;
  return result;
}

RetryRule rule_for(uint16_t status) {
  RetryRule rule;
  rule.limit = 2;
  rule.status.set(status);
  rule.on_reset = rule.on_connect_failure = true;
  return rule;
}

Verdict judge(const RetryRule* rule, const AttemptResult& result, std::string_view method = "GET",
              bool replayable = true) {
  RetryState state(rule, method, Headers{});
  return state.judge(result, replayable, Headers{});
}

TEST(Retry, RepeatsWhatTheRuleNames) {
  const RetryRule rule = rule_for(503);
  EXPECT_EQ(judge(&rule, answered(503)), Verdict::kRetry);
  EXPECT_EQ(judge(&rule, answered(500)), Verdict::kDone);
  EXPECT_EQ(judge(&rule, answered(200)), Verdict::kDone);
  EXPECT_EQ(judge(&rule, failed(Reason::kUpstreamReset)), Verdict::kRetry);
  EXPECT_EQ(judge(&rule, failed(Reason::kPerTryTimeout)), Verdict::kRetry);
  EXPECT_EQ(judge(&rule, failed(Reason::kConnectTimeout)), Verdict::kRetry);
  EXPECT_EQ(judge(&rule, failed(Reason::kUpstreamProtocolError)), Verdict::kDone);
  EXPECT_EQ(judge(nullptr, answered(503)), Verdict::kDone);
}

TEST(Retry, EndsWhenNoneIsLeft) {
  const RetryRule rule = rule_for(503);
  RetryState state(&rule, "GET", Headers{});
  EXPECT_EQ(state.judge(answered(503), true, Headers{}), Verdict::kRetry);
  EXPECT_EQ(state.judge(failed(Reason::kConnectFailure), true, Headers{}), Verdict::kRetry);
  EXPECT_EQ(state.judge(answered(503), true, Headers{}), Verdict::kExhausted);
  EXPECT_EQ(state.retries(), 2u);
}

TEST(Retry, NeverRepeatsABodyThatIsGoneOrAnExchangeThatIsOver) {
  const RetryRule rule = rule_for(503);
  EXPECT_EQ(judge(&rule, answered(503), "GET", false), Verdict::kDone);
  AttemptResult over = failed(Reason::kUpstreamReset);
  over.final = true;
  EXPECT_EQ(judge(&rule, over), Verdict::kDone);
}

TEST(Retry, RepeatsAWriteOnlyWhenItWasNotProcessedOrTheRuleCoversWrites) {
  RetryRule rule = rule_for(503);
  for (const std::string_view method : {"POST", "PATCH", "FROB"}) {
    EXPECT_EQ(judge(&rule, answered(503), method), Verdict::kDone) << method;
    EXPECT_EQ(judge(&rule, failed(Reason::kUpstreamClosed), method), Verdict::kDone) << method;
    EXPECT_EQ(judge(&rule, failed(Reason::kConnectFailure, true), method), Verdict::kRetry) << method;
  }
  for (const std::string_view method : {"PUT", "DELETE", "OPTIONS", "TRACE", "HEAD"}) {
    EXPECT_EQ(judge(&rule, answered(503), method), Verdict::kRetry) << method;
  }
  rule.covers_writes = true;
  EXPECT_EQ(judge(&rule, answered(503), "POST"), Verdict::kRetry);
}

TEST(Retry, OneFreshConnectionNeedsNoRule) {
  AttemptResult died = failed(Reason::kUpstreamClosed);
  died.died_on_reused = true;
  EXPECT_EQ(judge(nullptr, died, "GET"), Verdict::kFreshConnection);
  EXPECT_EQ(judge(nullptr, died, "POST"), Verdict::kDone);
  died.not_processed = true;
  EXPECT_EQ(judge(nullptr, died, "POST"), Verdict::kFreshConnection);
  EXPECT_EQ(judge(nullptr, died, "POST", false), Verdict::kDone);
  RetryState state(nullptr, "GET", Headers{});
  EXPECT_EQ(state.judge(died, true, Headers{}), Verdict::kFreshConnection);
  EXPECT_EQ(state.judge(died, true, Headers{}), Verdict::kDone);
}

TEST(Retry, MethodsAndRequestHeadersRestrict) {
  RetryRule rule = rule_for(503);
  rule.methods = {"GET"};
  EXPECT_EQ(judge(&rule, answered(503), "GET"), Verdict::kRetry);
  EXPECT_EQ(judge(&rule, answered(503), "PUT"), Verdict::kDone);
  rule.request_headers.push_back({"x-retry", HeaderRule::Type::kExact, "yes"});
  RetryState with(&rule, "PUT", Headers{{"x-retry", "yes"}});
  EXPECT_EQ(with.judge(answered(503), true, Headers{}), Verdict::kRetry);
}

TEST(Retry, LooksAtHeadersOfTheAnswer) {
  RetryRule rule;
  rule.on_rate_limited_header = true;
  rule.grpc_status.set(14);
  RetryState state(&rule, "GET", Headers{});
  EXPECT_EQ(state.judge(answered(429), true, Headers{}), Verdict::kDone);
  EXPECT_EQ(state.judge(answered(429), true, Headers{{"x-envoy-ratelimited", "true"}}), Verdict::kRetry);
  RetryState grpc(&rule, "GET", Headers{});
  EXPECT_EQ(grpc.judge(answered(200), true, Headers{{"grpc-status", "5"}}), Verdict::kDone);
  EXPECT_EQ(grpc.judge(answered(200), true, Headers{{"grpc-status", "14"}}), Verdict::kRetry);
}

TEST(Retry, AnAnswerOfTheServicesProxyCountsAsWhatItReports) {
  RetryRule rule;
  rule.on_reset = true;
  AttemptResult result = answered(503);
  EXPECT_EQ(judge(&rule, result), Verdict::kDone);
  result.reported = Reason::kUpstreamClosed;
  EXPECT_EQ(judge(&rule, result), Verdict::kRetry);
}

TEST(Retry, BacksOffFullyJitteredAndCapped) {
  RetryRule rule = rule_for(503);
  rule.limit = 40;
  rule.base_interval = milliseconds(10);
  rule.max_interval = milliseconds(50);
  Random random(1);
  RetryState state(&rule, "GET", Headers{});
  for (const int bound : {10, 30, 50, 50, 50}) {
    ASSERT_EQ(state.judge(answered(503), true, Headers{}), Verdict::kRetry);
    nanoseconds longest{0};
    nanoseconds shortest = seconds(1);
    for (int i = 0; i < 2000; ++i) {
      const nanoseconds delay = state.delay(random, Headers{}, true, 0);
      longest = std::max(longest, delay);
      shortest = std::min(shortest, delay);
    }
    EXPECT_LT(longest, milliseconds(bound));
    EXPECT_GT(longest, milliseconds(bound) * 9 / 10);
    EXPECT_LT(shortest, milliseconds(bound) / 10);
  }
}

TEST(Retry, WaitsWhatAResetHeaderSays) {
  RetryRule rule = rule_for(429);
  rule.reset_headers = {{"retry-after", false}, {"x-reset", true}};
  Random random(1);
  RetryState state(&rule, "GET", Headers{});
  ASSERT_EQ(state.judge(answered(429), true, Headers{}), Verdict::kRetry);
  for (int i = 0; i < 100; ++i) {
    const nanoseconds said = state.delay(random, Headers{{"retry-after", "4"}}, true, 0);
    EXPECT_GE(said, seconds(4));
    EXPECT_LT(said, seconds(6));
    EXPECT_GE(state.delay(random, Headers{{"retry-after", "soon"}, {"x-reset", "1010"}}, true, 1000), seconds(10));
    EXPECT_LT(state.delay(random, Headers{{"retry-after", "301"}}, true, 0), seconds(1));
    EXPECT_LT(state.delay(random, Headers{{"x-reset", "999"}}, true, 1000), seconds(1));
  }
}

TEST(HeaderRules, ConsiderAllValues) {
  const Headers headers{{"x-role", "user"}, {"x-role", "admin"}};
  using Type = HeaderRule::Type;
  EXPECT_TRUE(header_matches({"x-role", Type::kExact, "admin"}, headers));
  EXPECT_FALSE(header_matches({"x-role", Type::kExact, "adm"}, headers));
  EXPECT_TRUE(header_matches({"x-role", Type::kPrefix, "adm"}, headers));
  EXPECT_TRUE(header_matches({"x-role", Type::kRegularExpression, "a.*n"}, headers));
  EXPECT_FALSE(header_matches({"x-role", Type::kRegularExpression, "a.*i"}, headers));
  EXPECT_FALSE(header_matches({"x-role", Type::kRegularExpression, "("}, headers));
  EXPECT_TRUE(header_matches({"x-role", Type::kPresent, ""}, headers));
  EXPECT_FALSE(header_matches({"x-role", Type::kAbsent, ""}, headers));
  EXPECT_TRUE(header_matches({"x-other", Type::kAbsent, ""}, headers));
}

}  // namespace
}  // namespace weft::proxy
