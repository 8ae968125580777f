#include "policies/mesh_load_balancing_strategy/locality.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft::mesh_load_balancing_strategy {
namespace {

const Labels kProxy = {{"kuma.io/zone", "us-1"}, {"node", "n1"}, {"az", "a"}};

Nearness nearness(const std::string& awareness, const Labels& proxy = kProxy) {
  v1::MeshLoadBalancingStrategyConf conf;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(cat("locality_awareness { ", awareness, " }"), &conf));
  return Nearness(proxy, conf.SerializeAsString());
}

// "0 node=n1 90"
std::string place(const Nearness& of, Labels labels, const std::string& zone = "us-1") {
  if (!zone.empty()) labels["kuma.io/zone"] = zone;
  const auto found = of.place_of(labels);
  return found ? cat(found->priority, " ", found->name, " ", found->weight) : "none";
}

TEST(Nearness, WithoutAPolicyTheOwnZoneComesFirst) {
  const Nearness none(kProxy, "");
  EXPECT_EQ(place(none, {}), "0 local 1");
  EXPECT_EQ(place(none, {}, "eu-1"), "1 other zones 1");
  EXPECT_EQ(place(none, {}, ""), "1 other zones 1");
  EXPECT_EQ(none.overprovisioning_percent(), 0u);
  const Nearness without_zone(Labels{}, "");
  EXPECT_EQ(place(without_zone, {}, ""), "0 local 1");
}

TEST(Nearness, DisabledMakesAllZonesAlike) {
  const Nearness disabled = nearness("disabled: true");
  EXPECT_EQ(place(disabled, {}), place(disabled, {}, "eu-1"));
  // But not where localZone or crossZone stands beside it.
  EXPECT_EQ(place(nearness("disabled: true local_zone {}"), {}, "eu-1"), "none");
}

// The worked example of the contract.
const std::string kExample =
    "local_zone { affinity_tags { key: 'node' } affinity_tags { key: 'az' } } "
    "cross_zone { failover_threshold { percentage { number: 70 } } "
    "  failover { from { zones: 'us-1' } to { type: 'Only' zones: 'us-2' } } failover { to { type: 'Any' } } }";

TEST(Nearness, FollowsAffinityTagsAndFailoverRules) {
  const Nearness example = nearness(kExample);
  EXPECT_EQ(place(example, {{"node", "n1"}, {"az", "a"}}), "0 node=n1 90");
  EXPECT_EQ(place(example, {{"node", "n2"}, {"az", "a"}}), "0 az=a 9");
  EXPECT_EQ(place(example, {{"node", "n3"}}), "0 local 1");
  EXPECT_EQ(place(example, {{"node", "n1"}}, "us-2"), "1 failover 1 1");
  EXPECT_EQ(place(example, {}, "eu-1"), "2 failover 2 1");
  EXPECT_EQ(example.overprovisioning_percent(), 100u);
}

TEST(Nearness, ARuleIsForTheZonesItNames) {
  const Nearness elsewhere = nearness(kExample, {{"kuma.io/zone", "eu-1"}});
  EXPECT_EQ(place(elsewhere, {}, "us-2"), "2 failover 2 1");
}

TEST(Nearness, ZonesThatNoRuleSelectsAreNotUsed) {
  EXPECT_EQ(place(nearness("local_zone { affinity_tags { key: 'node' } }"), {}, "us-2"), "none");
  const Nearness except = nearness("cross_zone { failover { to { type: 'AnyExcept' zones: 'us-2' } } }");
  EXPECT_EQ(place(except, {}, "us-2"), "none");
  EXPECT_EQ(place(except, {}, "eu-1"), "1 failover 1 1");
  // "None" selects nothing and ends nothing.
  const Nearness none = nearness("cross_zone { failover { to { type: 'None' } } failover { to { type: 'Any' } } }");
  EXPECT_EQ(place(none, {}, "us-2"), "2 failover 2 1");
}

TEST(Nearness, TagsThatTheProxyDoesNotHaveAreNotLookedAt) {
  const Nearness one = nearness("local_zone { affinity_tags { key: 'rack' } affinity_tags { key: 'az' } }");
  EXPECT_EQ(place(one, {{"rack", "r"}, {"az", "a"}}), "0 az=a 9");
  const Nearness weighted =
      nearness("local_zone { affinity_tags { key: 'az' weight: 3 } affinity_tags { key: 'node' weight: 7 } }");
  EXPECT_EQ(place(weighted, {{"node", "n1"}, {"az", "a"}}), "0 az=a 3");
  EXPECT_EQ(place(weighted, {{"node", "n1"}}), "0 node=n1 7");
}

TEST(Nearness, TagsWithoutWeightsGoByTens) {
  const Labels proxy = {{"a", "1"}, {"b", "1"}, {"c", "1"}};
  const Nearness three = nearness(
      "local_zone { affinity_tags { key: 'a' } affinity_tags { key: 'b' } affinity_tags { key: 'c' } }", proxy);
  EXPECT_EQ(place(three, {{"a", "1"}}, ""), "0 a=1 900");
  EXPECT_EQ(place(three, {{"b", "1"}}, ""), "0 b=1 90");
  EXPECT_EQ(place(three, {{"c", "1"}}, ""), "0 c=1 9");
}

TEST(Nearness, TheThresholdSaysHowMuchAZoneTakesOn) {
  const auto percent = [](const std::string& threshold) {
    return nearness(cat("cross_zone { failover_threshold { percentage { ", threshold, " } } }"))
        .overprovisioning_percent();
  };
  EXPECT_EQ(percent("number: 50"), 200u);
  EXPECT_EQ(percent("number: 70"), 100u);
  EXPECT_EQ(percent("number: 33"), 300u);
  EXPECT_EQ(percent("text: '99.9'"), 100u);
  EXPECT_EQ(nearness("cross_zone { }").overprovisioning_percent(), 200u);
}

TEST(Nearness, KeysAreEqualForProxiesThatSeeTheSame) {
  Labels other = kProxy;
  other["app"] = "web";
  EXPECT_EQ(nearness(kExample).key(), nearness(kExample, other).key());
  other["node"] = "n2";
  EXPECT_NE(nearness(kExample).key(), nearness(kExample, other).key());
  EXPECT_EQ(Nearness(kProxy, "").key(), Nearness(other, "").key());
  EXPECT_NE(Nearness(kProxy, "").key(), nearness("disabled: true").key());
}

}  // namespace
}  // namespace weft::mesh_load_balancing_strategy
