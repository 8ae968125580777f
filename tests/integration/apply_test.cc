// Documents, good and bad, through weftctl apply and a real control plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view kRetry = R"(type: MeshRetry
mesh: default
name: retry
spec:
  targetRef: {kind: Mesh}
  to:
  - targetRef: {kind: Mesh}
    default:
      http: {numRetries: 3, retryOn: ["5xx"]}
)";
constexpr std::string_view kTimeout = R"(type: MeshTimeout
mesh: default
name: timeout
spec:
  to:
  - targetRef: {kind: Mesh}
    default:
      http:
        requestTimeout: 2s
)";

class ApplyTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output(); }

  // How many resources of a type there are beside the mesh's defaults.
  std::string names(const std::string& plural) { return mesh_.weftctl({"get", plural}).out; }

  Mesh mesh_;
};

TEST_F(ApplyTest, CreatesThenUpdatesAndSaysWhich) {
  const Finished first = mesh_.apply(cat(kRetry, "---\n", kTimeout));
  EXPECT_EQ(first.exit_code, 0) << first.err;
  EXPECT_EQ(first.out,
            "resource type=\"MeshRetry\" mesh=\"default\" name=\"retry\" Created\n"
            "resource type=\"MeshTimeout\" mesh=\"default\" name=\"timeout\" Created\n");
  EXPECT_EQ(mesh_.apply(std::string(kRetry)).out,
            "resource type=\"MeshRetry\" mesh=\"default\" name=\"retry\" Updated\n");
}

TEST_F(ApplyTest, OneBadDocumentOfTwoAndNothingIsApplied) {
  std::string bad(kTimeout);
  bad.replace(bad.find("2s"), 2, "-2s");
  const Finished done = mesh_.apply(cat(kRetry, "---\n", bad));
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_EQ(done.out, "");
  // The bad field stands in line 19 of the input.
  EXPECT_THAT(done.err, HasSubstr("resource[1]: failed to parse resource: "));
  EXPECT_THAT(done.err, HasSubstr("* spec.to[0].default.http.requestTimeout: "));
  EXPECT_THAT(done.err, HasSubstr("\n  --> <stdin>:19:9\n"));
  EXPECT_THAT(done.err, EndsWith("Error: failed to validate some resources\n"));
  EXPECT_THAT(names("meshretries"), Not(HasSubstr(" retry ")));
}

TEST_F(ApplyTest, MalformedYamlNamesItsPlaceAndNothingIsApplied) {
  const Finished done = mesh_.apply(cat(kRetry, "---\ntype: Mesh\nname: [x\n"));
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("resource[1]: failed to parse resource: "));
  EXPECT_THAT(done.err, HasSubstr("  --> <stdin>:1"));
  EXPECT_THAT(names("meshretries"), Not(HasSubstr(" retry ")));
}

TEST_F(ApplyTest, AnUnknownFieldIsAcceptedWithAWarningThatSaysWhatWasMeant) {
  std::string text(kRetry);
  text.replace(text.find("numRetries"), 10, "numRetrys");
  const Finished done = mesh_.apply(text);
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.err, HasSubstr("Warning: "));
  EXPECT_THAT(done.err, HasSubstr("numRetrys"));
  EXPECT_THAT(done.err, HasSubstr("numRetries"));
}

TEST_F(ApplyTest, AWrongTypeNamesFileLineAndField) {
  std::string text(kRetry);
  text.replace(text.find("3,"), 2, "{a: b},");
  const std::string path = mesh_.file("bad.yaml", text);
  const Finished done = mesh_.weftctl({"apply", "-f", path});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("* spec.to[0].default.http.numRetries"));
  EXPECT_THAT(done.err, HasSubstr("  --> " + path + ":9:14\n"));
}

TEST_F(ApplyTest, AllViolationsComeAtOnce) {
  const Finished done = mesh_.apply(R"(type: MeshTimeout
name: t
spec:
  to:
  - targetRef: {kind: Mesh}
    default: {connectionTimeout: 0s, idleTimeout: -1s}
)");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("connectionTimeout"));
  EXPECT_THAT(done.err, HasSubstr("idleTimeout"));
}

