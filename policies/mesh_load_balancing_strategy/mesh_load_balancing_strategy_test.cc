#include "policies/mesh_load_balancing_strategy/mesh_load_balancing_strategy.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> validated(const std::string& text) {
  return testing::violations_of<v1::MeshLoadBalancingStrategy>(mesh_load_balancing_strategy_kind(), text);
}

const std::string kLabels = "labels { key: 'kuma.io/display-name' value: 'backend' } ";

std::vector<std::string> validated_conf(const std::string& conf, const std::string& target = "kind: 'Mesh'") {
  return validated("to { target_ref { " + target + " } default { " + conf + " } }");
}

std::vector<std::string> validated_failover(const std::string& failover) {
  return validated_conf("locality_awareness { cross_zone { failover { " + failover + " } } }");
}

std::vector<std::string> validated_threshold(const std::string& percentage) {
  return validated_conf("locality_awareness { cross_zone { failover_threshold { percentage { " + percentage +
                        " } } } }");
}

const std::string kLocality = "spec.to[0].default.localityAwareness.";

TEST(MeshLoadBalancingStrategy, NothingIsNeeded) {
  EXPECT_THAT(validated(""), IsEmpty());
  EXPECT_THAT(validated_conf(""), IsEmpty());
  EXPECT_THAT(validated_conf("locality_awareness { disabled: true } load_balancer { type: 'Maglev' }"), IsEmpty());
}

TEST(MeshLoadBalancingStrategy, AffinityTagsHaveKeysAndAllOrNoneHaveWeights) {
  const auto tags = [](const std::string& list) {
    return validated_conf("locality_awareness { local_zone { " + list + " } }");
  };
  EXPECT_THAT(tags("affinity_tags { key: 'a' } affinity_tags { key: 'b' }"), IsEmpty());
  EXPECT_THAT(tags("affinity_tags { key: 'a' weight: 9 } affinity_tags { key: 'b' weight: 1 }"), IsEmpty());
  EXPECT_THAT(tags("affinity_tags { key: 'a' weight: 9 } affinity_tags { key: 'b' }"),
              ElementsAre(kLocality + "localZone.affinityTags: all or none affinity tags should have weight"));
  EXPECT_THAT(tags("affinity_tags { key: 'a' weight: 1 } affinity_tags { weight: 0 }"),
              ElementsAre(kLocality + "localZone.affinityTags[1].key: must not be empty",
                          kLocality + "localZone.affinityTags[1].weight: must be greater than 0"));
}

TEST(MeshLoadBalancingStrategy, TheZonesAFailoverComesFromAreNamed) {
  EXPECT_THAT(validated_failover("from { } to { type: 'Any' }"),
              ElementsAre(kLocality + "crossZone.failover[0].from.zones: must not be empty"));
  EXPECT_THAT(validated_failover("from { zones: 'a' zones: '' } to { type: 'Any' }"),
              ElementsAre(kLocality + "crossZone.failover[0].from.zones[1]: must not be empty"));
  EXPECT_THAT(validated_failover("from { zones: 'a' } to { type: 'Any' }"), IsEmpty());
}

TEST(MeshLoadBalancingStrategy, OnlySomeFailoversNameZones) {
  for (const char* type : {"Any", "None"}) {
    EXPECT_THAT(validated_failover(cat("to { type: '", type, "' }")), IsEmpty());
    EXPECT_THAT(validated_failover(cat("to { type: '", type, "' zones: 'a' }")),
                ElementsAre(cat(kLocality, "crossZone.failover[0].to.zones: must be empty when type is ", type)));
  }
  for (const char* type : {"Only", "AnyExcept"}) {
    EXPECT_THAT(validated_failover(cat("to { type: '", type, "' zones: 'a' }")), IsEmpty());
    EXPECT_THAT(validated_failover(cat("to { type: '", type, "' }")),
                ElementsAre(cat(kLocality, "crossZone.failover[0].to.zones: must not be empty when type is ", type)));
  }
}

TEST(MeshLoadBalancingStrategy, TheThresholdIsAShareAboveZero) {
  const std::string at = kLocality + "crossZone.failoverThreshold.percentage: ";
  EXPECT_THAT(validated_threshold("text: '99.9'"), IsEmpty());
  EXPECT_THAT(validated_threshold("number: 0"), ElementsAre(at + "must be greater than 0"));
  EXPECT_THAT(validated_threshold("number: 101"), ElementsAre(at + "must be in inclusive range [0.0, 100.0]"));
  EXPECT_THAT(validated_threshold("text: 'half'"), ElementsAre(at + "string must be a valid number"));
}

TEST(MeshLoadBalancingStrategy, AMeshServiceDoesNotLeaveItsZone) {
  const std::string cross_zone = "locality_awareness { cross_zone { failover { to { type: 'Any' } } } }";
  EXPECT_THAT(validated_conf(cross_zone, "kind: 'MeshService' " + kLabels),
              ElementsAre(kLocality + "crossZone: must not be set: MeshService traffic is local"));
  EXPECT_THAT(validated_conf(cross_zone, "kind: 'MeshMultiZoneService' " + kLabels), IsEmpty());
  EXPECT_THAT(validated_conf(cross_zone), IsEmpty());
}

