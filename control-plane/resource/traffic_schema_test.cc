// What the schemas of the kinds about connections, callers and instances allow, fill in and refuse.
#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/resource/check.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Node document(const std::string& type, const std::string& spec) {
  const auto documents = parse_yaml(cat("type: ", type, "\nmesh: default\nname: p\nspec: ", spec, "\n"));
  EXPECT_TRUE(documents.ok()) << documents.status() << spec;
  return documents->at(0);
}

std::vector<std::string> fields(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings) out.push_back(finding.field);
  return out;
}

std::vector<std::string> refused(const std::string& type, const std::string& spec) {
  const Decoded decoded = decode(document(type, spec));
  EXPECT_THAT(decoded.unreadable, IsEmpty());
  return fields(decoded.violations);
}

std::vector<std::string> unreadable(const std::string& type, const std::string& spec) {
  return fields(decode(document(type, spec)).unreadable);
}

// As it is stored and printed, nothing being wrong with it.
std::string kept(const std::string& type, const std::string& spec) {
  const Checked checked = check_document(document(type, spec), "default");
  for (const Finding& error : checked.errors) ADD_FAILURE() << sentence(error);
  return checked.resource == nullptr ? "" : encode_message(*checked.resource->spec);
}

std::string to_mesh(const std::string& conf) { return cat("{to: [{targetRef: {kind: Mesh}, default: {", conf, "}}]}"); }
std::string rule(const std::string& conf) { return cat("{rules: [{default: {", conf, "}}]}"); }
constexpr char kTo[] = "spec.to[0].default.";
constexpr char kRule[] = "spec.rules[0].default.";

TEST(TrafficSchema, EveryToItemHasATarget) {
  for (const char* type :
       {"MeshCircuitBreaker", "MeshHealthCheck", "MeshLoadBalancingStrategy", "MeshRateLimit", "MeshFaultInjection"}) {
    EXPECT_THAT(refused(type, "{to: [{default: {}}]}"), ElementsAre("spec.to[0].targetRef")) << type;
    EXPECT_THAT(refused(type, "{targetRef: {kind: MeshService}, to: [{targetRef: {kind: Dataplane}}]}"),
                ElementsAre("spec.targetRef.kind", "spec.to[0].targetRef.kind"))
        << type;
  }
}

TEST(TrafficSchema, SomeRulesNeedADefault) {
  EXPECT_THAT(refused("MeshTrafficPermission", "{rules: [{}]}"), ElementsAre("spec.rules[0].default"));
  EXPECT_THAT(refused("MeshFaultInjection", "{rules: [{}]}"), ElementsAre("spec.rules[0].default"));
  for (const char* type : {"MeshTLS", "MeshRateLimit", "MeshCircuitBreaker"}) {
    EXPECT_THAT(refused(type, "{rules: [{}]}"), IsEmpty()) << type;
  }
}

TEST(TrafficSchema, TlsIsMadeOfKnownWords) {
  EXPECT_THAT(refused("MeshTLS", rule("mode: Off, tlsVersion: {min: TLS14, max: SSL3}, tlsCiphers: [RC4]")),
              UnorderedElementsAre(cat(kRule, "mode"), cat(kRule, "tlsVersion.min"), cat(kRule, "tlsVersion.max"),
                                   cat(kRule, "tlsCiphers[0]")));
  EXPECT_EQ(kept("MeshTLS", rule("tlsVersion: {min: TLS12}, tlsCiphers: []")),
            R"({"rules":[{"default":{"tlsVersion":{"min":"TLS12","max":"TLSAuto"},"tlsCiphers":[]}}]})");
}

