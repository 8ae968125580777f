#include <gtest/gtest.h>

#include "policies/chain.h"
#include "policies/mesh_traffic_permission/mesh_traffic_permission.h"
#include "policies/policy_text.h"
#include "weft/v1/config_item.pb.h"
#include "weft/v1/mesh_traffic_permission.pb.h"

namespace weft {
namespace {

using testing::spec_of;

struct RuleText {
  std::string origin;
  std::string conf;
};

std::string list_of(const std::vector<RuleText>& rules) {
  v1::RuleList list;
  for (const RuleText& rule : rules) {
    v1::RuleList::Rule& added = *list.add_rules();
    added.set_origin(rule.origin);
    added.set_conf(spec_of<v1::MeshTrafficPermissionConf>(rule.conf).SerializeAsString());
  }
  return list.SerializeAsString();
}

std::string match(const std::string& list, const std::string& type, const std::string& id,
                  const std::string& sni = "") {
  const std::string name = sni.empty() ? "" : cat(" sni { type: 'Exact' value: '", sni, "' }");
  return cat(list, " { spiffe_id { type: '", type, "' value: 'spiffe://", id, "' }", name, " } ");
}

std::unique_ptr<const Policy> made(const std::vector<RuleText>& rules) {
  auto policy = mesh_traffic_permission_kind().make(list_of(rules), true);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

// "allow", "shadow <policy>" or "deny <policy>".
std::string verdict(const Policy& policy, const Peer& peer) {
  Plan plan;
  const std::optional<Refusal> refusal = policy.decide_connection(peer, plan);
  Plan of_request;
  const std::optional<Refusal> again = policy.decide({"GET", "/", "a", {}, peer}, of_request);
  EXPECT_EQ(refusal.has_value(), again.has_value()) << "connections and requests are judged alike";
  EXPECT_EQ(plan.shadow_denied_by, of_request.shadow_denied_by);
  if (refusal) {
    EXPECT_EQ(refusal->status, 403);
    EXPECT_EQ(refusal->kind, "MeshTrafficPermission");
    EXPECT_EQ(refusal->detail, "RBAC: access denied");
    return cat("deny ", refusal->origin);
  }
  return plan.shadow_denied_by.empty() ? "allow" : cat("shadow ", plan.shadow_denied_by);
}

Peer peer(std::string_view identity, std::string_view server_name = "") { return {true, identity, server_name}; }

// policies.md B.9.
TEST(TrafficPermission, TheRulesOfAllPoliciesAddUp) {
  const auto policy = made({{"R1", match("deny", "Prefix", "td/ns/a/sa/x")},
                            {"R2", match("allow", "Prefix", "td/ns/a")},
                            {"R3", match("allow_with_shadow_deny", "Exact", "td/ns/b/sa/y")}});
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/ns/a/sa/x")), "deny R1");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/ns/a/sa/z")), "allow");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/ns/ab/sa/q")), "allow");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/ns/b/sa/y")), "shadow R3");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/ns/c/sa/z")), "deny default");
  EXPECT_EQ(verdict(*policy, Peer{}), "allow") << "plaintext in Permissive";
}

// C4 case 48.
TEST(TrafficPermission, WithoutAnyRuleNobodyMayTalk) {
  EXPECT_EQ(verdict(*made({}), peer("spiffe://td/a")), "deny default");
  EXPECT_EQ(verdict(*made({{"R", ""}}), peer("spiffe://td/a")), "deny default");
  EXPECT_EQ(verdict(*made({{"R", "allow { }"}}), peer("spiffe://td/a")), "deny default") << "it names nobody";
  EXPECT_EQ(verdict(*made({{"R", "allow { }"}}), peer("")), "deny default");
}

TEST(TrafficPermission, AnEmptyMatchDeniesNobody) {
  const auto policy = made({{"R", "deny { } " + match("allow", "Exact", "td/a")}});
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/a")), "allow");
}

TEST(TrafficPermission, ADenialBeatsEveryAllowWhereverTheyStand) {
  const std::string exact = match("allow", "Exact", "td/a") + match("allow_with_shadow_deny", "Exact", "td/a");
  EXPECT_EQ(verdict(*made({{"A", exact}, {"D", match("deny", "Prefix", "td")}}), peer("spiffe://td/a")), "deny D");
  EXPECT_EQ(verdict(*made({{"D", match("deny", "Prefix", "td")}, {"A", exact}}), peer("spiffe://td/a")), "deny D");
}

TEST(TrafficPermission, ARehearsedDenialShowsBesideAnAllowToo) {
  const auto policy =
      made({{"A", match("allow", "Prefix", "td")}, {"S", match("allow_with_shadow_deny", "Exact", "td/a")}});
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/a")), "shadow S");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/b")), "allow");
}

TEST(TrafficPermission, ExactIsTheWholeIdentityAndCaseCounts) {
  const auto policy = made({{"R", match("allow", "Exact", "td/a")}});
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/a")), "allow");
  for (const char* other : {"spiffe://td/ab", "spiffe://td/a/", "spiffe://td/A", "spiffe://td/", "", "td/a"}) {
    EXPECT_EQ(verdict(*policy, peer(other)), "deny default") << other;
  }
}

TEST(TrafficPermission, AServerNameMustBeTheOneThatWasAskedFor) {
  const auto policy = made({{"R", "allow { sni { type: 'Exact' value: 'shop' } }"},
                            {"S", match("allow", "Exact", "td/a", "cart") + match("deny", "Prefix", "td/b", "shop")}});
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/x", "shop")), "allow");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/x", "cart")), "deny default");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/a", "cart")), "allow");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/a", "")), "deny default");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/b", "shop")), "deny S");
}

