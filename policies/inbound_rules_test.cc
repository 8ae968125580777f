#include "policies/inbound_rules.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::policy_of;

PolicyPtr timeout(const std::string& name, const std::string& spec, const Labels& labels = {}) {
  return policy_of<v1::MeshTimeout>(name, spec, labels);
}

std::string rule(const std::string& matches, int seconds) {
  return cat("rules { ", matches, " default { idle_timeout { seconds: ", seconds, " } } } ");
}
const std::string kExact = "spiffe_id { type: 'Exact' value: 'spiffe://m/a' }";
const std::string kPrefix = "spiffe_id { type: 'Prefix' value: 'spiffe://m' }";
const std::string kSni = "sni { type: 'Exact' value: 'a' }";
std::string match(const std::string& fields) { return "matches { " + fields + " } "; }

// "policy#rule", in order.
std::vector<std::string> order(const std::vector<InboundRule>& rules) {
  std::vector<std::string> out;
  for (const InboundRule& rule : rules) out.push_back(cat(rule.origin.policy->meta.name, "#", rule.origin.index));
  return out;
}

TEST(InboundRules, TheWeakestPolicyComesFirst) {
  EXPECT_THAT(order(inbound_rules({timeout("aaa", rule("", 1)), timeout("bbb", rule("", 2)),
                                   timeout("zone", rule("", 3), {{"kuma.io/origin", "zone"}})})),
              ElementsAre("bbb#0", "aaa#0", "zone#0"));
}

TEST(InboundRules, SpecificMatchesComeBeforeGeneralOnes) {
  const auto policy =
      timeout("p", rule("", 0) + rule(match(kSni), 0) + rule(match(kPrefix), 0) + rule(match(kPrefix + kSni), 0) +
                       rule(match(kExact), 0) + rule(match(kExact + kSni), 0));
  EXPECT_THAT(order(inbound_rules({policy})), ElementsAre("p#5", "p#4", "p#3", "p#2", "p#1", "p#0"));
}

TEST(InboundRules, EveryMatchIsARuleOfItsOwn) {
  const auto rules = inbound_rules({timeout("p", rule(match(kPrefix) + match(kExact), 7))});
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].match->spiffe_id().type(), "Exact");
  EXPECT_EQ(rules[1].match->spiffe_id().type(), "Prefix");
  EXPECT_EQ(rules[0].conf, rules[1].conf);
}

TEST(InboundRules, APolicyWithoutRulesGivesNone) {
  EXPECT_THAT(inbound_rules({timeout("p", "to { target_ref { kind: 'Mesh' } }")}), IsEmpty());
}

TEST(InboundRules, TheCatchAllMergesOnlyRulesForEverybody) {
  const auto rules = inbound_rules(
      {timeout("zzz", "rules { default { idle_timeout { seconds: 1 } connection_timeout { seconds: 5 } } }"),
       timeout("aaa", rule(match(kExact), 9) + rule("", 2))});
  const EffectiveConf effective = catch_all(rules);
  const auto& conf = static_cast<const v1::MeshTimeoutConf&>(*effective.conf);
  EXPECT_EQ(conf.idle_timeout().seconds(), 2);
  EXPECT_EQ(conf.connection_timeout().seconds(), 5);
  ASSERT_EQ(effective.origins.size(), 2u);
  EXPECT_EQ(effective.origins[1].index, 1);
  EXPECT_EQ(catch_all(inbound_rules({timeout("p", rule(match(kExact), 9))})).conf, nullptr);
}

// "type value: seconds" in the order in which matches are tried.
std::vector<std::string> callers(const std::vector<InboundRule>& rules, Beneath beneath) {
  std::vector<std::string> out;
  for (const CallerConf& one : caller_confs(rules, beneath)) {
    const auto& conf = static_cast<const v1::MeshTimeoutConf&>(*one.effective.conf);
    out.push_back(cat(one.match->spiffe_id().type(), " ", one.match->spiffe_id().value(),
                      one.match->has_sni() ? " sni" : "", ": ", conf.idle_timeout().seconds(), "/",
                      conf.connection_timeout().seconds()));
  }
  return out;
}
std::string identity(const std::string& type, const std::string& value, const std::string& more = "") {
  return match("spiffe_id { type: '" + type + "' value: '" + value + "' } " + more);
}
std::string connect(const std::string& matches, int seconds) {
  return cat("rules { ", matches, " default { connection_timeout { seconds: ", seconds, " } } } ");
}

TEST(CallerConfs, ACallerGetsWhatIsSaidOfAllItsPrefixesToo) {
  const auto rules = inbound_rules(
      {timeout("p", rule(identity("Exact", "spiffe://m/a/b"), 3) + connect(identity("Prefix", "spiffe://m/a"), 2) +
                        rule(identity("Prefix", "spiffe://m"), 1) + rule("", 9))});
  EXPECT_THAT(callers(rules, Beneath::kNothing),
              ElementsAre("Exact spiffe://m/a/b: 3/2", "Prefix spiffe://m/a: 1/2", "Prefix spiffe://m: 1/0"));
}

TEST(CallerConfs, TheLongerPrefixIsStrongerWhateverThePolicy) {
  const auto rules = inbound_rules({timeout("aaa", rule(identity("Prefix", "spiffe://m"), 1)),
                                    timeout("zzz", rule(identity("Prefix", "spiffe://m/a"), 2))});
  EXPECT_THAT(callers(rules, Beneath::kNothing), ElementsAre("Prefix spiffe://m/a: 2/0", "Prefix spiffe://m: 1/0"));
}

TEST(CallerConfs, OfEqualMatchesTheStrongerPolicyWins) {
  const auto rules = inbound_rules({timeout("aaa", rule(identity("Exact", "spiffe://m/a"), 1)),
                                    timeout("zzz", rule(identity("Exact", "spiffe://m/a"), 2))});
  EXPECT_THAT(callers(rules, Beneath::kNothing), ElementsAre("Exact spiffe://m/a: 1/0"));
}

TEST(CallerConfs, AServerNameBindsOnlyThoseThatHaveIt) {
  const auto rules =
      inbound_rules({timeout("p", rule(identity("Exact", "spiffe://m/a", kSni), 1) +
                                      connect(identity("Exact", "spiffe://m/a"), 2) + rule(match(kSni), 7))});
  EXPECT_THAT(callers(rules, Beneath::kNothing), ElementsAre("Exact spiffe://m/a sni: 1/2", "Exact spiffe://m/a: 0/2"));
}

TEST(CallerConfs, TheRulesForEverybodyMayLieBeneath) {
  const auto rules = inbound_rules({timeout("p", rule("", 9) + connect(identity("Exact", "spiffe://m/a"), 2))});
  EXPECT_THAT(callers(rules, Beneath::kCatchAll), ElementsAre("Exact spiffe://m/a: 9/2"));
}

}  // namespace
}  // namespace weft