TEST(TrafficSchema, CallersAreMatchedByKnownWords) {
  for (const char* list : {"allow", "deny", "allowWithShadowDeny"}) {
    EXPECT_THAT(refused("MeshTrafficPermission", rule(cat(list, ": [{spiffeID: {type: Regex}, sni: {type: Prefix}}]"))),
                UnorderedElementsAre(cat(kRule, list, "[0].spiffeID.type"), cat(kRule, list, "[0].spiffeID.value"),
                                     cat(kRule, list, "[0].sni.type"), cat(kRule, list, "[0].sni.value")));
  }
  for (const char* type : {"MeshRateLimit", "MeshFaultInjection"}) {
    EXPECT_THAT(refused(type, "{rules: [{matches: [{spiffeID: {type: Regex, value: a}}], default: {}}]}"),
                ElementsAre("spec.rules[0].matches[0].spiffeID.type"));
  }
  EXPECT_EQ(kept("MeshTrafficPermission", rule("allow: [{sni: {type: Exact, value: a.b}}]")),
            R"({"rules":[{"default":{"allow":[{"sni":{"type":"Exact","value":"a.b"}}]}}]})");
}

TEST(TrafficSchema, CountsAreWholeAndNotNegativeAndTimesAreDurations) {
  EXPECT_THAT(unreadable("MeshCircuitBreaker", to_mesh("connectionLimits: {maxConnections: -1}")),
              ElementsAre(cat(kTo, "connectionLimits.maxConnections")));
  EXPECT_THAT(unreadable("MeshCircuitBreaker", to_mesh("outlierDetection: {interval: soon}")),
              ElementsAre(cat(kTo, "outlierDetection.interval")));
  EXPECT_THAT(unreadable("MeshHealthCheck", to_mesh("timeout: x")), ElementsAre(cat(kTo, "timeout")));
  EXPECT_THAT(unreadable("MeshRateLimit", to_mesh("local: {tcp: {connectionRate: {num: 1, interval: often}}}")),
              ElementsAre(cat(kTo, "local.tcp.connectionRate.interval")));
  EXPECT_THAT(refused("MeshCircuitBreaker", to_mesh("connectionLimits: {maxRetries: '3'}")),
              ElementsAre(cat(kTo, "connectionLimits.maxRetries")));
}

TEST(TrafficSchema, HeadersToAddAreNamedInLowerCase) {
  const auto headers = [](const std::string& list) {
    return refused("MeshHealthCheck", to_mesh(cat("http: {requestHeadersToAdd: {", list, "}}")));
  };
  const std::string at = cat(kTo, "http.requestHeadersToAdd.");
  EXPECT_THAT(headers("set: [{name: X-A, value: v}, {name: x b, value: v}], add: [{name: x-a}, {value: v}]"),
              UnorderedElementsAre(at + "set[0].name", at + "set[1].name", at + "add[0].value", at + "add[1].name"));
  EXPECT_THAT(
      refused("MeshRateLimit", to_mesh("local: {http: {onRateLimit: {headers: {set: [{name: X, value: v}]}}}}")),
      ElementsAre(cat(kTo, "local.http.onRateLimit.headers.set[0].name")));
  EXPECT_EQ(kept("MeshHealthCheck", to_mesh("http: {requestHeadersToAdd: {set: [{name: x-a, value: ''}]}}")),
            R"({"to":[{"targetRef":{"kind":"Mesh"},"default":{"http":{"requestHeadersToAdd":{"set":[{"name":"x-a",)"
            R"("value":""}]}}}}]})");
}

TEST(TrafficSchema, LoadBalancersHaveATypeAndSizesWithinBounds) {
  EXPECT_THAT(
      refused("MeshLoadBalancingStrategy",
              to_mesh("loadBalancer: {leastRequest: {choiceCount: 1}, ringHash: {hashFunction: MD5, minRingSize: 0, "
                      "maxRingSize: 8000001}, maglev: {tableSize: 5000012}}")),
      UnorderedElementsAre(cat(kTo, "loadBalancer.type"), cat(kTo, "loadBalancer.leastRequest.choiceCount"),
                           cat(kTo, "loadBalancer.ringHash.hashFunction"),
                           cat(kTo, "loadBalancer.ringHash.minRingSize"), cat(kTo, "loadBalancer.ringHash.maxRingSize"),
                           cat(kTo, "loadBalancer.maglev.tableSize")));
  EXPECT_THAT(refused("MeshLoadBalancingStrategy", to_mesh("loadBalancer: {type: Weighted}")),
              ElementsAre(cat(kTo, "loadBalancer.type")));
}

