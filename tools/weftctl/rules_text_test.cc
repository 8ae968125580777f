#include "tools/weftctl/rules_text.h"

#include <gmock/gmock.h>

namespace weft::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Node& effective() {
  static const Node node = [] {
    const auto parsed = parse_json(R"({"name":"web-1","confs":[
      {"side":"outbound","type":"Mesh","name":"default","kind":"MeshTimeout",
       "fields":[{"path":"idleTimeout","value":"1h","origin":0}],"origins":[{"name":"wide"}]},
      {"side":"outbound","type":"MeshService","name":"backend","section":"http","kind":"MeshTimeout",
       "fields":[{"path":"connectionTimeout","value":"2s","origin":1},{"path":"idleTimeout","value":"9s","origin":1}],
       "origins":[{"name":"wide"},{"name":"narrow"}]},
      {"side":"outbound","type":"Mesh","name":"default","kind":"MeshRetry",
       "fields":[{"path":"http.retryOn","value":["5xx"],"origin":0}],"origins":[{"name":"r"}]}]})");
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return *parsed;
  }();
  return node;
}

TEST(RulesText, EveryFieldHasItsPolicy) {
  EXPECT_EQ(rules_text(effective(), {}),
            "to every destination\n"
            "KIND          FIELD          VALUE     POLICY\n"
            "MeshTimeout   idleTimeout    1h        wide\n"
            "MeshRetry     http.retryOn   [\"5xx\"]   r\n"
            "\nto MeshService backend port http\n"
            "KIND          FIELD               VALUE   POLICY\n"
            "MeshTimeout   connectionTimeout   2s      narrow\n"
            "MeshTimeout   idleTimeout         9s      narrow\n");
}

TEST(RulesText, TowardsADestinationItsOwnRulesStandInForThoseOfAll) {
  const std::string text = rules_text(effective(), {"", "backend"});
  EXPECT_THAT(text, HasSubstr("narrow"));
  EXPECT_THAT(text, Not(HasSubstr("wide")));
  EXPECT_THAT(text, HasSubstr("http.retryOn"));
  EXPECT_THAT(rules_text(effective(), {"", "other"}), HasSubstr("wide"));
}

TEST(RulesText, AKindMayBeChosen) {
  EXPECT_THAT(rules_text(effective(), {"meshretry", ""}), Not(HasSubstr("MeshTimeout")));
  EXPECT_EQ(rules_text(effective(), {"meshtls", ""}), "No policy is for the Dataplane web-1.\n");
}

TEST(PoliciesText, SaysWhatOfAPolicyHoldsWhere) {
  EXPECT_EQ(policies_text(effective(), {}),
            "KIND          POLICY   WHERE                              HOLDS\n"
            "MeshRetry     r        to every destination               http.retryOn\n"
            "MeshTimeout   wide     to every destination               idleTimeout\n"
            "MeshTimeout   wide     to MeshService backend port http   nothing: overridden\n"
            "MeshTimeout   narrow   to MeshService backend port http   connectionTimeout, idleTimeout\n");
}

}  // namespace
}  // namespace weft::ctl
