// The commands of weftctl beside apply, against a real control plane.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/document/document.h"
#include "base/text.h"
#include "tests/support/mesh.h"

namespace weft::test {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

class WeftctlTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(mesh_.start_control_plane()) << mesh_.control_plane().output(); }
  Mesh mesh_;
};

TEST_F(WeftctlTest, GetPrintsATableYamlOrJson) {
  EXPECT_THAT(mesh_.weftctl({"get", "meshes"}).out, MatchesRegex("NAME +AGE\ndefault +[0-9]+s\n"));
  EXPECT_THAT(mesh_.weftctl({"get", "mesh", "default", "-o", "yaml"}).out, HasSubstr("type: Mesh\n"));
  const auto json = parse_json(mesh_.weftctl({"get", "meshes", "-o", "json"}).out);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(json->find("total")->text, "1");
  const Finished dataplanes = mesh_.weftctl({"get", "dataplanes"});
  EXPECT_EQ(dataplanes.out, "MESH   NAME   TAGS   ADDRESS   AGE\n");
  EXPECT_EQ(dataplanes.exit_code, 0);
}

TEST_F(WeftctlTest, GetFollowsPagesByItselfUnlessASizeIsGiven) {
  std::string documents;
  for (int i = 100; i < 230; ++i) append(documents, "---\ntype: Secret\nname: s", i, "\ndata: YQ==\n");
  ASSERT_EQ(mesh_.apply(documents).exit_code, 0);
  const std::string all = mesh_.weftctl({"get", "secrets"}).out;
  EXPECT_THAT(all, HasSubstr("s100"));
  EXPECT_THAT(all, HasSubstr("s229"));
  const std::string page = mesh_.weftctl({"get", "secrets", "--size", "3"}).out;
  EXPECT_EQ(split(page, '\n').size(), 7u) << page;  // header, three rows, an empty line, the hint, the end
  EXPECT_THAT(page, HasSubstr("Rerun command with --offset=3 argument to retrieve more resources"));
  EXPECT_THAT(mesh_.weftctl({"get", "secrets", "--size", "3", "--offset", "3"}).exit_code, 0);
}

TEST_F(WeftctlTest, WhatIsMissingIsNamed) {
  const Finished one = mesh_.weftctl({"get", "meshretry", "nope"});
  EXPECT_EQ(one.exit_code, 1);
  EXPECT_THAT(one.err, HasSubstr("No resources found in default mesh: there is no MeshRetry with name \"nope\""));
  const Finished type = mesh_.weftctl({"get", "meshretri"});
  EXPECT_EQ(type.exit_code, 1);
  EXPECT_THAT(type.err, HasSubstr("did you mean meshretry?"));
}

TEST_F(WeftctlTest, DeleteDeletesOnce) {
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: shop\n").exit_code, 0);
  EXPECT_EQ(mesh_.weftctl({"delete", "mesh", "shop"}).out, "deleted Mesh \"shop\"\n");
  const Finished again = mesh_.weftctl({"delete", "mesh", "shop"});
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_EQ(again.err, "Error: there is no Mesh with name \"shop\"\n");
  EXPECT_THAT(mesh_.weftctl({"delete", "dataplaneinsight", "x"}).err,
              HasSubstr("is readOnly, can't use it for write action"));
}

TEST_F(WeftctlTest, AListIsNarrowedByLabels) {
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: a\nlabels: {team: x/1}\n").exit_code, 1);  // no label value
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: a\nlabels: {team: x}\n---\ntype: Mesh\nname: b\n").exit_code, 0);
  EXPECT_THAT(mesh_.weftctl({"get", "meshes", "--filter", "labels.team=x"}).out,
              MatchesRegex("NAME +AGE\na +[0-9]+s\n"));
  EXPECT_THAT(mesh_.weftctl({"get", "meshes", "--filter", "team=x"}).err, HasSubstr("of the form labels.KEY=VALUE"));
}

TEST_F(WeftctlTest, TheContextSaysWhichMeshIsMeant) {
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: shop\n---\ntype: Secret\nmesh: shop\nname: s\ndata: YQ==\n").exit_code, 0);
  const std::string config = mesh_.file(
      "shop.yaml",
      cat("controlPlanes: [{name: t, coordinates: {apiServer: {url: \"http://127.0.0.1:", mesh_.api_port(),
          "\"}}}]\ncontexts: [{name: shop, controlPlane: t, ", "defaults: {mesh: shop}}]\ncurrentContext: shop\n"));
  EXPECT_THAT(mesh_.weftctl({"get", "secret", "s", "--config-file", config}).out, HasSubstr("shop   s "));
  EXPECT_EQ(mesh_.weftctl({"get", "secret", "s", "--config-file", config, "-m", "default"}).exit_code, 1);
  EXPECT_EQ(mesh_.weftctl({"delete", "secret", "s", "--config-file", config}).exit_code, 0);
}

TEST_F(WeftctlTest, InspectShowsEveryProxyAndWhatIsWrongWithIt) {
  ASSERT_EQ(mesh_
                .apply("type: Dataplane\nname: web\nnetworking:\n  address: 10.0.0.1\n"
                       "  inbound: [{port: 80, name: http, state: NotReady}]\n")
                .exit_code,
            0);
  const std::string out = mesh_.weftctl({"inspect", "dataplanes"}).out;
  EXPECT_THAT(out, StartsWith("MESH      NAME   TAGS "));
  EXPECT_THAT(out, HasSubstr("Offline   never "));
  EXPECT_THAT(out, HasSubstr("inbound[port=80,name=http] is not ready\n"));
  EXPECT_EQ(mesh_.weftctl({"inspect", "dataplanes", "--tag", "kuma.io/workload=nobody", "-ojson"}).exit_code, 0);
  EXPECT_THAT(mesh_.weftctl({"inspect", "meshtimeou", "x"}).err, HasSubstr("did you mean meshtimeout?"));
}

