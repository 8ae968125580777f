#include "control-plane/engine/inspect/config_document.h"

#include <gtest/gtest.h>

#include "base/document/print.h"
#include "base/hash.h"
#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/mesh_timeout.pb.h"
#include "weft/v1/mesh_trust.pb.h"

namespace weft::cp {
namespace {

using testing::TestWorld;

constexpr char kTimeout[] = R"(to { target_ref { kind: "Mesh" } default { connection_timeout { seconds: 3 } } })";

class ConfigDocument : public ::testing::Test {
 protected:
  ConfigDocument() {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::Dataplane>("web", R"(networking {
      address: "10.0.0.1" inbound { port: 8080 protocol: "http" }
      outbound { port: 4000 backend_ref { kind: "MeshService" name: "db" port: 80 } } })");
    world_.put<v1::MeshService>("db", R"(selector { dataplane_ref { name: "web" } }
                                         ports { port: 80 target_port { number: 8080 } app_protocol: "http" })");
  }
  Node document(bool shadow, bool difference) {
    const Result<std::string> text = config_document(*world_, key_, shadow, difference);
    EXPECT_TRUE(text.ok()) << text.status();
    return text.ok() ? parse_json(*text).value() : Node();
  }
  TestWorld world_;
  ResourceKey key_{"Dataplane", "default", "web"};
};

TEST_F(ConfigDocument, NamesListenersDestinationsAndEndpoints) {
  const Node tree = document(false, false);
  const Node& xds = *tree.find("xds");
  EXPECT_EQ(xds.find("listeners")->members.size(), 2u);
  ASSERT_NE(xds.find("destinations")->find("kri_msvc_default___db_80"), nullptr);
  EXPECT_EQ(xds.find("destinations")->find("kri_msvc_default___db_80")->find("protocol")->text, "HTTP1");
  EXPECT_EQ(compact_json(*xds.find("endpointSets")->find("kri_msvc_default___db_80")),
            R"([{"address":"10.0.0.1","port":8080,"weight":1}])");
  EXPECT_EQ(tree.find("diff"), nullptr);
}

TEST_F(ConfigDocument, SaysWhoTheProxyIsWhomItBelievesAndHowItSpeaksToOthers) {
  EXPECT_EQ(document(false, false).find("xds")->find("identity"), nullptr);
  const auto with_status = [&](const char* type, const char* name, auto status, const std::string& text) {
    auto resource = std::make_shared<Resource>(*world_->find({type, "default", name}));
    resource->status = std::make_shared<const decltype(status)>(weft::testing::spec_of<decltype(status)>(text));
    world_.put(std::move(resource));
  };
  world_.put<v1::MeshIdentity>("a", R"(selector { dataplane {} } spiffe_id { path: "/web" trust_domain: "d" }
                                       provider { type: "Bundled" bundled {} })");
  with_status("MeshIdentity", "a", v1::MeshIdentityStatus(), R"(issuer: "00000000000000ab")");
  world_.put<v1::MeshTrust>("a", R"(trust_domain: "d" ca_bundles { pem { value:
      "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----" } })");
  with_status("MeshService", "db", v1::MeshServiceStatus(), R"(tls { status: "Ready" })");
  const Node xds = *document(false, false).find("xds");
  EXPECT_EQ(
      compact_json(*xds.find("identity")),
      R"({"spiffeId":"spiffe://d/web","source":"kri_mid_default___a_","issuer":"00000000000000ab","lifetime":"432000s"})");
  EXPECT_EQ(compact_json(*xds.find("trust")),
            cat(R"({"d":[")", hex64(content_hash(std::string("\x30\0", 2))), R"("]})"));
  EXPECT_EQ(compact_json(*xds.find("peerTls")),
            R"({"kri_msvc_default___db_80":{"serverName":"sni.msvc.default.db.80"}})");
}

TEST_F(ConfigDocument, WithoutShadowPoliciesNothingWouldChange) {
  world_.put<v1::MeshTimeout>("now", kTimeout);
  EXPECT_EQ(compact_json(*document(false, true).find("diff")), "[]");
  EXPECT_EQ(compact_json(*document(true, true).find("diff")), "[]");
}

TEST_F(ConfigDocument, AShadowPolicyIsSeenInTheDifferenceAlone) {
  world_.put<v1::MeshTimeout>("wish", kTimeout, {{"kuma.io/effect", "shadow"}});
  EXPECT_EQ(compact_json(*document(false, true).find("diff")), "[]");
  EXPECT_EQ(compact_json(*document(false, false).find("xds")).find("MeshTimeout"), std::string::npos);
  const Node shadowed = document(true, true);
  EXPECT_NE(compact_json(*shadowed.find("xds")).find(R"("connectionTimeout":"3s")"), std::string::npos);
  const Node& diff = *shadowed.find("diff");
  ASSERT_FALSE(diff.items.empty());
  EXPECT_NE(compact_json(diff).find("kri_mt_default___wish_"), std::string::npos);
}

TEST_F(ConfigDocument, ADataplaneThatIsNotThereIsNotFound) {
  key_.name = "gone";
  EXPECT_TRUE(is_not_found(config_document(*world_, key_, false, false).status()));
}

TEST(JsonPatch, SaysWhatToAddRemoveAndReplace) {
  const Node before = parse_json(R"({"a":1,"b":{"c/d":[1],"e~f":2},"g":3})").value();
  const Node after = parse_json(R"({"a":1,"b":{"c/d":[1,2],"h":4}})").value();
  EXPECT_EQ(compact_json(json_patch(before, after)),
            R"([{"op":"replace","path":"/b/c~1d","value":[1,2]},{"op":"remove","path":"/b/e~0f"},)"
            R"({"op":"add","path":"/b/h","value":4},{"op":"remove","path":"/g"}])");
  EXPECT_EQ(compact_json(json_patch(before, before)), "[]");
}

}  // namespace
}  // namespace weft::cp