TEST(TrafficSchema, HashPoliciesHaveATypeAndNames) {
  EXPECT_THAT(
      refused("MeshLoadBalancingStrategy",
              to_mesh("hashPolicies: [{}, {type: Body}, {type: Header, header: {name: ''}}, {type: Cookie, "
                      "cookie: {}}, {type: FilterState, filterState: {}}, {type: QueryParameter, "
                      "queryParameter: {name: ''}}]")),
      ElementsAre(cat(kTo, "hashPolicies[0].type"), cat(kTo, "hashPolicies[1].type"),
                  cat(kTo, "hashPolicies[2].header.name"), cat(kTo, "hashPolicies[3].cookie.name"),
                  cat(kTo, "hashPolicies[4].filterState.key"), cat(kTo, "hashPolicies[5].queryParameter.name")));
}

TEST(TrafficSchema, FailoverSaysWhereToAndTagsSayWhich) {
  EXPECT_THAT(refused("MeshLoadBalancingStrategy",
                      to_mesh("localityAwareness: {localZone: {affinityTags: [{weight: 1}]}, crossZone: {failover: "
                              "[{from: {}}, {to: {type: Some}}, {to: {}}], failoverThreshold: {}}}")),
              UnorderedElementsAre(cat(kTo, "localityAwareness.localZone.affinityTags[0].key"),
                                   cat(kTo, "localityAwareness.crossZone.failover[0].from.zones"),
                                   cat(kTo, "localityAwareness.crossZone.failover[0].to"),
                                   cat(kTo, "localityAwareness.crossZone.failover[1].to.type"),
                                   cat(kTo, "localityAwareness.crossZone.failover[2].to.type"),
                                   cat(kTo, "localityAwareness.crossZone.failoverThreshold.percentage")));
}

TEST(TrafficSchema, RatesAndFaultsAreComplete) {
  EXPECT_THAT(refused("MeshRateLimit", to_mesh("local: {http: {requestRate: {}}, tcp: {connectionRate: {num: 1}}}")),
              UnorderedElementsAre(cat(kTo, "local.http.requestRate.num"), cat(kTo, "local.http.requestRate.interval"),
                                   cat(kTo, "local.tcp.connectionRate.interval")));
  EXPECT_THAT(refused("MeshFaultInjection", rule("http: [{abort: {}, delay: {}, responseBandwidth: {}}]")),
              UnorderedElementsAre(cat(kRule, "http[0].abort.httpStatus"), cat(kRule, "http[0].abort.percentage"),
                                   cat(kRule, "http[0].delay.value"), cat(kRule, "http[0].delay.percentage"),
                                   cat(kRule, "http[0].responseBandwidth.limit"),
                                   cat(kRule, "http[0].responseBandwidth.percentage")));
  EXPECT_EQ(kept("MeshFaultInjection", rule("http: [{delay: {value: 90s, percentage: '2.5'}}]")),
            R"({"rules":[{"default":{"http":[{"delay":{"value":"1m30s","percentage":"2.5"}}]}}]})");
  EXPECT_EQ(kept("MeshFaultInjection", rule("http: []")), R"({"rules":[{"default":{"http":[]}}]})");
}

TEST(TrafficSchema, PassthroughIsMadeOfKnownWords) {
  EXPECT_THAT(
      refused("MeshPassthrough", "{default: {passthroughMode: Some, appendMatch: [{type: Host, protocol: udp}]}}"),
      UnorderedElementsAre("spec.default.passthroughMode", "spec.default.appendMatch[0].type",
                           "spec.default.appendMatch[0].protocol", "spec.default.appendMatch[0].value"));
  EXPECT_EQ(kept("MeshPassthrough", "{default: {appendMatch: [{type: CIDR, value: 10.0.0.0/8}]}}"),
            R"({"default":{"appendMatch":[{"type":"CIDR","value":"10.0.0.0/8","protocol":"tcp"}]}})");
}

}  // namespace
}  // namespace weft::cp
