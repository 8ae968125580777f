#include "policies/mesh_timeout/mesh_timeout.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& text) {
  Violations violations;
  mesh_timeout_kind().validate(spec_of<v1::MeshTimeout>(text), violations);
  return violations.list();
}

std::vector<Violation> validated_conf(const std::string& conf) {
  return validated("to { target_ref { kind: 'Mesh' } default { " + conf + " } }");
}

std::unique_ptr<const Policy> made(const std::string& conf, bool inbound = false) {
  auto policy = mesh_timeout_kind().make(spec_of<v1::MeshTimeoutConf>(conf).SerializeAsString(), inbound);
  EXPECT_TRUE(policy.ok());
  return std::move(*policy);
}

Plan plan_of(const std::string& conf) {
  Plan plan;
  plan.connect_timeout = plan.idle_timeout = plan.request_timeout = plan.stream_idle_timeout = Nanoseconds(-1);
  made(conf)->prepare(plan);
  return plan;
}

TEST(MeshTimeoutPlan, RuntimeDefaultsFillWhatNobodySets) {
  const Plan plan = plan_of("");
  EXPECT_EQ(plan.connect_timeout, seconds(5));
  EXPECT_EQ(plan.idle_timeout, hours(1));
  EXPECT_EQ(plan.request_timeout, seconds(15));
  EXPECT_EQ(plan.stream_idle_timeout, minutes(30));
  EXPECT_EQ(plan.max_stream_duration, seconds(0));
  EXPECT_EQ(plan.max_connection_duration, seconds(0));
}