TEST_F(WeftctlTest, AnExportCanBeAppliedAgain) {
  ASSERT_EQ(mesh_.apply("type: Mesh\nname: shop\n---\ntype: Secret\nmesh: shop\nname: s\ndata: YQ==\n").exit_code, 0);
  const Finished all = mesh_.weftctl({"export", "--profile", "all", "--include-admin"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, StartsWith("# Product: "));
  EXPECT_LT(all.out.find("type: Mesh\n"), all.out.find("type: Secret\n"));
  EXPECT_THAT(all.out, HasSubstr("skipCreatingInitialPolicies:\n- \"*\"\n"));
  EXPECT_EQ(mesh_.weftctl({"delete", "mesh", "shop"}).exit_code, 0);
  const Finished again = mesh_.weftctl({"apply", "-f", "-"}, all.out);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(mesh_.weftctl({"get", "secret", "s", "-m", "shop"}).exit_code, 0);
}

TEST_F(WeftctlTest, WhatIsNotThereSaysSo) {
  for (const char* what : {"control-plane", "transparent-proxy"}) {
    const Finished done = mesh_.weftctl({"install", what, "--mode", "x"});
    EXPECT_EQ(done.exit_code, 1);
    EXPECT_THAT(done.err, HasSubstr("`weftctl install`: this version of Weft is not installed"));
  }
}

TEST_F(WeftctlTest, TheControlPlaneMakesTokens) {
  const Finished done = mesh_.weftctl({"generate", "dataplane-token", "--name", "web", "--valid-for", "1h"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(split(done.out, '.').size(), 3u);
  EXPECT_EQ(done.out, trim(done.out));
  EXPECT_THAT(mesh_.weftctl({"generate", "dataplane-token", "--mesh", "nowhere", "--valid-for", "1h"}).exit_code, 1);
}

TEST_F(WeftctlTest, TheControlPlaneMakesTokensOfUsersAndZones) {
  for (const std::vector<std::string>& what :
       {std::vector<std::string>{"user-token", "--name", "jo", "--group", "a,b"}, {"zone-token", "--zone", "east"}}) {
    std::vector<std::string> arguments = {"generate"};
    arguments.insert(arguments.end(), what.begin(), what.end());
    EXPECT_THAT(mesh_.weftctl(arguments).err, HasSubstr("--valid-for: a value is needed"));
    arguments.insert(arguments.end(), {"--valid-for", "1h"});
    const Finished done = mesh_.weftctl(arguments);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    EXPECT_EQ(split(done.out, '.').size(), 3u) << done.out;
  }
  EXPECT_THAT(mesh_.weftctl({"generate", "user-token", "--valid-for", "1h"}).err,
              HasSubstr("--name: a value is needed"));
}

TEST_F(WeftctlTest, ControlPlanesAreAddedListedSwitchedAndRemoved) {
  const std::string address = cat("http://127.0.0.1:", mesh_.api_port());
  EXPECT_EQ(mesh_.weftctl({"config", "control-planes", "add", "--name", "two", "--address", address}).out,
            "added Control Plane \"two\"\nswitched active Control Plane to \"two\"\n");
  EXPECT_THAT(mesh_.weftctl({"config", "control-planes", "list"}).out, HasSubstr("*        two    " + address));
  EXPECT_THAT(mesh_.weftctl({"config", "control-planes", "add", "--name", "two", "--address", address}).err,
              HasSubstr("already exists. Use --overwrite"));
  EXPECT_EQ(mesh_.weftctl({"config", "control-planes", "switch", "--name", "t"}).exit_code, 0);
  EXPECT_EQ(mesh_.weftctl({"config", "control-planes", "remove", "--name", "two"}).exit_code, 0);
  EXPECT_EQ(mesh_.weftctl({"config", "control-planes", "switch", "--name", "two"}).exit_code, 1);
  EXPECT_THAT(mesh_
                  .weftctl({"config", "control-planes", "add", "--name", "x", "--address",
                            cat("http://127.0.0.1:", mesh_.diagnostics_port())})
                  .err,
              HasSubstr("could not connect to the Control Plane API Server"));
  EXPECT_THAT(mesh_.weftctl({"config", "control-planes", "add", "--name", "x", "--address", "http://127.0.0.1:1"}).err,
              HasSubstr("could not connect to the Control Plane API Server"));
}

TEST_F(WeftctlTest, VersionShowsBothAndNeedsNoControlPlane) {
  const Finished both = mesh_.weftctl({"version"});
  EXPECT_THAT(both.out, MatchesRegex("Client: Weft [0-9.]+\nServer: [A-Za-z]+ .+\n"));
  mesh_.control_plane().kill();
  const Finished alone = mesh_.weftctl({"version"});
  EXPECT_EQ(alone.exit_code, 0);
  EXPECT_THAT(alone.err, StartsWith("Unable to connect to control plane: "));
}

TEST_F(WeftctlTest, AControlPlaneThatIsAwayIsNamed) {
  mesh_.control_plane().kill();
  const Finished done = mesh_.weftctl({"get", "meshes"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_THAT(done.err,
              HasSubstr(cat("cannot talk to http://127.0.0.1:", mesh_.api_port(), ": connect: Connection refused")));
}

}  // namespace
}  // namespace weft::test
