#include "policies/mesh_rate_limit/mesh_rate_limit.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_rate_limit.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> validated(const std::string& text) {
  return testing::violations_of<v1::MeshRateLimit>(mesh_rate_limit_kind(), text);
}

const std::string kDataplane = "target_ref { kind: 'Dataplane' } ";
const std::string kToMesh = "to { target_ref { kind: 'Mesh' } default { local { http { disabled: true } } } } ";
const std::string kRule = "rules { default { local { http { disabled: true } } } } ";

std::vector<std::string> validated_conf(const std::string& conf, const std::string& matches = "") {
  return validated(kDataplane + "rules { " + matches + " default { " + conf + " } }");
}

TEST(MeshRateLimit, RulesAreForDataplanesAndToIsForTheMesh) {
  EXPECT_THAT(validated(kDataplane + kRule), IsEmpty());
  EXPECT_THAT(validated(kToMesh), IsEmpty());
  EXPECT_THAT(validated("target_ref { kind: 'Mesh' } " + kToMesh), IsEmpty());
  EXPECT_THAT(validated(kRule), ElementsAre("spec.rules: must not be defined"));
  EXPECT_THAT(validated(kDataplane + kToMesh), ElementsAre("spec.to: must not be defined"));
}

TEST(MeshRateLimit, EitherToOrRules) {
  EXPECT_THAT(validated(""), ElementsAre("spec: at least one of 'to' or 'rules' has to be defined"));
  EXPECT_THAT(validated(kDataplane + kToMesh + kRule),
              ElementsAre("spec: field 'to' must be empty when 'rules' is defined", "spec.to: must not be defined"));
}

TEST(MeshRateLimit, ALimitHasToSayWhat) {
  const std::string at = "spec.rules[0].default.local";
  EXPECT_THAT(validated_conf(""), ElementsAre(at + ": must be defined"));
  EXPECT_THAT(validated_conf("local { }"), ElementsAre(at + ": must have at least one defined: tcp, http"));
  EXPECT_THAT(validated_conf("local { http { } tcp { } }"),
              ElementsAre(at + ".http: must have at least one defined: disabled, requestRate, onRateLimit",
                          at + ".tcp: must have at least one defined: disabled, connectionRate"));
  EXPECT_THAT(validated_conf("local { http { on_rate_limit { } } tcp { disabled: true } }"), IsEmpty());
}

TEST(MeshRateLimit, ARateIsAboveZeroInAnIntervalAboveFiftyMilliseconds) {
  const std::string at = "spec.rules[0].default.local.";
  EXPECT_THAT(validated_conf("local { http { request_rate { num: 0 interval { nanos: 50000000 } } } "
                             "tcp { connection_rate { num: 0 interval { seconds: -1 } } } }"),
              ElementsAre(at + "http.requestRate.num: must be greater than 0",
                          at + "http.requestRate.interval: must be greater than: 50ms",
                          at + "tcp.connectionRate.num: must be greater than 0",
                          at + "tcp.connectionRate.interval: must be greater than: 50ms"));
  EXPECT_THAT(validated_conf("local { http { request_rate { num: 1 interval { nanos: 50000001 } } } }"), IsEmpty());
}

TEST(MeshRateLimit, TheStatusIsAboveZero) {
  EXPECT_THAT(validated_conf("local { http { on_rate_limit { status: 0 } } }"),
              ElementsAre("spec.rules[0].default.local.http.onRateLimit.status: must be greater than 0"));
}

TEST(MeshRateLimit, ConnectionsAreNotCountedByCaller) {
  const std::string tcp = "local { tcp { disabled: true } }";
  const std::string by_name = "matches { sni { type: 'Exact' value: 'a' } } ";
  EXPECT_THAT(validated_conf(tcp, by_name), IsEmpty());
  EXPECT_THAT(validated_conf(tcp, by_name + "matches { spiffe_id { type: 'Exact' value: 'spiffe://m/a' } }"),
              ElementsAre("spec.rules[0].default.local.tcp: can't be specified when matches contain spiffeID because "
                          "this field cannot be conditioned on source identity"));
}

TEST(MeshRateLimit, MatchesNameSomebody) {
  EXPECT_THAT(validated_conf("local { http { disabled: true } }", "matches { }"),
              ElementsAre("spec.rules[0].matches[0]: must specify at least one of 'spiffeID' or 'sni'"));
}

TEST(MeshRateLimit, ItemsOfToAreCheckedToo) {
  EXPECT_THAT(validated("to { target_ref { kind: 'Mesh' } }"),
              ElementsAre("spec.to[0].default.local: must be defined"));
}

TEST(MeshRateLimit, ToIsAcceptedAndRemarkedOn) {
  std::vector<std::string> remarks;
  mesh_rate_limit_kind().remark(testing::spec_of<v1::MeshRateLimit>("rules { }"), remarks);
  EXPECT_THAT(remarks, IsEmpty());
  mesh_rate_limit_kind().remark(testing::spec_of<v1::MeshRateLimit>("to { target_ref { kind: 'Mesh' } }"), remarks);
  EXPECT_THAT(
      remarks,
      ElementsAre(
          "spec.to limits nothing: a MeshRateLimit is for traffic that arrives, in rules of a policy for Dataplanes"));
}

}  // namespace
}  // namespace weft