TEST(MeshTimeoutPlan, EveryFieldReachesThePlan) {
  const Plan plan = plan_of(
      "connection_timeout { nanos: 250000000 } idle_timeout { seconds: 2 } http { request_timeout { seconds: 3 }"
      "stream_idle_timeout { seconds: 4 } max_stream_duration { seconds: 5 } max_connection_duration { seconds: 6 } }");
  EXPECT_EQ(plan.connect_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(plan.idle_timeout, seconds(2));
  EXPECT_EQ(plan.request_timeout, seconds(3));
  EXPECT_EQ(plan.stream_idle_timeout, seconds(4));
  EXPECT_EQ(plan.max_stream_duration, seconds(5));
  EXPECT_EQ(plan.max_connection_duration, seconds(6));
}

TEST(MeshTimeoutPlan, ZeroIsKeptAsNoLimitAndNotReplacedByTheDefault) {
  const Plan plan = plan_of("idle_timeout { } http { request_timeout { } stream_idle_timeout { } }");
  EXPECT_EQ(plan.idle_timeout, seconds(0));
  EXPECT_EQ(plan.request_timeout, seconds(0));
  EXPECT_EQ(plan.stream_idle_timeout, seconds(0));
}

TEST(MeshTimeoutPlan, OnlyAnInboundLimitsTheClientsConnection) {
  const std::string conf =
      "idle_timeout { seconds: 7 } http { max_connection_duration { seconds: 8 } request_headers_timeout { seconds: 9 "
      "} }";
  ConnectionPlan outbound;
  made(conf, false)->prepare_connection(outbound);
  EXPECT_EQ(outbound.idle_timeout, seconds(0));
  EXPECT_EQ(outbound.max_connection_duration, seconds(0));
  EXPECT_EQ(outbound.request_headers_timeout, seconds(9));
  ConnectionPlan inbound;
  made(conf, true)->prepare_connection(inbound);
  EXPECT_EQ(inbound.idle_timeout, seconds(7));
  EXPECT_EQ(inbound.max_connection_duration, seconds(8));
  EXPECT_EQ(inbound.request_headers_timeout, seconds(9));
}

TEST(MeshTimeoutPlan, BesideNamedCallersTheInboundDefaultsHold) {
  const auto policy = mesh_timeout_kind().make(mesh_timeout_kind().conf_beside_matches(), true);
  ASSERT_TRUE(policy.ok());
  Plan plan;
  (*policy)->prepare(plan);
  EXPECT_EQ(plan.connect_timeout, seconds(10));
  EXPECT_EQ(plan.idle_timeout, hours(2));
  EXPECT_EQ(plan.request_timeout, seconds(0));
  EXPECT_EQ(plan.stream_idle_timeout, hours(1));
}

TEST(MeshTimeoutPlan, AConfThatCannotHoldIsRefusedWithTheFieldNamed) {
  EXPECT_FALSE(mesh_timeout_kind().make("\xff\xff", false).ok());
  const auto refused = mesh_timeout_kind().make(
      spec_of<v1::MeshTimeoutConf>("http { request_timeout { seconds: -1 } }").SerializeAsString(), false);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(reason(refused.status()), "MeshTimeout: http.requestTimeout is out of range");
}

TEST(MeshTimeoutValidation, EitherToOrRules) {
  EXPECT_THAT(validated(""), ElementsAre(Violation{"spec", "at least one of 'to' or 'rules' has to be defined"}));
  EXPECT_THAT(
      validated(
          "to { target_ref { kind: 'Mesh' } default { idle_timeout { } } } rules { default { idle_timeout { } } }"),
      ElementsAre(Violation{"spec", "fields 'to' must be empty when 'rules' is defined"}));
}

TEST(MeshTimeoutValidation, AnItemHasToSayATime) {
  EXPECT_THAT(validated_conf(""),
              ElementsAre(Violation{"spec.to[0].default", "at least one timeout should be configured"}));
  EXPECT_THAT(
      validated_conf("http { }"),
      ElementsAre(Violation{"spec.to[0].default.http", "at least one timeout in this section should be configured"}));
  EXPECT_THAT(validated("rules { }"),
              ElementsAre(Violation{"spec.rules[0].default", "at least one timeout should be configured"}));
}

TEST(MeshTimeoutValidation, TheTimeForTheHeadAloneIsNotEnough) {
  EXPECT_THAT(
      validated_conf("http { request_headers_timeout { seconds: 1 } }"),
      ElementsAre(Violation{"spec.to[0].default.http", "at least one timeout in this section should be configured"}));
  EXPECT_THAT(validated_conf("http { request_headers_timeout { seconds: 1 } request_timeout { } }"), IsEmpty());
}

TEST(MeshTimeoutValidation, TimesAreNotNegativeAndConnectingIsNotZero) {
  EXPECT_THAT(validated_conf("connection_timeout { }"),
              ElementsAre(Violation{"spec.to[0].default.connectionTimeout", "must be greater than zero when defined"}));
  EXPECT_THAT(
      validated_conf(
          "idle_timeout { seconds: -1 } http { request_timeout { seconds: -1 } stream_idle_timeout { seconds: -1 }"
          "max_stream_duration { seconds: -1 } max_connection_duration { seconds: -1 }"
          "request_headers_timeout { nanos: -1 } }"),
      ElementsAre(Violation{"spec.to[0].default.idleTimeout", "must not be negative when defined"},
                  Violation{"spec.to[0].default.http.requestTimeout", "must not be negative when defined"},
                  Violation{"spec.to[0].default.http.streamIdleTimeout", "must not be negative when defined"},
                  Violation{"spec.to[0].default.http.maxStreamDuration", "must not be negative when defined"},
                  Violation{"spec.to[0].default.http.maxConnectionDuration", "must not be negative when defined"},
                  Violation{"spec.to[0].default.http.requestHeadersTimeout", "must not be negative when defined"}));
  EXPECT_THAT(validated_conf("idle_timeout { } http { request_timeout { } }"), IsEmpty());
}

TEST(MeshTimeoutValidation, WhatBelongsToAConnectionCannotDependOnTheCaller) {
  const std::string text =
      "connection_timeout { seconds: 1 } idle_timeout { seconds: 1 } http { request_timeout { seconds: 1 }"
      "max_stream_duration { seconds: 1 } max_connection_duration { seconds: 1 } request_headers_timeout { seconds: 1 "
      "} }";
  const auto violations = validated(
      "rules { matches { sni { type: 'Exact' value: 'a' } } matches { spiffe_id { type: 'Exact' value: 'spiffe://m/a' "
      "} }"
      " default { " +
      text + " } }");
  std::vector<std::string> fields;
  for (const Violation& violation : violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("spec.rules[0].default.connectionTimeout", "spec.rules[0].default.idleTimeout",
                                  "spec.rules[0].default.http.requestHeadersTimeout",
                                  "spec.rules[0].default.http.maxStreamDuration",
                                  "spec.rules[0].default.http.maxConnectionDuration"));
  EXPECT_THAT(validated("rules { matches { sni { type: 'Exact' value: 'a' } } default { " + text + " } }"), IsEmpty());
}

TEST(MeshTimeoutValidation, MatchesAreChecked) {
  EXPECT_THAT(validated("rules { matches { } default { idle_timeout { } } }"),
              ElementsAre(Violation{"spec.rules[0].matches[0]", "must specify at least one of 'spiffeID' or 'sni'"}));
}

}  // namespace
}  // namespace weft