TEST(TrafficPermission, EveryPrefixThatFitsIsTriedNotOnlyTheLongest) {
  const auto policy = made({{"long", match("allow", "Prefix", "td/ns/a/sa/x", "elsewhere")},
                            {"beside", match("allow", "Prefix", "td/ns/a/sa/a")},
                            {"short", match("allow", "Prefix", "td/ns")},
                            {"other", match("allow", "Prefix", "td/nsx/y")}});
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/ns/a/sa/xyz")), "allow");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/nt")), "deny default");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/n")), "deny default");
}

TEST(TrafficPermission, TheLongestPrefixIsTheOneThatIsNamed) {
  const auto policy = made({{"short", match("deny", "Prefix", "td/")},
                            {"exact", match("deny", "Exact", "td/a/b")},
                            {"long", match("deny", "Prefix", "td/a")},
                            {"again", match("deny", "Prefix", "td/a")}});
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/a/b")), "deny exact");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/a/c")), "deny long");
  EXPECT_EQ(verdict(*policy, peer("spiffe://td/c")), "deny short");
}

// The lists against the plain reading of the contract.
TEST(TrafficPermission, AThousandEntriesDecideAsOneByOne) {
  std::vector<std::string> prefixes;
  std::string conf;
  for (int i = 0; i < 1000; ++i) {
    prefixes.push_back(cat("td/ns/", i % 37, i % 3 == 0 ? "/sa/" : "", i % 3 == 0 ? cat(i) : std::string()));
    conf += match("allow", "Prefix", prefixes.back());
  }
  const auto policy = made({{"R", conf}});
  for (int i = 0; i < 2000; ++i) {
    const std::string id = cat("td/ns/", i % 53, "/sa/", i);
    const bool fits = std::any_of(prefixes.begin(), prefixes.end(),
                                  [&](const std::string& prefix) { return id.starts_with(prefix); });
    const std::string whole = cat("spiffe://", id);
    EXPECT_EQ(verdict(*policy, peer(whole)), fits ? "allow" : "deny default") << id;
  }
}

// C4 case 49: fail closed on what a newer control plane may say.
TEST(TrafficPermission, WhatItDoesNotUnderstandItRefuses) {
  const auto refused = [](const std::string& bytes) {
    const auto policy = mesh_traffic_permission_kind().make(bytes, true);
    return policy.ok() ? std::string() : reason(policy.status());
  };
  EXPECT_EQ(refused("\xff\xff"), "MeshTrafficPermission: the conf cannot be read");
  v1::RuleList list;
  list.add_rules()->set_conf("\xff\xff");
  EXPECT_EQ(refused(list.SerializeAsString()), "MeshTrafficPermission: rules[0]: conf: cannot be read");
  EXPECT_EQ(refused(list_of({{"R", "allow { spiffe_id { type: 'Suffix' value: 'a' } }"}})),
            "MeshTrafficPermission: rules[0]: allow[0]: spiffeID.type: \"Suffix\" is not known");
  EXPECT_EQ(refused(list_of({{"R", ""}, {"S", "deny { sni { type: 'Prefix' value: 'a' } }"}})),
            "MeshTrafficPermission: rules[1]: deny[0]: sni.type: \"Prefix\" is not known");
  auto conf = spec_of<v1::MeshTrafficPermissionConf>(match("allow", "Exact", "td/a"));
  conf.mutable_allow(0)->GetReflection()->MutableUnknownFields(conf.mutable_allow(0))->AddVarint(3, 1);
  list.mutable_rules(0)->set_conf(conf.SerializeAsString());
  EXPECT_EQ(refused(list.SerializeAsString()), "MeshTrafficPermission: rules[0]: allow[0] has an unknown field 3");
  list.mutable_rules(0)->GetReflection()->MutableUnknownFields(list.mutable_rules(0))->AddVarint(3, 1);
  EXPECT_EQ(refused(list.SerializeAsString()), "MeshTrafficPermission: rules[0] has an unknown field 3");
  EXPECT_FALSE(mesh_traffic_permission_kind().make("", false).ok()) << "an outbound has no callers";
}

TEST(TrafficPermission, AChainKnowsThatSomebodyGuardsItAndReadsNoHeaders) {
  const PolicyChain chain({std::shared_ptr<const Policy>(made({}))});
  EXPECT_TRUE(chain.guards());
  EXPECT_TRUE(chain.judges());
  EXPECT_FALSE(chain.reads_headers());
  EXPECT_FALSE(PolicyChain().guards());
  EXPECT_TRUE(chain.same_guards(chain));
  EXPECT_FALSE(chain.same_guards(PolicyChain()));
  Plan plan;
  EXPECT_TRUE(chain.decide_connection(peer("spiffe://td/a"), plan).has_value());
}

TEST(TrafficPermission, WhereNobodyGuardsAnAuthenticatedPeerIsRefused) {
  Plan plan;
  const PolicyChain chain;
  const Peer known = peer("spiffe://td/a");
  ASSERT_TRUE(chain.decide_connection(known, plan).has_value());
  EXPECT_EQ(chain.decide_connection(known, plan)->origin, "default");
  EXPECT_TRUE(chain.decide({"GET", "/", "a", {}, known}, plan).has_value());
  EXPECT_FALSE(chain.decide({"GET", "/", "a", {}, {}}, plan).has_value());
  EXPECT_FALSE(chain.decide_connection({}, plan).has_value());
}

}  // namespace
}  // namespace weft
