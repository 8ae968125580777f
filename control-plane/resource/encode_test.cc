#include "control-plane/resource/encode.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include "base/document/print.h"
#include "control-plane/resource/check.h"
#include "control-plane/resource/encode_kubernetes.h"
#include "weft/v1/dataplane_insight.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

Resource resource_of(std::string_view yaml) {
  const Result<std::vector<Node>> documents = parse_yaml(yaml);
  EXPECT_TRUE(documents.ok()) << documents.status();
  const Checked checked = check_document(documents->at(0), "default");
  for (const Finding& finding : checked.errors) ADD_FAILURE() << sentence(finding);
  return checked.resource == nullptr ? Resource{} : *checked.resource;
}

TEST(Encode, AsObjectsOfKubernetes) {
  const auto compact = [](const Resource& resource) {
    return compact_json(parse_json(encode_kubernetes(resource)).value());
  };
  EXPECT_EQ(
      compact(resource_of("{type: Dataplane, name: web, mesh: m, labels: {a: b}, networking: {address: 10.0.0.1}}")),
      R"({"apiVersion":"kuma.io/v1alpha1","kind":"Dataplane","mesh":"m","metadata":{"name":"web",)"
      R"("namespace":"kuma-system","labels":{"a":"b"}},"spec":{"networking":{"address":"10.0.0.1"}}})");
  EXPECT_EQ(compact(resource_of("{type: MeshTimeout, name: t.shop, mesh: m, labels: {k8s.kuma.io/namespace: shop}, "
                                "spec: {to: [{targetRef: {kind: Mesh}, default: {idleTimeout: 1s}}]}}")),
            R"({"apiVersion":"kuma.io/v1alpha1","kind":"MeshTimeout","metadata":{"name":"t","namespace":"shop",)"
            R"("labels":{"k8s.kuma.io/namespace":"shop","kuma.io/mesh":"m"}},)"
            R"("spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"1s"}}]}})");
  EXPECT_EQ(compact(resource_of("{type: Mesh, name: m}")),
            R"({"apiVersion":"kuma.io/v1alpha1","kind":"Mesh","metadata":{"name":"m"},"spec":{}})");
  EXPECT_EQ(compact(resource_of("{type: Secret, name: s, mesh: m, data: dGVzdA==}")),
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"kuma-system",)"
            R"("labels":{"kuma.io/mesh":"m"}},"type":"system.kuma.io/secret","data":{"value":"dGVzdA=="}})");
  EXPECT_EQ(compact(resource_of("{type: GlobalSecret, name: s, data: dGVzdA==}")),
            R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"kuma-system"},)"
            R"("type":"system.kuma.io/global-secret","data":{"value":"dGVzdA=="}})");
}

TEST(Encode, TheSpecShapeAsTheApiPrintsIt) {
  Resource resource = resource_of(R"(
type: MeshService
name: redis
labels: {kuma.io/zone: east, kuma.io/display-name: redis}
spec:
  selector: {dataplaneLabels: {matchLabels: {app: redis}}}
  ports: [{port: 6379, targetPort: 6379}]
)");
  EXPECT_EQ(encode(resource), R"({
 "type": "MeshService",
 "mesh": "default",
 "name": "redis",
 "creationTime": "0001-01-01T00:00:00Z",
 "modificationTime": "0001-01-01T00:00:00Z",
 "labels": {
  "kuma.io/display-name": "redis",
  "kuma.io/zone": "east"
 },
 "kri": "kri_msvc_default_east__redis_",
 "snis": [
  {
   "port": 6379,
   "sni": "sni.msvc.default.east.redis.6379"
  }
 ],
 "spec": {
  "state": "Unavailable",
  "selector": {
   "dataplaneLabels": {
    "matchLabels": {
     "app": "redis"
    }
   }
  },
  "ports": [
   {
    "port": 6379,
    "targetPort": 6379,
    "appProtocol": "tcp"
   }
  ]
 },
 "status": {
  "tls": {},
  "dataplaneProxies": {}
 }
})");
}

