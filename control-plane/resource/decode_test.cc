#include "control-plane/resource/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control-plane/resource/check.h"
#include "control-plane/resource/encode.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Decoded read(std::string_view text) {
  const Result<std::vector<Node>> documents = parse_yaml(text);
  EXPECT_TRUE(documents.ok()) << documents.status();
  return decode(documents->at(0));
}

std::vector<std::string> sentences(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& finding : findings) out.push_back(sentence(finding));
  return out;
}

template <typename Spec>
const Spec& spec_of(const Decoded& decoded) {
  return *google::protobuf::DynamicCastToGenerated<const Spec>(decoded.spec.get());
}

TEST(Decode, TheSpecShape) {
  const Decoded decoded = read(R"(
type: MeshTimeout
mesh: default
name: slow
labels: {team: shop}
spec:
  targetRef: {kind: Dataplane, labels: {app: web}}
  to:
    - targetRef: {kind: Mesh}
      default: {connectionTimeout: 90s, http: {requestTimeout: 250ms}}
)");
  EXPECT_TRUE(decoded.ok());
  EXPECT_THAT(decoded.warnings, IsEmpty());
  EXPECT_EQ(decoded.key, (ResourceKey{"MeshTimeout", "default", "slow"}));
  EXPECT_EQ(decoded.labels.at("team"), "shop");
  const auto& spec = spec_of<v1::MeshTimeout>(decoded);
  EXPECT_EQ(spec.target_ref().labels().at("app"), "web");
  EXPECT_EQ(spec.to(0).default_().connection_timeout().seconds(), 90);
  EXPECT_EQ(spec.to(0).default_().http().request_timeout().nanos(), 250'000'000);
  EXPECT_FALSE(spec.to(0).default_().has_idle_timeout());
}

TEST(Decode, TheInlineShapeAndWhatAClientSendsBack) {
  const Decoded decoded = read(R"(
type: Dataplane
mesh: default
name: web-1
creationTime: "0001-01-01T00:00:00Z"
modificationTime: "0001-01-01T00:00:00Z"
kri: kri_dp_default___web-1_
networking:
  address: 10.0.0.5
  inbound:
    - {port: 8080, state: Ready, serviceProbe: {tcp: {}, interval: 1.5s}}
  gateway: null
)");
  EXPECT_TRUE(decoded.ok());
  EXPECT_THAT(decoded.warnings, IsEmpty());
  const auto& spec = spec_of<v1::Dataplane>(decoded);
  EXPECT_EQ(spec.networking().inbound(0).port(), 8080u);
  EXPECT_TRUE(spec.networking().inbound(0).state().empty()) << "Ready means the same as nothing";
  EXPECT_TRUE(spec.networking().inbound(0).service_probe().has_tcp());
  EXPECT_FALSE(spec.networking().has_gateway());
}

TEST(Decode, UnknownFieldsAreAcceptedWithAWarningThatSaysWhatWasMeant) {
  const Decoded decoded = read(R"(
type: MeshRetry
mesh: default
name: r
colour: red
spec:
  to:
    - targetRef: {kind: Mesh}
      default: {http: {numRetry: 3}}
)");
  EXPECT_TRUE(decoded.ok());
  EXPECT_THAT(sentences(decoded.warnings),
              ElementsAre("unknown field \"spec.to[0].default.http.numRetry\", did you mean \"numRetries\"?",
                          "unknown field \"colour\""));
  EXPECT_EQ(decoded.warnings[0].mark, (Mark{9, 24}));
}

TEST(Decode, ReportsEverySchemaViolationWithItsPlace) {
  const Decoded decoded = read(R"(
type: MeshRetry
mesh: default
name: r
spec:
  targetRef: {kind: MeshService, sectionName: 2}
  to:
    - default: {grpc: {retryOn: [5xx]}}
    - targetRef: {kind: Dataplane}
      default: {http: {retryOn: [503], rateLimitedBackOff: {resetHeaders: [{name: X}]}, perTryTimeout: 5}}
)");
  EXPECT_THAT(
      sentences(decoded.violations),
      ElementsAre("spec.targetRef.kind in body should be one of [Mesh Dataplane]",
                  "spec.targetRef.sectionName in body must be of type string: \"number\"",
                  "spec.to[0].default.grpc.retryOn[0] in body should be one of [Canceled DeadlineExceeded Internal "
                  "ResourceExhausted Unavailable]",
                  "spec.to[0].targetRef in body is required",
                  "spec.to[1].targetRef.kind in body should be one of [Mesh MeshService MeshExternalService "
                  "MeshMultiZoneService MeshHTTPRoute]",
                  "spec.to[1].default.http.retryOn[0] in body must be of type string: \"number\"",
                  "spec.to[1].default.http.rateLimitedBackOff.resetHeaders[0].name in body should match "
                  "'[a-z0-9!#$%&'*+\\-.^_`|~]{1,256}'",
                  "spec.to[1].default.http.rateLimitedBackOff.resetHeaders[0].format in body is required",
                  "spec.to[1].default.http.perTryTimeout in body must be of type string: \"number\""));
  EXPECT_THAT(decoded.unreadable, IsEmpty());
  EXPECT_EQ(decoded.violations[0].mark, (Mark{6, 21}));
}