TEST_F(ApplyTest, AnUnknownTypeIsNamedWithTheOneThatWasMeant) {
  const Finished done = mesh_.apply("type: MeshRety\nname: a\nspec: {}\n");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("resource[0]: failed to parse resource: invalid resource type \"MeshRety\"\n"
                                  "  --> <stdin>:1:1: did you mean MeshRetry?\n"));
}

TEST_F(ApplyTest, WhatOnlyTheControlPlaneCanSeeNamesThePlaceToo) {
  // A label that says the resource is of another zone is well-formed.
  const Finished done = mesh_.apply(cat("type: Mesh\nname: shop\n---\n", kRetry, "labels: {kuma.io/zone: east}\n"));
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("resource type=\"MeshRetry\" mesh=\"default\" name=\"retry\": failed server side: "));
  EXPECT_THAT(done.err, HasSubstr("  --> <stdin>:13:"));
  EXPECT_THAT(names("meshes"), Not(HasSubstr("shop")));
}

TEST_F(ApplyTest, TheMeshFlagIsForDocumentsThatNameNone) {
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: shop\n").exit_code, 0);
  const Finished done =
      mesh_.weftctl({"apply", "-f", "-", "--mesh", "shop"}, cat("type: Secret\nname: a\ndata: YQ==\n---\n", kRetry));
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("type=\"Secret\" mesh=\"shop\""));
  EXPECT_THAT(done.out, HasSubstr("type=\"MeshRetry\" mesh=\"default\""));
}

TEST_F(ApplyTest, AMissingMeshIsAnError) {
  const Finished done = mesh_.apply("type: MeshRetry\nmesh: nowhere\nname: a\nspec: {}\n");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("Failed to retrieve Mesh"));
}

TEST_F(ApplyTest, AMeshAndWhatIsInItGoInOneFile) {
  std::string retry(kRetry);
  retry.replace(retry.find("default"), 7, "shop");
  const Finished done = mesh_.apply(cat(retry, "---\ntype: Mesh\nname: shop\n"));
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(mesh_.weftctl({"get", "meshretry", "retry", "-m", "shop"}).out, HasSubstr("retry"));
}

TEST_F(ApplyTest, APolicyThatMatchesNothingIsAppliedWithAWarning) {
  std::string text(kRetry);
  text.replace(text.find("{kind: Mesh}"), 12, "{kind: Dataplane, labels: {kuma.io/workload: nobody}}");
  const Finished done = mesh_.apply(text);
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("Created"));
  EXPECT_THAT(done.err, HasSubstr("Warning: "));
}

TEST_F(ApplyTest, DryRunResolvesVariablesAndSendsNothing) {
  const std::string path = mesh_.file("r.yaml", "type: Mesh\nname: {{ name }}\n");
  const Finished done = mesh_.weftctl({"apply", "-f", path, "-v", "name=shop", "--dry-run"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_THAT(done.out, StartsWith("type: Mesh\nname: shop\n"));
  EXPECT_THAT(done.out, HasSubstr("kri: kri_m____shop_"));
  EXPECT_THAT(names("meshes"), Not(HasSubstr("shop")));
}

TEST_F(ApplyTest, AKubernetesDocumentIsRefusedInPlainWords) {
  const Finished done = mesh_.apply("apiVersion: kuma.io/v1alpha1\nkind: Mesh\nmetadata: {name: a}\n");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err, HasSubstr("a Kubernetes document"));
}

TEST_F(ApplyTest, WaitSaysWhenNobodyIsConnected) {
  const Finished done = mesh_.weftctl({"apply", "-f", "-", "--wait"}, std::string(kRetry));
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("no proxy of mesh default is connected"));
}

TEST_F(ApplyTest, ASecretsContentIsNotRepeatedInErrors) {
  const Finished done = mesh_.apply("type: Secret\nmesh: default\nname: s\ndata: \"%%topsecret%%\"\n");
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err + mesh_.control_plane().output(), Not(HasSubstr("topsecret")));
}

}  // namespace
}  // namespace weft::test