TEST(MeshLoadBalancingStrategy, TheBiasIsANumberNotBelowZero) {
  const auto bias = [](const std::string& written) {
    return validated_conf("load_balancer { type: 'LeastRequest' least_request { active_request_bias { " + written +
                          " } } }");
  };
  const std::string at = "spec.to[0].default.loadBalancer.leastRequest.activeRequestBias: ";
  EXPECT_THAT(bias("text: '1.3'"), IsEmpty());
  EXPECT_THAT(bias("number: 0"), IsEmpty());
  EXPECT_THAT(bias("number: -1"), ElementsAre(at + "must be greater or equal then: 0"));
  EXPECT_THAT(bias("text: 'x'"), ElementsAre(at + "string must be a valid number"));
}

TEST(MeshLoadBalancingStrategy, SlowStartTakesTimeAndGrows) {
  const auto slow_start = [](const std::string& block) {
    return validated_conf("load_balancer { type: 'RoundRobin' slow_start { " + block + " } }");
  };
  const std::string at = "spec.to[0].default.loadBalancer.slowStart.";
  EXPECT_THAT(slow_start("window { seconds: 30 } aggression { text: '1.5' } min_weight_percent: 5"), IsEmpty());
  EXPECT_THAT(slow_start("window { }"), ElementsAre(at + "window: must be greater than 0"));
  EXPECT_THAT(slow_start("window { seconds: 1 } aggression { number: 0 }"),
              ElementsAre(at + "aggression: must be greater than 0"));
  EXPECT_THAT(slow_start("window { seconds: 1 } aggression { text: 'x' }"),
              ElementsAre(at + "aggression: string must be a valid number"));
}

TEST(MeshLoadBalancingStrategy, AHashPolicyHasTheBlockOfItsType) {
  const std::vector<std::pair<std::string, std::string>> blocks = {{"Header", "header"},
                                                                   {"Cookie", "cookie"},
                                                                   {"Connection", "connection"},
                                                                   {"QueryParameter", "queryParameter"},
                                                                   {"FilterState", "filterState"}};
  for (const auto& [type, block] : blocks) {
    EXPECT_THAT(validated_conf(cat("hash_policies { type: '", type, "' }")),
                ElementsAre(cat("spec.to[0].default.hashPolicies[0].", block, ": must be defined")));
  }
  EXPECT_THAT(validated_conf("hash_policies { type: 'Body' }"),
              ElementsAre("spec.to[0].default.hashPolicies[0].type: unrecognized type"));
}

TEST(MeshLoadBalancingStrategy, TheCookiesPathIsAbsolute) {
  EXPECT_THAT(validated_conf("hash_policies { type: 'Cookie' cookie { name: 'a' path: '/x' } }"), IsEmpty());
  EXPECT_THAT(validated_conf("hash_policies { type: 'Cookie' cookie { name: 'a' path: 'x' } }"),
              ElementsAre("spec.to[0].default.hashPolicies[0].cookie.path: must be an absolute path"));
}

TEST(MeshLoadBalancingStrategy, ForARouteOnlyHashPolicies) {
  const std::string route = "kind: 'MeshHTTPRoute' " + kLabels;
  EXPECT_THAT(validated_conf("hash_policies { type: 'Connection' connection { } }", route), IsEmpty());
  EXPECT_THAT(validated_conf("hash_policies { type: 'Header' } load_balancer { } locality_awareness { }", route),
              ElementsAre("spec.to[0].default.hashPolicies[0].header: must be defined",
                          "spec.to[0].default.loadBalancer: field is not allowed when targetRef.kind is "
                          "MeshHTTPRoute, only hashPolicies is supported",
                          "spec.to[0].default.localityAwareness: field is not allowed when targetRef.kind is "
                          "MeshHTTPRoute, only hashPolicies is supported"));
}

TEST(MeshLoadBalancingStrategy, SizesThatDoNotFitAreRemarkedOn) {
  const auto remarks = [](const std::string& balancer) {
    std::vector<std::string> out;
    const std::string spec = "to { target_ref { kind: 'Mesh' } default { load_balancer { " + balancer + " } } }";
    mesh_load_balancing_strategy_kind().remark(testing::spec_of<v1::MeshLoadBalancingStrategy>(spec), out);
    return out;
  };
  EXPECT_THAT(remarks("maglev { table_size: 65537 } ring_hash { min_ring_size: 8 max_ring_size: 8 }"), IsEmpty());
  EXPECT_THAT(remarks("slow_start { window { seconds: 5 } } type: 'Maglev'"),
              ElementsAre("spec.to[0].default.loadBalancer.slowStart has no effect with Maglev"));
  EXPECT_THAT(remarks("maglev { table_size: 65536 } ring_hash { min_ring_size: 9 max_ring_size: 8 }"),
              ElementsAre("spec.to[0].default.loadBalancer.maglev.tableSize: 65536 is no prime number, 65537 is used",
                          "spec.to[0].default.loadBalancer.ringHash.minRingSize is above maxRingSize, which holds"));
}

}  // namespace
}  // namespace weft