TEST(Encode, DurationsAreNormalisedInTheSpecShapeAndSecondsInTheInlineShape) {
  const Resource timeout = resource_of(R"({type: MeshTimeout, name: t, spec: {to: [
    {targetRef: {kind: Mesh}, default: {connectionTimeout: 90s, idleTimeout: "0"}}]}})");
  EXPECT_NE(encode(timeout, JsonWriter::Style::kCompact).find(R"("connectionTimeout":"1m30s","idleTimeout":"0s")"),
            std::string::npos)
      << encode(timeout);
  const Resource dataplane = resource_of(R"({type: Dataplane, name: d, networking: {address: 10.0.0.1, inbound: [
    {port: 80, serviceProbe: {interval: 1m30s, timeout: 250ms}}]}})");
  EXPECT_NE(encode(dataplane, JsonWriter::Style::kCompact).find(R"("interval":"90s","timeout":"0.250s")"),
            std::string::npos)
      << encode(dataplane);
}

TEST(Encode, WideNumbersAreTextInTheInlineShape) {
  v1::DataplaneInsight insight;
  auto& subscription = *insight.add_subscriptions();
  subscription.mutable_connect_time()->set_seconds(1'767'225'600);
  subscription.mutable_status()->mutable_total()->set_responses_sent(6);
  subscription.mutable_status()->mutable_eds();
  subscription.set_generation(1);
  EXPECT_EQ(
      encode_message(insight, v1::INLINE),
      R"({"subscriptions":[{"connectTime":"2026-01-01T00:00:00Z","status":{"total":{"responsesSent":"6"},"eds":{}},"generation":1}]})");
}

TEST(Encode, TextIsEscapedAsJsonNeedsAndNoMore) {
  const Resource mesh =
      resource_of("{type: Mesh, name: m, labels: {}, skipCreatingInitialPolicies: [\"<a&b>\\\"\\n\\x01é\"]}");
  EXPECT_NE(encode(mesh).find("\"<a&b>\\\"\\n\\u0001é\""), std::string::npos) << encode(mesh);
}

TEST(Encode, TimesHaveTheDigitsTheyNeed) {
  Resource mesh = resource_of("{type: Mesh, name: m}");
  mesh.created = Time(std::chrono::microseconds(1'767'225'600'250'000));
  mesh.modified = Time(std::chrono::seconds(1'767'225'600));
  EXPECT_EQ(
      encode(mesh, JsonWriter::Style::kCompact),
      R"({"type":"Mesh","name":"m","creationTime":"2026-01-01T00:00:00.25Z","modificationTime":"2026-01-01T00:00:00Z","kri":"kri_m____m_"})");
}

TEST(Encode, WhatIsPrintedReadsBackTheSame) {
  for (
      const std::string_view document :
      {R"({type: MeshRetry, name: r, spec: {targetRef: {kind: Dataplane, labels: {b: x, a: y}}, to: [{targetRef: {kind: MeshService,
          labels: {kuma.io/display-name: backend}, sectionName: http}, default: {tcp: {maxConnectAttempt: 3}, http: {numRetries: 0,
          backOff: {baseInterval: 25ms}, retryOn: ["5xx", "429"], hostSelectionMaxAttempts: 4, hostSelection: [{predicate:
          OmitHostsWithTags, tags: {a: b}}]}}}]}})",
       R"({type: Dataplane, name: d, networking: {address: web.local, inbound: [{port: 80, name: http, protocol: http, state: NotReady,
          health: {ready: false}}], transparentProxying: {reachableBackends: {refs: []}, ipFamilyMode: IPv4}, admin: {port: 9901}}})",
       R"({type: Secret, name: s, data: AAEC/w==})", R"({type: GlobalSecret, name: g, data: ""})"}) {
    const Resource first = resource_of(document);
    const std::string text = encode(first);
    const Result<Node> node = parse_json(text);
    ASSERT_TRUE(node.ok()) << node.status() << text;
    const Checked again = check_document(*node, "");
    ASSERT_NE(again.resource, nullptr) << text;
    EXPECT_TRUE(again.warnings.empty());
    EXPECT_EQ(encode(*again.resource), text);
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*again.resource->spec, *first.spec)) << text;
  }
}

}  // namespace
}  // namespace weft::cp
