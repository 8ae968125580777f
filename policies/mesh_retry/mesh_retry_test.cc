#include "policies/mesh_retry/mesh_retry.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_retry.pb.h"

namespace weft {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

// Keeps the rule of the plan alive.
struct Prepared {
  std::unique_ptr<const Policy> policy;
  Plan plan;
  const RetryRule& http() const { return *plan.retry; }
};

Prepared prepared(const std::string& conf) {
  auto policy = mesh_retry_kind().make(spec_of<v1::MeshRetryConf>(conf).SerializeAsString(), false);
  EXPECT_TRUE(policy.ok());
  Prepared out{std::move(*policy), {}};
  out.policy->prepare(out.plan);
  return out;
}

Prepared retry_on(const std::string& words) { return prepared("http { num_retries: 2 " + words + " }"); }

TEST(MeshRetryPlan, NothingIsRetriedWithoutABlockForTheProtocol) {
  const Prepared tcp_only = prepared("tcp { max_connect_attempt: 4 }");
  EXPECT_EQ(tcp_only.plan.retry, nullptr);
  EXPECT_EQ(tcp_only.plan.grpc_retry, nullptr);
  EXPECT_EQ(tcp_only.plan.tcp_connect_attempts, 4u);
  const Prepared http_only = prepared("http { num_retries: 1 }");
  EXPECT_EQ(http_only.plan.grpc_retry, nullptr);
  EXPECT_EQ(http_only.plan.tcp_connect_attempts, 1u);
}

TEST(MeshRetryPlan, ZeroRetriesSwitchThemOff) {
  EXPECT_EQ(prepared("http { num_retries: 0 } grpc { num_retries: 0 }").plan.retry, nullptr);
  EXPECT_EQ(prepared("http { num_retries: 0 } grpc { num_retries: 0 }").plan.grpc_retry, nullptr);
}

TEST(MeshRetryPlan, DefaultsOfTheBlock) {
  const Prepared p = prepared("http { }");
  EXPECT_EQ(p.http().limit, 1u);
  EXPECT_EQ(p.http().per_try_timeout, seconds(0));
  EXPECT_EQ(p.http().base_interval, milliseconds(25));
  EXPECT_EQ(p.http().max_interval, milliseconds(250));
  EXPECT_EQ(p.http().reset_max_interval, seconds(300));
  EXPECT_FALSE(p.http().covers_writes);
}

TEST(MeshRetryPlan, TheLongestWaitIsTenTimesTheBaseAndNeverLess) {
  EXPECT_EQ(prepared("http { back_off { base_interval { seconds: 1 } } }").http().max_interval, seconds(10));
  EXPECT_EQ(prepared("http { back_off { max_interval { seconds: 3 } } }").http().base_interval, milliseconds(25));
  EXPECT_EQ(
      prepared("http { back_off { base_interval { seconds: 9 } max_interval { seconds: 3 } } }").http().max_interval,
      seconds(9));
}

TEST(MeshRetryPlan, WithoutWordsGatewayErrorsAndFailedConnectionsAreRetried) {
  const Prepared p = retry_on("");
  for (size_t status = 0; status < 600; ++status) {
    EXPECT_EQ(p.http().status.test(status), status == 502 || status == 503 || status == 504) << status;
  }
  EXPECT_TRUE(p.http().on_reset);
  EXPECT_TRUE(p.http().on_connect_failure);
  EXPECT_TRUE(p.http().on_refused_stream);
  EXPECT_FALSE(p.http().covers_writes);
}

TEST(MeshRetryPlan, CodesAndMethodsAloneKeepTheDefaultSet) {
  const Prepared p = retry_on("retry_on: '429' retry_on: '500' retry_on: 'HttpMethodGet'");
  for (const size_t status : {429, 500, 502, 503, 504}) EXPECT_TRUE(p.http().status.test(status)) << status;
  EXPECT_EQ(p.http().status.count(), 5u);
  EXPECT_TRUE(p.http().on_reset);
  EXPECT_THAT(p.http().methods, ElementsAre("GET"));
  EXPECT_TRUE(p.http().covers_writes);
}

TEST(MeshRetryPlan, AConditionReplacesTheDefaultSetAndCodesAreAdded) {
  const Prepared p = retry_on("retry_on: 'ConnectFailure' retry_on: '429'");
  EXPECT_TRUE(p.http().status.test(429));
  EXPECT_EQ(p.http().status.count(), 1u);
  EXPECT_TRUE(p.http().on_connect_failure);
  EXPECT_FALSE(p.http().on_reset);
  EXPECT_FALSE(p.http().on_refused_stream);
}

TEST(MeshRetryPlan, EveryConditionMeansWhatItSays) {
  const Prepared all5xx = retry_on("retry_on: '5xx'");
  EXPECT_EQ(all5xx.http().status.count(), 100u);
  EXPECT_TRUE(all5xx.http().status.test(500) && all5xx.http().status.test(599));
  EXPECT_TRUE(all5xx.http().on_reset && all5xx.http().on_connect_failure && all5xx.http().on_refused_stream);
  const Prepared reset = retry_on("retry_on: 'Reset'");
  EXPECT_TRUE(reset.http().on_reset && reset.http().status.none());
  const Prepared refused = retry_on("retry_on: 'RefusedStream'");
  EXPECT_TRUE(refused.http().on_refused_stream && !refused.http().on_reset);
  const Prepared conflict = retry_on("retry_on: 'Retriable4xx'");
  EXPECT_TRUE(conflict.http().on_conflict && conflict.http().status.test(409));
  EXPECT_TRUE(retry_on("retry_on: 'EnvoyRatelimited'").http().on_rate_limited_header);
  const Prepared gateway = retry_on("retry_on: 'GatewayError'");
  EXPECT_TRUE(gateway.http().status.test(502) && !gateway.http().status.test(500) && gateway.http().on_reset);
}

TEST(MeshRetryPlan, HeadersAreCompiled) {
  const Prepared p = prepared(
      "http { retriable_request_headers { name: 'x-a' type: 'Prefix' } retriable_response_headers { name: 'x-b' value: "
      "'v' }"
      "rate_limited_back_off { reset_headers { name: 'retry-after' format: 'Seconds' }"
      " reset_headers { name: 'x-at' format: 'UnixTimestamp' } max_interval { seconds: 9 } } }");
  ASSERT_EQ(p.http().request_headers.size(), 1u);
  EXPECT_EQ(p.http().request_headers[0].type, HeaderRule::Type::kPresent);
  ASSERT_EQ(p.http().response_headers.size(), 1u);
  EXPECT_EQ(p.http().response_headers[0].type, HeaderRule::Type::kExact);
  ASSERT_EQ(p.http().reset_headers.size(), 2u);
  EXPECT_FALSE(p.http().reset_headers[0].unix_timestamp);
  EXPECT_TRUE(p.http().reset_headers[1].unix_timestamp);
  EXPECT_EQ(p.http().reset_max_interval, seconds(9));
}

TEST(MeshRetryPlan, GrpcHasItsOwnBlockAndWords) {
  const Prepared listed = prepared("grpc { num_retries: 3 retry_on: 'Canceled' retry_on: 'Internal' }");
  EXPECT_EQ(listed.plan.retry, nullptr);
  EXPECT_EQ(listed.plan.grpc_retry->grpc_status.to_ulong(), (1ul << 1) | (1ul << 13));
  EXPECT_FALSE(listed.plan.grpc_retry->on_reset);
  const Prepared by_default = prepared("grpc { num_retries: 3 }");
  EXPECT_EQ(by_default.plan.grpc_retry->grpc_status.to_ulong(), (1ul << 1) | (1ul << 8) | (1ul << 14));
  EXPECT_TRUE(by_default.plan.grpc_retry->on_reset);
}

TEST(MeshRetryPlan, TimesThatAreNotAboveZeroMeanNone) {
  const Prepared p = prepared(
      "http { per_try_timeout { seconds: -1 } back_off { base_interval { } } }"
      "grpc { back_off { base_interval { seconds: 1 } max_interval { seconds: -1 } } }");
  EXPECT_EQ(p.http().per_try_timeout, seconds(0));
  EXPECT_EQ(p.http().base_interval, seconds(0));
  EXPECT_EQ(p.http().max_interval, seconds(0));
  EXPECT_EQ(p.plan.grpc_retry->max_interval, seconds(1));
}

TEST(MeshRetryPlan, AConfThatCannotHoldIsRefusedWithTheFieldNamed) {
  EXPECT_FALSE(mesh_retry_kind().make("\xff", false).ok());
  const auto refused = mesh_retry_kind().make(
      spec_of<v1::MeshRetryConf>("grpc { rate_limited_back_off { max_interval { } } }").SerializeAsString(), false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(reason(refused.status()), "MeshRetry: grpc.rateLimitedBackOff.maxInterval is out of range");
}

std::vector<Violation> validated(const std::string& conf) {
  Violations violations;
  mesh_retry_kind().validate(spec_of<v1::MeshRetry>("to { target_ref { kind: 'Mesh' } default { " + conf + " } }"),
                             violations);
  return violations.list();
}

std::vector<std::string> fields(const std::string& conf) {
  std::vector<std::string> out;
  for (const Violation& violation : validated(conf)) out.push_back(violation.field);
  return out;
}

TEST(MeshRetryValidation, ABlockIsNeededAndHasToSaySomething) {
  EXPECT_THAT(validated(""), ElementsAre(Violation{"spec.to[0].default.conf",
                                                   "at least one of the 'tcp', 'http', 'grpc' must be specified"}));
  EXPECT_THAT(validated("tcp { } http { } grpc { }"),
              ElementsAre(Violation{"spec.to[0].default.conf.tcp", "must not be empty"},
                          Violation{"spec.to[0].default.conf.http", "must not be empty"},
                          Violation{"spec.to[0].default.conf.grpc", "must not be empty"}));
  EXPECT_THAT(fields("http { host_selection_max_attempts: 3 }"), ElementsAre("spec.to[0].default.conf.http"));
  EXPECT_THAT(fields("http { num_retries: 0 } grpc { num_retries: 0 }"), IsEmpty());
}

TEST(MeshRetryValidation, ConnectionAttemptsAreNotZero) {
  EXPECT_THAT(validated("tcp { max_connect_attempt: 0 }"),
              ElementsAre(Violation{"spec.to[0].default.conf.tcp.maxConnectAttempt", "must be greater than 0"}));
}

TEST(MeshRetryValidation, BackOffHasToSaySomething) {
  EXPECT_THAT(validated("http { back_off { } }"),
              ElementsAre(Violation{"spec.to[0].default.conf.http.backOff", "must not be empty"}));
  EXPECT_THAT(fields("grpc { back_off { base_interval { } max_interval { seconds: -1 } } }"), IsEmpty());
  EXPECT_THAT(fields("http { per_try_timeout { seconds: -1 } }"), IsEmpty());
}

std::vector<std::string> remarks(const std::string& conf) {
  std::vector<std::string> out;
  mesh_retry_kind().remark(spec_of<v1::MeshRetry>("to { target_ref { kind: 'Mesh' } default { " + conf + " } }"), out);
  return out;
}

TEST(MeshRetryRemarks, WhatMeansLittleIsSaid) {
  EXPECT_THAT(remarks("http { per_try_timeout { seconds: 1 } back_off { base_interval { seconds: 1 } }"
                      "retriable_request_headers { name: 'a' type: 'RegularExpression' value: 'a|b' }"
                      "retriable_response_headers { name: 'a' type: 'Exact' value: '(' } }"),
              IsEmpty());
  EXPECT_THAT(
      remarks("http { per_try_timeout { seconds: -1 } back_off { base_interval { } } }"
              "grpc { back_off { max_interval { } } }"),
      ElementsAre("spec.to[0].default.http.backOff.baseInterval is not above zero: retries go out at once",
                  "spec.to[0].default.http.perTryTimeout is negative: a try has no limit of its own",
                  "spec.to[0].default.grpc.backOff.maxInterval is not above zero: no wait is longer than the base "
                  "interval"));
  EXPECT_THAT(remarks("http { retriable_response_headers { name: 'a' type: 'RegularExpression' value: '(' } }"),
              ElementsAre("spec.to[0].default.http.retriableResponseHeaders[0].value: \"(\" is no regular expression "
                          "(missing ): (): it matches nothing"));
}

TEST(MeshRetryValidation, RateLimitedBackOffNamesItsHeaders) {
  EXPECT_THAT(
      validated("http { rate_limited_back_off { reset_headers { format: 'Seconds' } max_interval { } } }"),
      ElementsAre(Violation{"spec.to[0].default.conf.http.rateLimitedBackOff.resetHeaders[0].name", "must be defined"},
                  Violation{"spec.to[0].default.conf.http.rateLimitedBackOff.maxInterval",
                            "must be defined and greater than zero"}));
}

TEST(MeshRetryValidation, WordsOfRetryOnAreKnownOnes) {
  EXPECT_THAT(validated("http { retry_on: '5XX' retry_on: '503' retry_on: '799' retry_on: 'HttpMethodBrew' }"),
              ElementsAre(Violation{"spec.to[0].default.conf.http.retryOn[0]", "unknown item '5XX'"},
                          Violation{"spec.to[0].default.conf.http.retryOn[2]", "unknown item '799'"},
                          Violation{"spec.to[0].default.conf.http.retryOn[3]", "unknown item 'HttpMethodBrew'"}));
  EXPECT_THAT(fields("http { retry_on: 'Http3PostConnectFailure' retry_on: 'HttpMethodTrace' }"), IsEmpty());
  EXPECT_THAT(fields("grpc { retry_on: 'Unavailable' retry_on: '5xx' }"),
              ElementsAre("spec.to[0].default.conf.grpc.retryOn[1]"));
}

TEST(MeshRetryValidation, HostSelectionIsChecked) {
  EXPECT_THAT(
      validated("http { host_selection { predicate: 'OmitHostsWithTags' }"
                "host_selection { predicate: 'OmitPreviousPriorities' update_frequency: 0 }"
                "host_selection { predicate: 'OmitPreviousPriorities' } host_selection { predicate: 'Random' } }"),
      ElementsAre(
          Violation{"spec.to[0].default.conf.http.hostSelection[0].tags", "must be defined"},
          Violation{"spec.to[0].default.conf.http.hostSelection[1].updateFrequency", "must be greater than 0"},
          Violation{"spec.to[0].default.conf.http.hostSelection[2].predicate",
                    "OmitPreviousPriorities must only be specified once"},
          Violation{"spec.to[0].default.conf.http.hostSelection[3].predicate", "unknown predicate type 'Random'"}));
}

}  // namespace
}  // namespace weft
