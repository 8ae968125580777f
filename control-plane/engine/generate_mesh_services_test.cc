#include "control-plane/engine/generate_mesh_services.h"

#include <gmock/gmock.h>

#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestWorld;

constexpr char kGrace[] = "kuma.io/deletion-grace-period-started-at";

class GenerateTest : public ::testing::Test {
 protected:
  GenerateTest() { world_.put<v1::Mesh>("default", ""); }

  void dataplane(const std::string& name, const std::string& workload, const std::string& inbounds) {
    world_.put<v1::Dataplane>(name, "networking { address: '10.0.0.1' " + inbounds + " }",
                              {{"kuma.io/workload", workload}});
  }
  std::vector<Write> generate() { return generate_mesh_services(*world_, {.zone = "east"}, now_); }
  // Stores what was generated.
  void apply() {
    for (const Write& write : generate()) {
      const ResourcePtr stored = world_->find(write.key);
      EXPECT_EQ(write.expected_revision, stored == nullptr ? 0 : stored->revision);
      if (write.kind == Write::Kind::kDelete) {
        world_.remove(write.key);
      } else {
        world_.put(std::make_shared<Resource>(*write.resource));
      }
    }
  }
  ResourcePtr service(const std::string& name) { return world_->find({"MeshService", "default", name}); }
  // "name port app_protocol", one for each port.
  std::vector<std::string> ports(const std::string& name) {
    std::vector<std::string> out;
    const auto& spec = static_cast<const v1::MeshService&>(*service(name)->spec);
    for (const auto& port : spec.ports()) {
      EXPECT_EQ(port.target_port().number(), port.port());
      out.push_back(cat(port.name(), " ", port.port(), " ", port.app_protocol()));
    }
    return out;
  }

  TestWorld world_;
  Time now_{std::chrono::seconds(1'800'000'000)};
};

TEST_F(GenerateTest, AWorkloadBecomesAService) {
  dataplane("web-1", "web", "inbound { port: 8080 name: 'main' protocol: 'http' } inbound { port: 90 }");
  apply();
  ASSERT_NE(service("web"), nullptr);
  EXPECT_THAT(ports("web"), ElementsAre("90 90 tcp", "main 8080 http"));
  EXPECT_EQ(service("web")->labels, (Labels{{"kuma.io/mesh", "default"},
                                            {"kuma.io/display-name", "web"},
                                            {"kuma.io/managed-by", "meshservice-generator"},
                                            {"kuma.io/env", "universal"},
                                            {"kuma.io/origin", "zone"},
                                            {"kuma.io/zone", "east"}}));
  const auto& spec = static_cast<const v1::MeshService&>(*service("web")->spec);
  EXPECT_EQ(spec.selector().dataplane_labels().match_labels().at("kuma.io/workload"), "web");
  EXPECT_EQ(spec.state(), "Unavailable");
}

TEST_F(GenerateTest, NothingIsWrittenWhenNothingChanged) {
  dataplane("web-1", "web", "inbound { port: 8080 }");
  apply();
  EXPECT_THAT(generate(), IsEmpty());
}

TEST_F(GenerateTest, DataplanesWithoutWorkloadOrInboundsDoNotCount) {
  dataplane("a", "Not_A_Name", "inbound { port: 1 }");
  dataplane("b", "client", "");
  world_.put<v1::Dataplane>("c", "networking { inbound { port: 1 } }");
  EXPECT_THAT(generate(), IsEmpty());
}

TEST_F(GenerateTest, TheFirstDataplaneToDeclareAPortWins) {
  dataplane("z-first", "web", "inbound { port: 80 protocol: 'http' }");
  dataplane("a-second", "web", "inbound { port: 80 protocol: 'grpc' } inbound { port: 81 }");
  apply();
  EXPECT_THAT(ports("web"), ElementsAre("80 80 http", "81 81 tcp"));
}

TEST_F(GenerateTest, ADefinitionStaysWhileSomebodySupportsIt) {
  dataplane("second", "web", "inbound { port: 80 protocol: 'http' }");
  dataplane("third", "web", "inbound { port: 80 protocol: 'grpc' }");
  apply();
  world_.remove({"Dataplane", "default", "second"});
  dataplane("fourth", "web", "inbound { port: 80 protocol: 'http' }");
  apply();
  EXPECT_THAT(ports("web"), ElementsAre("80 80 http"));
  world_.remove({"Dataplane", "default", "fourth"});
  apply();
  EXPECT_THAT(ports("web"), ElementsAre("80 80 grpc"));
}

TEST_F(GenerateTest, AServiceSomebodyWroteIsLeftAlone) {
  world_.put<v1::MeshService>("web", "ports { port: 1 }");
  dataplane("web-1", "web", "inbound { port: 8080 }");
  EXPECT_THAT(generate(), IsEmpty());
}

TEST_F(GenerateTest, WhatOthersKeepInAServiceIsKept) {
  dataplane("web-1", "web", "inbound { port: 8080 }");
  apply();
  auto changed = std::make_shared<Resource>(*service("web"));
  auto spec = std::make_shared<v1::MeshService>(static_cast<const v1::MeshService&>(*changed->spec));
  spec->set_state("Available");
  spec->add_identities()->set_value("spiffe://m/web");
  changed->spec = spec;
  changed->labels["team"] = "shop";
  world_.put(changed);
  EXPECT_THAT(generate(), IsEmpty());
  dataplane("web-1", "web", "inbound { port: 8081 }");
  apply();
  const auto& stored = static_cast<const v1::MeshService&>(*service("web")->spec);
  EXPECT_EQ(stored.state(), "Available");
  EXPECT_EQ(stored.identities_size(), 1);
  EXPECT_EQ(service("web")->labels.at("team"), "shop");
}

TEST_F(GenerateTest, AServiceOutlivesItsDataplanesByTheGracePeriod) {
  dataplane("web-1", "web", "inbound { port: 8080 }");
  apply();
  world_.remove({"Dataplane", "default", "web-1"});
  apply();
  EXPECT_EQ(service("web")->labels.at(kGrace), "2027-01-15T08:00:00Z");
  now_ += minutes(59);
  EXPECT_THAT(generate(), IsEmpty());
  now_ += minutes(1);
  apply();
  EXPECT_EQ(service("web"), nullptr);
}

TEST_F(GenerateTest, AReturningDataplaneLiftsTheMark) {
  dataplane("web-1", "web", "inbound { port: 8080 }");
  apply();
  world_.remove({"Dataplane", "default", "web-1"});
  apply();
  dataplane("web-1", "web", "inbound { port: 8080 }");
  apply();
  EXPECT_FALSE(service("web")->labels.contains(kGrace));
  now_ += hours(5);
  EXPECT_THAT(generate(), IsEmpty());
}

TEST_F(GenerateTest, AMarkThatCannotBeReadStartsAgain) {
  world_.put<v1::MeshService>("web", "", {{"kuma.io/managed-by", "meshservice-generator"}, {kGrace, "yesterday"}});
  apply();
  EXPECT_EQ(service("web")->labels.at(kGrace), "2027-01-15T08:00:00Z");
}

}  // namespace
}  // namespace weft::cp
