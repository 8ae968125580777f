#include "policies/mesh_http_route/conf.h"

#include <gmock/gmock.h>

#include "policies/effective_conf.h"
#include "policies/order.h"
#include "policies/policy_text.h"
#include "policies/to_rules.h"
#include "weft/v1/mesh_tcp_route.pb.h"

namespace weft::mesh_http_route {
namespace {

using ::testing::ElementsAre;
using testing::policy_of;
using testing::spec_of;
using ::testing::UnorderedElementsAre;

// A rule for a path; `backend` names where it leads, empty: nowhere in particular. `more` goes into its default.
std::string rule(const std::string& path, const std::string& backend = "", const std::string& more = "") {
  const std::string to = backend.empty() ? "" : "backend_refs { kind: 'MeshService' section_name: '" + backend + "' } ";
  return "rules { matches { path { value: '" + path + "' type: 'PathPrefix' } } default { " + to + more + "} } ";
}
const std::string kTarget =
    "target_ref { kind: 'MeshService' labels { key: 'kuma.io/display-name' value: 'backend' } } ";
std::string to(const std::string& rules) { return "to { " + kTarget + rules + "} "; }

class RouteConfTest : public ::testing::Test {
 protected:
  void add(const std::string& name, const std::string& spec, const Labels& labels = {}) {
    policies_.push_back(policy_of<v1::MeshHTTPRoute>(name, spec, labels));
  }
  ToRule merged() {
    const ToRules rules = to_rules(sorted_to_entries(policies_), {nullptr, {&backend_}});
    return rules.begin()->second;
  }
  // "path>backend" in order.
  std::vector<std::string> table() {
    std::vector<std::string> out;
    const ToRule all = merged();
    for (const auto& one : static_cast<const v1::MeshHTTPRouteConf&>(*all.effective.conf).rules()) {
      std::string line = one.matches(0).path().value() + ">";
      for (const auto& ref : one.default_().backend_refs()) line += ref.section_name();
      for (const auto& filter : one.default_().filters()) line += "+" + filter.type();
      out.push_back(line);
    }
    return out;
  }

  std::vector<PolicyPtr> policies_;
  TargetResource backend_ = {
      "MeshService", "default", "backend", "kri_msvc_default___backend_", {{"kuma.io/display-name", "backend"}}, {}};
};

TEST_F(RouteConfTest, RulesOfTheStrongerPolicyComeFirst) {
  add("bbb", to(rule("/1", "b") + rule("/2", "b")));
  add("aaa", to(rule("/3", "a") + rule("/4", "a")));
  EXPECT_THAT(table(), ElementsAre("/3>a", "/4>a", "/1>b", "/2>b"));
}

TEST_F(RouteConfTest, RulesWithEqualMatchesAreOneAtThePlaceOfTheStronger) {
  add("bbb", to(rule("/1", "b", "filters { type: 'URLRewrite' } ") + rule("/2", "b")));
  add("aaa", to(rule("/3", "a") + rule("/1", "a")));
  EXPECT_THAT(table(), ElementsAre("/3>a", "/1>a+URLRewrite", "/2>b"));
}

TEST_F(RouteConfTest, TheFirstOfEqualRulesOfOnePolicyWins) {
  add("p", to(rule("/1", "first") + rule("/2", "x") + rule("/1", "second")));
  EXPECT_THAT(table(), ElementsAre("/1>first", "/2>x"));
}

TEST_F(RouteConfTest, ItemsOfOnePolicyAreMergedLikePolicies) {
  add("p", to(rule("/1", "a")) + to(rule("/2", "b") + rule("/1", "b")));
  EXPECT_THAT(table(), ElementsAre("/2>b", "/1>b"));
}

TEST_F(RouteConfTest, OriginsAreToldByTheHashOfTheMatches) {
  add("bbb", to(rule("/1", "b") + rule("/2", "b")));
  add("aaa", to(rule("/2", "a")));
  const ToRule all = merged();
  std::vector<std::string> origins;
  for (const auto& [hash, origin] : all.origin_by_matches)
    origins.push_back(cat(hash, " ", origin.policy->meta.name, "#", origin.index));
  const auto hash = [](const std::string& path) {
    return match_hash(spec_of<v1::MeshHTTPRouteConf>(rule(path)).rules(0).matches());
  };
  EXPECT_THAT(origins, UnorderedElementsAre(hash("/1") + " bbb#0", hash("/2") + " aaa#0"));
}

TEST(MatchHash, IsThatOfTheMatchesAsJson) {
  const auto hash = [](const std::string& matches) {
    return match_hash(spec_of<v1::MeshHTTPRouteRule>(matches).matches());
  };
  EXPECT_EQ(hash("matches { path { value: '/all-to-v1' type: 'PathPrefix' } }"),
            "INA9CySpV6H/9i+YojV8runPQRKlTJorpk2wpmoIjeE=");
  // printf '%s' '[{"method":"GET","queryParams":[{"type":"Exact","name":"q","value":"1"}],"headers":[{"type":"Prefix",
  // "name":"h","value":"\u003ca\u0026b"}]}]' | openssl dgst -sha256 -binary | base64   (without the line break)
  EXPECT_EQ(hash("matches { method: 'GET' query_params { type: 'Exact' name: 'q' value: '1' }"
                 " headers { type: 'Prefix' name: 'h' value: '<a&b' } }"),
            "4DxKzVq6IH8Rkz0YsnJDjZnC+WPnapMCenXOOei9dvQ=");
}

TEST(RouteConf, ATcpRouteWithoutARuleLeadsToTheServiceItself) {
  const PolicyPtr policy = policy_of<v1::MeshTCPRoute>(
      "p", "to { " + kTarget + "} to { " + kTarget + "rules { default { backend_refs { kind: 'x' } } } }");
  const auto& itself = static_cast<const v1::MeshTCPRouteRule&>(*policy->spec.to_conf(0));
  ASSERT_EQ(itself.default_().backend_refs_size(), 1);
  EXPECT_EQ(itself.default_().backend_refs(0).labels().at("kuma.io/display-name"), "backend");
  EXPECT_EQ(itself.default_().backend_refs(0).weight(), 1u);
  const auto& written = static_cast<const v1::MeshTCPRouteRule&>(*policy->spec.to_conf(1));
  EXPECT_EQ(written.default_().backend_refs(0).kind(), "x");
}

}  // namespace
}  // namespace weft::mesh_http_route