TEST(Decode, WithoutTheSchemaLayerOnlyTheUnreadableIsFoundAndNothingIsFilledIn) {
  const std::string document = R"(
type: MeshTLS
mesh: default
name: t
spec:
  targetRef: {kind: MeshSubset}
  rules: [{default: {mode: Off, tlsVersion: {min: 12}, tlsCiphers: 5}}]
)";
  const Decoded decoded = decode(parse_yaml(document).value()[0], nullptr, SchemaLayer::kSkipped);
  EXPECT_THAT(decoded.violations, IsEmpty());
  EXPECT_THAT(sentences(decoded.unreadable),
              ElementsAre("spec.rules[0].default.tlsCiphers must be of type array, not number"));
  EXPECT_EQ(encode_message(*decoded.spec),
            R"({"targetRef":{"kind":"MeshSubset"},"rules":[{"default":{"tlsVersion":{"min":"12"},"mode":"Off"}}]})");
}

TEST(Decode, BoundsOfTextAndListsAreInTheSchema) {
  std::string headers;
  for (int i = 0; i < 17; ++i) append(headers, i == 0 ? "" : ", ", "{name: x-", i, ", value: v}");
  const Decoded decoded = read(cat(R"(
type: MeshHealthCheck
mesh: default
name: h
spec:
  to:
    - targetRef: {kind: Mesh}
      default: {http: {requestHeadersToAdd: {set: [)",
                                   headers, R"(], add: [{name: "", value: v}]}}}
)"));
  EXPECT_THAT(sentences(decoded.violations),
              ElementsAre("spec.to[0].default.http.requestHeadersToAdd.set in body should have at most 16 items",
                          "spec.to[0].default.http.requestHeadersToAdd.add[0].name in body should be at least 1 chars "
                          "long",
                          "spec.to[0].default.http.requestHeadersToAdd.add[0].name in body should match "
                          "'[a-z0-9!#$%&'*+\\-.^_`|~]+'"));
}

TEST(Decode, WhatCannotBeReadIsKeptApartFromWhatTheSchemaForbids) {
  const Decoded decoded = read(R"(
type: MeshRetry
mesh: default
name: r
spec:
  to:
    - targetRef: {kind: Mesh}
      default: {http: {numRetries: -1, perTryTimeout: soon}}
)");
  EXPECT_THAT(decoded.violations, IsEmpty());
  ASSERT_EQ(decoded.unreadable.size(), 2u);
  EXPECT_EQ(sentence(decoded.unreadable[0]), "spec.to[0].default.http.numRetries must not be negative: -1");
  EXPECT_EQ(decoded.unreadable[1].field, "spec.to[0].default.http.perTryTimeout");
}

TEST(Decode, SchemaDefaultsAreFilledIntoObjectsThatArePresent) {
  const Decoded decoded = read(R"(
type: MeshRetry
mesh: default
name: r
spec:
  to:
    - targetRef: {kind: Mesh}
      default: {http: {hostSelection: [{predicate: OmitPreviousHosts}], retriableRequestHeaders: [{name: x-a}]}}
)");
  ASSERT_TRUE(decoded.ok());
  const auto& http = spec_of<v1::MeshRetry>(decoded).to(0).default_().http();
  EXPECT_EQ(http.host_selection(0).update_frequency(), 2);
  EXPECT_EQ(http.retriable_request_headers(0).type(), "Exact");
}

TEST(Decode, WhatTheServerOwnsIsDropped) {
  const Decoded decoded = read(R"(
type: MeshService
mesh: default
name: backend
spec:
  state: Available
  ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 8081, appProtocol: http}]
  identities: [{type: SpiffeID, value: spiffe://x}]
status: {vips: [{ip: 10.0.0.1}]}
)");
  ASSERT_TRUE(decoded.ok());
  const auto& spec = spec_of<v1::MeshService>(decoded);
  EXPECT_EQ(spec.state(), "Unavailable");
  EXPECT_EQ(spec.identities_size(), 0);
  EXPECT_EQ(spec.ports(0).target_port().text(), "http");
  EXPECT_EQ(spec.ports(0).app_protocol(), "tcp");
  EXPECT_EQ(spec.ports(1).target_port().number(), 8081);
}

TEST(Decode, BytesAreBase64) {
  const Decoded decoded = read("{type: Secret, mesh: default, name: s, data: dGVzdAo=}");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(spec_of<v1::Secret>(decoded).data(), "test\n");
  EXPECT_THAT(sentences(read("{type: Secret, mesh: default, name: s, data: '*'}").unreadable),
              ElementsAre("data is not base64"));
}

TEST(Decode, ADocumentThatIsNoResourceSaysWhy) {
  EXPECT_THAT(sentences(read("{type: MeshRetrys, name: x}").unreadable),
              ElementsAre("type unknown type \"MeshRetrys\", did you mean \"MeshRetry\"?"));
  EXPECT_THAT(sentences(read("{name: x}").unreadable), ElementsAre("type is required"));
  EXPECT_THAT(sentences(read("[1]").unreadable), ElementsAre("a resource must be an object, not array"));
  EXPECT_THAT(sentences(read("{type: 4}").unreadable), ElementsAre("type must be a string, not number"));
  const Decoded kubernetes = read("{apiVersion: kuma.io/v1alpha1, kind: MeshRetry, metadata: {name: x}}");
  ASSERT_EQ(kubernetes.unreadable.size(), 1u);
  EXPECT_NE(kubernetes.unreadable[0].reason.find("Kubernetes document"), std::string::npos);
}

TEST(Decode, TheInlineShapeReportsWrongTypesAsUnreadable) {
  const Decoded decoded =
      read("{type: Dataplane, mesh: default, name: 4, networking: {address: 5, inbound: [{port: -1}]}}");
  EXPECT_THAT(
      sentences(decoded.unreadable),
      ElementsAre("name must be a string, not number", "networking.address in body must be of type string: \"number\"",
                  "networking.inbound[0].port must not be negative: -1"));
}

TEST(Check, JudgesNameLabelsAndMeaningWithTheirPlaces) {
  const Result<std::vector<Node>> documents = parse_yaml(R"(type: Dataplane
name: Web
labels: {"a/b/c": x}
networking:
  address: 0.0.0.0
  inbound: [{port: 0}]
)");
  const Checked checked = check_document(documents->at(0), "default");
  EXPECT_EQ(checked.resource, nullptr);
  ASSERT_EQ(checked.errors.size(), 4u);
  EXPECT_EQ(checked.errors[0].field, "name");
  EXPECT_EQ(checked.errors[0].mark, (Mark{2, 1}));
  EXPECT_EQ(checked.errors[1].field, "labels[\"a/b/c\"]");
  EXPECT_EQ(checked.errors[1].mark, (Mark{3, 10}));
  EXPECT_EQ(sentence(checked.errors[2]), "networking.address must not be 0.0.0.0 or ::");
  EXPECT_EQ(checked.errors[3].field, "networking.inbound[0].port");
  EXPECT_EQ(checked.errors[3].mark, (Mark{6, 14}));
}

TEST(Check, FillsInTheMeshOfADocumentThatNamesNone) {
  const Result<std::vector<Node>> documents =
      parse_yaml("{type: MeshService, name: backend, spec: {ports: [{port: 80}]}}");
  const Checked checked = check_document(documents->at(0), "shop");
  ASSERT_NE(checked.resource, nullptr);
  EXPECT_EQ(checked.resource->key.mesh, "shop");
}

TEST(Decode, AKeyThatStandsTwiceIsAWarning) {
  const Decoded decoded = read(
      "{type: MeshTimeout, mesh: default, name: a, name: b, spec: {to: [{targetRef: {kind: Mesh}, default: "
      "{idleTimeout: "
      "1s, idleTimeout: 2s}}]}}");
  EXPECT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.key.name, "b");
  EXPECT_EQ(spec_of<v1::MeshTimeout>(decoded).to(0).default_().idle_timeout().seconds(), 2);
  EXPECT_THAT(sentences(decoded.warnings),
              ElementsAre("name stands twice in its object, the last one counts",
                          "spec.to[0].default.idleTimeout stands twice in its object, the last one counts"));
}

}  // namespace
}  // namespace weft::cp
