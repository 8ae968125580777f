// weftctl diff, explain and inspect rules, against a real control plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/document/document.h"
#include "base/text.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kServices[] =
    "type: MeshService\nname: backend\nspec:\n  selector: {dataplaneLabels: {matchLabels: {app: backend}}}\n"
    "  ports: [{name: http, port: 80, appProtocol: http}]\n"
    "---\ntype: Dataplane\nname: web-1\nlabels: {app: web}\nnetworking:\n  address: 127.0.0.2\n"
    "  inbound: [{name: main, port: 8080}]\n"
    "  outbound: [{port: 33010, backendRef: {kind: MeshService, name: backend, port: 80}}]\n";

std::string timeout(const std::string& name, const std::string& idle) {
  return cat("type: MeshTimeout\nname: ", name,
             "\nspec:\n  to:\n  - targetRef: {kind: MeshService, labels: {kuma.io/display-name: backend}}\n"
             "    default: {idleTimeout: ",
             idle, "}\n");
}

class DiffTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output();
    const Finished applied = mesh_.apply(kServices);
    ASSERT_EQ(applied.exit_code, 0) << applied.err;
  }
  Finished diff(const std::string& documents, const std::string& output = "text") {
    return mesh_.weftctl({"diff", "-f", "-", "-o", output}, documents);
  }
  Mesh mesh_;
};

TEST_F(DiffTest, SaysWhatWouldChangeAndLeavesEverythingAsItIs) {
  const Finished before = diff(timeout("t", "90s"));
  EXPECT_EQ(before.exit_code, 1) << before.err;
  EXPECT_THAT(before.out, AllOf(HasSubstr("MeshTimeout t in mesh default: created\n"), HasSubstr("\n1 proxy changes\n"),
                                HasSubstr("\ndefault/web-1:\n"), HasSubstr("  MeshTimeout, to MeshService backend\n"),
                                HasSubstr("    ~ idleTimeout: 1h0m0s -> 1m30s  (t)\n")));
  EXPECT_EQ(mesh_.weftctl({"get", "meshtimeout", "t"}).exit_code, 1);

  ASSERT_EQ(mesh_.apply(timeout("t", "90s")).exit_code, 0);
  const Finished after = diff(timeout("t", "90s"));
  EXPECT_EQ(after.exit_code, 0) << after.err;
  EXPECT_EQ(after.out, "MeshTimeout t in mesh default: unchanged\n\nNothing would change.\n");

  const Finished changed = diff(timeout("t", "80s"), "json");
  EXPECT_EQ(changed.exit_code, 1);
  const auto answer = parse_json(changed.out);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const Node* field = value_at(*answer, "documents[0].fields[0].path");
  ASSERT_NE(field, nullptr) << changed.out;
  EXPECT_EQ(field->text, "spec.to[0].default.idleTimeout");
}

TEST_F(DiffTest, WhatIsWrongHasItsPlaceAndACodeOfItsOwn) {
  const Finished wrong = diff(timeout("t", "-1s"));
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.out, "");
  EXPECT_THAT(wrong.err, AllOf(HasSubstr("<stdin>:6:"), HasSubstr("spec.to[0].default.idleTimeout"),
                               HasSubstr("nothing was compared")));
  EXPECT_EQ(mesh_.weftctl({"diff"}).exit_code, 2);
}

TEST_F(DiffTest, InspectSaysWhichPolicyGaveEachField) {
  ASSERT_EQ(mesh_.apply(timeout("t", "90s")).exit_code, 0);
  const Finished rules = mesh_.weftctl({"inspect", "rules", "web-1", "--kind", "meshtimeout"});
  EXPECT_EQ(rules.exit_code, 0) << rules.err;
  EXPECT_THAT(rules.out, HasSubstr("to MeshService backend\n"));
  EXPECT_THAT(rules.out, testing::ContainsRegex("MeshTimeout +idleTimeout +1m30s +t\n"));
  EXPECT_THAT(rules.out, Not(HasSubstr("MeshRetry")));
  const Finished policies = mesh_.weftctl({"inspect", "policies", "web-1", "--to", "backend"});
  EXPECT_THAT(policies.out, testing::ContainsRegex("MeshTimeout +t +to MeshService backend +idleTimeout\n"));
  const Finished nobody = mesh_.weftctl({"inspect", "rules", "nobody"});
  EXPECT_EQ(nobody.exit_code, 1);
  EXPECT_THAT(nobody.err, HasSubstr("there is no Dataplane with name \"nobody\" in mesh default"));
}

TEST_F(DiffTest, ExplainAsksNobody) {
  mesh_.control_plane().kill();
  const Finished field = mesh_.weftctl({"explain", "meshtimeout.to.default.idleTimeout"});
  EXPECT_EQ(field.exit_code, 0) << field.err;
  EXPECT_THAT(field.out, HasSubstr("MeshTimeout spec.to.default.idleTimeout  <duration>"));
  const Finished wrong = mesh_.weftctl({"explain", "meshtimeout.to.default.idle"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("there is no field \"idle\""));
}

}  // namespace
}  // namespace weft::test
