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
  std::vector<Write> generate() {
    MeshCensus census;
    census.follow(*world_, "default");
    MeshServiceDrafts drafts;
    for (const auto& [name, service] : *world_->table("MeshService", "default")) {
      drafts.emplace(name, MeshServiceDraft::of(service));
    }
    again_ = generate_mesh_services("default", census.workloads(), options_, now_, drafts);
    std::vector<Write> writes;
    for (auto& [name, draft] : drafts) {
      if (std::optional<Write> write = std::move(draft).write()) writes.push_back(*std::move(write));
    }
    return writes;
  }
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
  GenerateOptions options_{.zone = "east"};
  Time now_{std::chrono::seconds(1'800'000'000)};
  std::optional<Time> again_;
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
  EXPECT_EQ(again_, now_ + hours(1));
  now_ += minutes(59);
  EXPECT_THAT(generate(), IsEmpty());
  EXPECT_EQ(again_, now_ + minutes(1));
  now_ += minutes(1);
  apply();
  EXPECT_EQ(service("web"), nullptr);
  EXPECT_EQ(again_, std::nullopt);
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

class PropagationTest : public GenerateTest {
 protected:
  PropagationTest() { options_.propagate_labels = true; }

  void instance(const std::string& name, Labels labels) {
    labels["kuma.io/workload"] = "web";
    world_.put<v1::Dataplane>(name, "networking { address: '10.0.0.1' inbound { port: 80 } }", std::move(labels));
  }
  // Labels of the service that are nobody's but the dataplanes' and the author's.
  Labels labels() {
    Labels out = service("web")->labels;
    std::erase_if(out, [](const auto& label) { return label.first.starts_with("kuma.io/"); });
    return out;
  }
  // Keys that are remembered as taken over.
  size_t marks() {
    const Labels all = service("web")->labels;
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const auto& label) {
      return label.first.starts_with("kuma.io/pkey-") && label.first.size() == 13 + 16 && label.second.empty();
    }));
  }
};

TEST_F(PropagationTest, NoLabelIsTakenOverUnlessAskedFor) {
  options_.propagate_labels = false;
  instance("web-1", {{"team", "shop"}});
  apply();
  EXPECT_THAT(labels(), IsEmpty());
}

TEST_F(PropagationTest, TheValueOfMostInstancesIsTakenOver) {
  instance("web-1", {{"team", "shop"}, {"k8s.kuma.io/x", "y"}});
  instance("web-2", {{"team", "shop"}});
  instance("web-3", {{"team", "cart"}});
  apply();
  EXPECT_EQ(labels(), (Labels{{"team", "shop"}}));
  EXPECT_EQ(marks(), 1u);
}

TEST_F(PropagationTest, OfSeveralValuesTheNewestInstancesIsTakenThenTheSmallest) {
  instance("web-1", {{"team", "a"}});
  instance("web-2", {{"team", "b"}});
  apply();
  EXPECT_EQ(labels(), (Labels{{"team", "b"}}));
}

TEST_F(PropagationTest, OnlyTheNamedKeysAreTakenOver) {
  options_.propagated_keys = {"team"};
  instance("web-1", {{"team", "shop"}, {"tier", "1"}});
  apply();
  EXPECT_EQ(labels(), (Labels{{"team", "shop"}}));
}

TEST_F(PropagationTest, WhatIsWithdrawnGoesAndWhatTheAuthorWroteStays) {
  instance("web-1", {{"team", "shop"}, {"tier", "1"}});
  apply();
  auto edited = std::make_shared<Resource>(*service("web"));
  edited->labels["owner"] = "jo";
  world_.put(edited);
  instance("web-1", {{"tier", "1"}, {"owner", "ann"}});
  apply();
  EXPECT_EQ(labels(), (Labels{{"owner", "jo"}, {"tier", "1"}}));
  EXPECT_EQ(marks(), 1u);
  EXPECT_THAT(generate(), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
