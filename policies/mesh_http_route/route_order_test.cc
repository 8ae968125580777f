#include "policies/mesh_http_route/route_order.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "policies/mesh_http_route/hidden_rules.h"
#include "policies/policy_text.h"
#include "policies/written_lists.h"

namespace weft::mesh_http_route {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using weft::testing::spec_of;

std::string path(const std::string& type, const std::string& value) {
  return cat("path { type: '", type, "' value: '", value, "' } ");
}
std::string prefix(const std::string& value) { return path("PathPrefix", value); }
std::string exact(const std::string& value) { return path("Exact", value); }
std::string regex(const std::string& value) { return path("RegularExpression", value); }
std::string header(const std::string& name, const std::string& type, const std::string& value = "") {
  return cat("headers { name: '", name, "' type: '", type, "' value: '", value, "' } ");
}
constexpr char kGet[] = "method: 'GET' ";
constexpr char kQuery[] = "query_params { type: 'Exact' name: 'a' value: 'b' } ";

bool covered(const std::string& wide, const std::string& narrow) {
  return covers(spec_of<v1::HttpRouteMatch>(wide), spec_of<v1::HttpRouteMatch>(narrow));
}

TEST(RouteOrder, TheMoreSpecificMatchIsTriedFirst) {
  const std::vector<std::string> in_order = {exact("/api"),
                                             prefix("/api/v1") + kGet,
                                             prefix("/api/v1") + header("a", "Present") + header("b", "Present"),
                                             prefix("/api"),
                                             regex("/api/.*"),
                                             kGet,
                                             std::string(header("a", "Present")),
                                             kQuery,
                                             ""};
  std::vector<v1::HttpRouteMatch> matches;
  for (const std::string& text : in_order) matches.push_back(spec_of<v1::HttpRouteMatch>(text));
  for (size_t i = 0; i < matches.size(); ++i) {
    for (size_t k = 0; k < matches.size(); ++k) {
      EXPECT_EQ(is_tried_before(matches[i], matches[k]), i < k) << in_order[i] << " / " << in_order[k];
    }
  }
}

TEST(RouteOrder, ExactPathsAreNotOrderedByLength) {
  const auto shorter = spec_of<v1::HttpRouteMatch>(exact("/a"));
  const auto longer = spec_of<v1::HttpRouteMatch>(exact("/a/b"));
  EXPECT_FALSE(is_tried_before(shorter, longer));
  EXPECT_FALSE(is_tried_before(longer, shorter));
}

TEST(Covers, APrefixTakesWhatIsBelowIt) {
  EXPECT_TRUE(covered(prefix("/a"), prefix("/a/b")));
  EXPECT_TRUE(covered(prefix("/a"), exact("/a")));
  EXPECT_FALSE(covered(prefix("/a"), exact("/ab")));
  EXPECT_FALSE(covered(prefix("/a/b"), prefix("/a")));
  EXPECT_TRUE(covered(prefix("/"), ""));
  EXPECT_FALSE(covered(prefix("/a"), ""));
  EXPECT_TRUE(covered("", prefix("/a")));
}

TEST(Covers, AnExpressionIsBelowAPrefixWhenAllItsTextsAre) {
  EXPECT_TRUE(covered(prefix("/api"), regex("/api/.*")));
  EXPECT_TRUE(covered(prefix("/api"), regex("^/api/v[0-9]+$")));
  EXPECT_TRUE(covered(prefix("/api"), regex("/api")));
  EXPECT_FALSE(covered(prefix("/api"), regex("/api.*")));  // /apix
  EXPECT_FALSE(covered(prefix("/api"), regex("/api/?")));  // the slash may be missing: not told
  EXPECT_FALSE(covered(prefix("/api"), regex("/api/a|/b")));
  EXPECT_TRUE(covered(prefix("/"), regex(".*")));
  EXPECT_TRUE(covered(regex("/.*"), prefix("/a")));
  EXPECT_FALSE(covered(regex("/a.*"), prefix("/a")));  // not told
  EXPECT_TRUE(covered(exact("/a"), regex("/a")));
  EXPECT_FALSE(covered(exact("/a"), regex("/a.")));
}

TEST(Covers, EveryConditionOfTheWiderOneHoldsForTheOther) {
  EXPECT_TRUE(covered("", kGet));
  EXPECT_FALSE(covered(kGet, ""));
  EXPECT_FALSE(covered(kGet, "method: 'PUT'"));
  EXPECT_TRUE(covered("", kQuery));
  EXPECT_FALSE(covered(kQuery, ""));
  EXPECT_TRUE(covered(kQuery, cat(kQuery, kGet)));
  EXPECT_FALSE(covered(kQuery, "query_params { type: 'RegularExpression' name: 'a' value: 'b' }"));
}

TEST(Covers, HeadersAreComparedByWhatTheyLetThrough) {
  EXPECT_TRUE(covered(header("a", "Present"), header("a", "Exact", "x")));
  EXPECT_TRUE(covered(header("a", "Prefix", "x"), header("a", "Exact", "xy")));
  EXPECT_TRUE(covered(header("a", "Prefix", "x"), header("a", "Prefix", "xy")));
  EXPECT_TRUE(covered(header("a", "Prefix", ""), header("a", "RegularExpression", "x")));
  EXPECT_FALSE(covered(header("a", "Prefix", "x"), header("a", "RegularExpression", "x.*")));
  EXPECT_FALSE(covered(header("a", "Exact", "x"), header("a", "Present")));
  EXPECT_FALSE(covered(header("a", "Present"), header("a", "Absent")));
  EXPECT_TRUE(covered(header("a", "Absent"), header("a", "Absent")));
  EXPECT_FALSE(covered(header("a", "Present"), header("b", "Present")));
}

// Rules of one policy.
std::string rule(const std::string& matches, const std::string& action = "") {
  return cat("rules { ", matches, " default { ", action, " } } ");
}
std::string match(const std::string& text) { return cat("matches { ", text, " } "); }

std::vector<HiddenRule> hidden(const std::vector<std::string>& policies, size_t own = 0) {
  std::vector<v1::MeshHTTPRouteConf> confs;
  for (const std::string& text : policies) confs.push_back(spec_of<v1::MeshHTTPRouteConf>(text));
  std::vector<const google::protobuf::Message*> pointers;
  for (const v1::MeshHTTPRouteConf& conf : confs) pointers.push_back(&conf);
  return hidden_rules(pointers, own);
}

TEST(HiddenRules, RulesThatAreTriedInTurnAreAllReached) {
  EXPECT_THAT(hidden({rule(match(prefix("/"))) + rule(match(prefix("/a"))) + rule(match(exact("/a")))}), IsEmpty());
  EXPECT_THAT(hidden({rule(match(prefix("/a"))) + rule(match(prefix("/a") + kGet))}), IsEmpty());
}

TEST(HiddenRules, AnExpressionBelowAPrefixIsNot) {
  EXPECT_THAT(hidden({rule(match(regex("/api/.*"))) + rule(match(prefix("/api")))}), ElementsAre(HiddenRule{0, 0, 1}));
}

TEST(HiddenRules, WithoutAPathARuleComesAfterTheWholeOfThem) {
  EXPECT_THAT(hidden({rule(match(header("a", "Present"))) + rule(match(prefix("/")))}),
              ElementsAre(HiddenRule{0, 0, 1}));
  EXPECT_THAT(hidden({rule(match(header("a", "Present"))) + rule(match(prefix("/") + kGet))}), IsEmpty());
}

TEST(HiddenRules, ARuleIsHiddenWhenAllItsMatchesAre) {
  const std::string wide = rule(match(prefix("/a"))) + rule(match(prefix("/b")));
  EXPECT_THAT(hidden({wide + rule(match(regex("/a/x.")) + match(regex("/b/x.")))}), ElementsAre(HiddenRule{2, 0, 1}));
  EXPECT_THAT(hidden({wide + rule(match(regex("/a/x.")) + match(regex("/c/x.")))}), IsEmpty());
}

TEST(HiddenRules, RulesOfOtherPoliciesHideToo) {
  const std::string wide = rule(match(prefix("/")));
  const std::string narrow = rule(match(kGet));
  EXPECT_THAT(hidden({narrow, wide}, 0), ElementsAre(HiddenRule{0, 1, 0}));  // though that policy is weaker
  EXPECT_THAT(hidden({wide, narrow}, 1), ElementsAre(HiddenRule{0, 0, 0}));
  EXPECT_THAT(hidden({wide, narrow}, 0), IsEmpty());
}

TEST(HiddenRules, OfEqualMatchesTheWeakerIsHiddenWhenNothingOfItIsLeft) {
  const std::string backend = "backend_refs { kind: 'MeshService' } ";
  const std::string filter = "filters { type: 'URLRewrite' } ";
  const std::string same = match(prefix("/a"));
  EXPECT_THAT(hidden({rule(same, backend), rule(same, backend)}, 1), ElementsAre(HiddenRule{0, 0, 0}));
  EXPECT_THAT(hidden({rule(same, backend), rule(same, backend)}, 0), IsEmpty());
  // They are merged: the filter of the weaker stays.
  EXPECT_THAT(hidden({rule(same, backend), rule(same, filter)}, 1), IsEmpty());
  // Of one policy the first wins.
  EXPECT_THAT(hidden({rule(same, backend) + rule(same, backend)}), ElementsAre(HiddenRule{1, 0, 0}));
}

}  // namespace
}  // namespace weft::mesh_http_route
