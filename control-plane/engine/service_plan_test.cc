#include "control-plane/engine/service_plan.h"

#include <gmock/gmock.h>

#include <set>

#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/hostname_generator.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/mesh_multi_zone_service.pb.h"
#include "weft/v1/mesh_trust.pb.h"
#include "weft/v1/workload.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestWorld;
using ::testing::UnorderedElementsAre;

class ServicePlanTest : public ::testing::Test {
 protected:
  ServicePlanTest() {
    world_.put<v1::Mesh>("default", "");
    restart();
  }

  // As after a start of the program: nothing is remembered.
  void restart(const std::string& mesh_service_cidr = "241.0.0.0/8") {
    planner_ = std::make_unique<ServicePlanner>(
        ServicePlanOptions{.generate = {.zone = "east"},
                           .without_certificate = [this](const World&, const std::string&) { return uncertified_; }},
        VipRanges{VipRange::parse(mesh_service_cidr).value(), VipRange::parse("242.0.0.0/8").value(),
                  VipRange::parse("243.0.0.0/8").value()});
  }
  void dataplane(const std::string& name, const std::string& workload,
                 const std::string& inbounds = "inbound { port: 80 }") {
    world_.put<v1::Dataplane>(name, cat("networking { address: '10.0.0.1' ", inbounds, " }"),
                              {{"kuma.io/workload", workload}});
  }
  // Stores what is planned until nothing is; returns what was written, "Type name", at most once each.
  std::vector<std::string> settle() {
    std::vector<std::string> written;
    for (int round = 0; round < 5; ++round) {
      plan_ = planner_->plan(*world_, now_);
      if (plan_.writes.empty()) return written;
      for (const Write& write : plan_.writes) apply(write, written);
    }
    ADD_FAILURE() << "never at rest";
    return written;
  }
  void apply(const Write& write, std::vector<std::string>& written) {
    const ResourcePtr stored = world_->find(write.key);
    ASSERT_EQ(write.expected_revision, stored == nullptr ? 0 : stored->revision);
    written.push_back(cat(write.kind == Write::Kind::kDelete ? "-" : "", write.key.type, " ", write.key.name));
    if (write.kind == Write::Kind::kDelete) {
      world_.remove(write.key);
    } else {
      world_.put(std::make_shared<Resource>(*write.resource));
    }
  }
  template <typename Status>
  const Status& status(const std::string& type, const std::string& name, const std::string& mesh = "default") {
    return dynamic_cast<const Status&>(*world_->find({type, mesh, name})->status);
  }
  const v1::MeshServiceStatus& status(const std::string& name) {
    return status<v1::MeshServiceStatus>("MeshService", name);
  }
  const v1::MeshService& spec(const std::string& name) {
    return dynamic_cast<const v1::MeshService&>(*world_->find({"MeshService", "default", name})->spec);
  }
  std::string vip(const std::string& name) { return status(name).vips_size() == 1 ? status(name).vips(0).ip() : "-"; }

  void identity(const std::string& reason, const std::string& more = "") {
    auto resource = std::make_shared<Resource>();
    resource->key = {"MeshIdentity", "default", "identity"};
    resource->spec = std::make_shared<v1::MeshIdentity>(
        weft::testing::spec_of<v1::MeshIdentity>(cat("selector { dataplane {} } ", more)));
    resource->status = std::make_shared<v1::MeshIdentityStatus>(weft::testing::spec_of<v1::MeshIdentityStatus>(cat(
        "conditions { type: 'Ready' status: '", reason == "Ready" ? "True" : "False", "' reason: '", reason, "' }")));
    world_.put(std::move(resource));
  }
  void trust(const std::string& domain) { world_.put<v1::MeshTrust>("trust", cat("trust_domain: '", domain, "'")); }

  TestWorld world_;
  std::set<std::string> uncertified_;
  std::unique_ptr<ServicePlanner> planner_;
  ServicePlan plan_;
  Time now_{std::chrono::seconds(1'800'000'000)};
};

TEST_F(ServicePlanTest, AWorkloadGetsItsServiceCompleteInOneWrite) {
  world_.put<v1::HostnameGenerator>("local",
                                    "template: '{{ .DisplayName }}.svc.mesh.local' selector { mesh_service {} }");
  dataplane("web-1", "web");
  EXPECT_THAT(settle(), UnorderedElementsAre("MeshService web", "Workload web"));
  EXPECT_EQ(spec("web").state(), "Available");
  EXPECT_EQ(vip("web"), "241.0.0.1");
  EXPECT_EQ(status("web").tls().status(), "NotReady");
  ASSERT_EQ(status("web").addresses_size(), 1);
  EXPECT_EQ(status("web").addresses(0).hostname(), "web.svc.mesh.local");
  EXPECT_EQ(status("web").addresses(0).origin(), "HostnameGenerator");
  EXPECT_EQ(status("web").addresses(0).hostname_generator_ref().core_name(), "local");
  const v1::Condition& condition = status("web").hostname_generators(0).conditions(0);
  EXPECT_EQ(condition.type() + condition.status() + condition.reason(), "GeneratedTrueGenerated");
  EXPECT_TRUE(condition.has_message());
}

TEST_F(ServicePlanTest, NothingIsLookedAtWhileNothingChanges) {
  dataplane("web-1", "web");
  settle();
  const uint64_t looked = planner_->meshes_planned();
  EXPECT_THAT(planner_->plan(*world_, now_).writes, IsEmpty());
  world_.put<v1::Mesh>("other", "");
  settle();
  EXPECT_EQ(planner_->meshes_planned(), looked + 1) << "the new mesh alone";
}

TEST_F(ServicePlanTest, APlanThatWasNotWrittenIsMadeAgain) {
  dataplane("web-1", "web");
  EXPECT_EQ(planner_->plan(*world_, now_).writes.size(), 2u);
  EXPECT_EQ(planner_->plan(*world_, now_).writes.size(), 2u);
}

TEST_F(ServicePlanTest, AfterARestartNothingIsWrittenAnew) {
  dataplane("web-1", "web");
  world_.put<v1::MeshExternalService>("bank", "");
  world_.put<v1::MeshMultiZoneService>("all", "selector { mesh_service { match_labels { key: 'a' value: 'b' } } }");
  settle();
  restart();
  EXPECT_THAT(settle(), IsEmpty());
}

TEST_F(ServicePlanTest, AServiceIsAvailableWhileOneInstanceHasAllItsInboundsReady) {
  world_.put<v1::MeshService>("web",
                              "selector { dataplane_labels { match_labels { key: 'app' value: 'web' } } } "
                              "ports { port: 80 } ports { port: 81 target_port { text: 'admin' } }");
  const auto put = [&](const std::string& inbounds) {
    world_.put<v1::Dataplane>("web-1", cat("networking { address: '10.0.0.1' ", inbounds, " }"), {{"app", "web"}});
    settle();
    return spec("web").state();
  };
  EXPECT_EQ(put("inbound { port: 80 } inbound { port: 9 name: 'admin' state: 'NotReady' }"), "Unavailable");
  EXPECT_EQ(put("inbound { port: 80 } inbound { port: 9 name: 'admin' }"), "Available");
  EXPECT_EQ(put("inbound { port: 80 } inbound { port: 82 state: 'NotReady' }"), "Available")
      << "82 is not the service's";
  EXPECT_EQ(put("inbound { port: 80 health { ready: false } }"), "Unavailable");
  EXPECT_EQ(put("inbound { port: 80 state: 'Ignored' }"), "Unavailable");
  EXPECT_EQ(put("inbound { port: 82 }"), "Unavailable") << "no inbound is the service's";
  put("inbound { port: 80 state: 'NotReady' }");
  world_.put<v1::Dataplane>("web-2", "networking { address: '10.0.0.2' inbound { port: 80 } }", {{"app", "web"}});
  settle();
  EXPECT_EQ(spec("web").state(), "Available");
}

TEST_F(ServicePlanTest, ASelectorMayNameOneDataplane) {
  world_.put<v1::MeshService>("web", "selector { dataplane_ref { name: 'web-1' } } ports { port: 80 }");
  settle();
  EXPECT_EQ(spec("web").state(), "Unavailable");
  dataplane("web-1", "");
  settle();
  EXPECT_EQ(spec("web").state(), "Available");
}

TEST_F(ServicePlanTest, AddressesStayAndAreNeverGivenTwice) {
  for (const char* name : {"a", "b", "c"}) world_.put<v1::MeshService>(name, "ports { port: 80 }");
  world_.put<v1::Mesh>("other", "");
  world_.put<v1::MeshService>("a", "ports { port: 80 }", {}, "other");
  world_.put<v1::MeshExternalService>("bank", "");
  world_.put<v1::MeshMultiZoneService>("all", "");
  settle();
  EXPECT_EQ(vip("a"), "241.0.0.1");
  EXPECT_EQ(vip("b"), "241.0.0.2");
  EXPECT_EQ(vip("c"), "241.0.0.3");
  EXPECT_EQ(status<v1::MeshServiceStatus>("MeshService", "a", "other").vips(0).ip(), "241.0.0.4");
  EXPECT_EQ(status<v1::MeshExternalServiceStatus>("MeshExternalService", "bank").vip().ip(), "242.0.0.1");
  EXPECT_EQ(status<v1::MeshMultiZoneServiceStatus>("MeshMultiZoneService", "all").vips(0).ip(), "243.0.0.1");
  world_.remove({"MeshService", "default", "b"});
  world_.put<v1::MeshService>("d", "ports { port: 80 }");
  restart();
  settle();
  EXPECT_EQ(vip("a"), "241.0.0.1");
  EXPECT_EQ(vip("d"), "241.0.0.5");
}

TEST_F(ServicePlanTest, WhenAddressesRunOutItIsSaidAndOneThatComesFreeIsGiven) {
  restart("10.9.0.0/30");
  for (const char* name : {"a", "b", "c"}) world_.put<v1::MeshService>(name, "ports { port: 80 }");
  settle();
  EXPECT_EQ(vip("c"), "-");
  EXPECT_THAT(planner_->plan(*world_, now_).problems, IsEmpty()) << "said when the mesh was looked at";
  world_.remove({"MeshService", "default", "a"});
  settle();
  EXPECT_EQ(vip("c"), "10.9.0.1");
}

TEST_F(ServicePlanTest, AnAddressSomebodyKeepsOutsideTheRangeIsLeftAlone) {
  auto stored = std::make_shared<Resource>();
  stored->key = {"MeshService", "default", "web"};
  stored->spec = std::make_shared<v1::MeshService>();
  stored->status = std::make_shared<v1::MeshServiceStatus>(
      weft::testing::spec_of<v1::MeshServiceStatus>("vips { ip: '10.43.0.7' }"));
  world_.put(stored);
  settle();
  EXPECT_EQ(vip("web"), "10.43.0.7");
}

TEST_F(ServicePlanTest, ACopyFromElsewhereGetsItsAddressHereAndKeepsWhatItsZoneSaid) {
  world_.put<v1::MeshService>("web-x1", "state: 'Available' identities { type: 'SpiffeID' value: 'spiffe://a/b' }",
                              {{"kuma.io/origin", "global"}, {"kuma.io/zone", "west"}});
  EXPECT_THAT(settle(), ElementsAre("MeshService web-x1"));
  EXPECT_EQ(vip("web-x1"), "241.0.0.1");
  EXPECT_EQ(spec("web-x1").state(), "Available");
  EXPECT_EQ(spec("web-x1").identities_size(), 1);
  EXPECT_FALSE(status("web-x1").has_tls());
}

TEST_F(ServicePlanTest, ACollisionIsACondition) {
  world_.put<v1::HostnameGenerator>("one", "template: 'one.local' selector { mesh_service {} }");
  world_.put<v1::MeshService>("first", "");
  world_.put<v1::MeshService>("also", "");
  settle();
  EXPECT_EQ(status("first").addresses_size(), 1);
  EXPECT_EQ(status("also").addresses_size(), 0);
  const v1::Condition& condition = status("also").hostname_generators(0).conditions(0);
  EXPECT_EQ(condition.status() + condition.reason(), "FalseCollision");
  EXPECT_NE(condition.message().find("\"first\""), std::string::npos) << condition.message();
  world_.remove({"MeshService", "default", "first"});
  settle();
  EXPECT_EQ(status("also").addresses(0).hostname(), "one.local");
}

TEST_F(ServicePlanTest, NamesGoWithTheirGenerator) {
  world_.put<v1::HostnameGenerator>("one", "template: 'one.local' selector { mesh_external_service {} }");
  world_.put<v1::MeshExternalService>("bank", "");
  settle();
  EXPECT_EQ(status<v1::MeshExternalServiceStatus>("MeshExternalService", "bank").addresses_size(), 1);
  world_.remove({"HostnameGenerator", "", "one"});
  settle();
  const auto& after = status<v1::MeshExternalServiceStatus>("MeshExternalService", "bank");
  EXPECT_EQ(after.addresses_size() + after.hostname_generators_size(), 0);
  EXPECT_EQ(after.vip().ip(), "242.0.0.1");
}

TEST_F(ServicePlanTest, AMultiZoneServiceNamesItsMembers) {
  world_.put<v1::MeshMultiZoneService>("all", "selector { mesh_service { match_labels { key: 'app' value: 'web' } } }");
  const auto said = [&] { return status<v1::MeshMultiZoneServiceStatus>("MeshMultiZoneService", "all"); };
  settle();
  EXPECT_EQ(said().conditions(0).type() + said().conditions(0).status() + said().conditions(0).reason(),
            "MeshServicesMatchedFalseNoMatchesFound");
  world_.put<v1::MeshService>(
      "web-x1", "",
      {{"app", "web"}, {"kuma.io/display-name", "web"}, {"kuma.io/zone", "west"}, {"k8s.kuma.io/namespace", "shop"}});
  world_.put<v1::MeshService>("web", "", {{"app", "web"}, {"kuma.io/zone", "east"}});
  world_.put<v1::MeshService>("other", "", {{"app", "other"}});
  settle();
  EXPECT_EQ(said().conditions(0).status() + said().conditions(0).reason(), "TrueMatchesFound");
  ASSERT_EQ(said().mesh_services_size(), 2);
  EXPECT_EQ(said().mesh_services(0).name() + "/" + said().mesh_services(0).zone(), "web/east");
  EXPECT_EQ(said().mesh_services(1).name() + "/" + said().mesh_services(1).zone(), "web/west");
  EXPECT_EQ(said().mesh_services(1).namespace_() + "/" + said().mesh_services(1).mesh(), "shop/default");
}

TEST_F(ServicePlanTest, AMultiZoneServiceWithoutLabelsHasNoMembers) {
  world_.put<v1::MeshMultiZoneService>("all", "selector { mesh_service {} }");
  world_.put<v1::MeshService>("web", "");
  settle();
  EXPECT_EQ(status<v1::MeshMultiZoneServiceStatus>("MeshMultiZoneService", "all").mesh_services_size(), 0);
}

TEST_F(ServicePlanTest, TlsIsReadyOnceEveryInstanceIsVouchedForAndThenForGood) {
  dataplane("web-1", "web");
  settle();
  EXPECT_EQ(status("web").tls().status(), "NotReady");
  identity("Failure");
  trust("default.east.mesh.local");
  settle();
  EXPECT_EQ(status("web").tls().status(), "NotReady") << "the identity cannot issue";
  identity("Ready", "spiffe_id { trust_domain: 'elsewhere' }");
  settle();
  EXPECT_EQ(status("web").tls().status(), "NotReady") << "nobody trusts its domain";
  identity("Ready");
  settle();
  EXPECT_EQ(status("web").tls().status(), "Ready");
  identity("Failure");
  settle();
  EXPECT_EQ(status("web").tls().status(), "Ready");
  world_.remove({"MeshIdentity", "default", "identity"});
  settle();
  EXPECT_EQ(status("web").tls().status(), "NotReady");
}

TEST_F(ServicePlanTest, TlsIsNotReadyBeforeEveryConnectedInstanceHasItsCertificate) {
  dataplane("web-1", "web");
  dataplane("web-2", "web");
  uncertified_ = {"web-2"};
  identity("Ready");
  trust("default.east.mesh.local");
  settle();
  EXPECT_EQ(status("web").tls().status(), "NotReady");
  ASSERT_TRUE(plan_.again_at.has_value()) << "nobody else says when the certificate is there";
  now_ = *plan_.again_at;
  uncertified_.clear();
  settle();
  EXPECT_EQ(status("web").tls().status(), "Ready");
  uncertified_ = {"web-2"};
  dataplane("web-3", "web");
  settle();
  EXPECT_EQ(status("web").tls().status(), "Ready") << "clients speak TLS by now";
}

TEST_F(ServicePlanTest, WithSpireNoMeshTrustIsNeededAndWithoutInstancesNobodyIsMissing) {
  dataplane("web-1", "web");
  identity("Ready", "provider { type: 'Spire' }");
  settle();
  EXPECT_EQ(status("web").tls().status(), "Ready");
  world_.put<v1::MeshService>("empty", "");
  settle();
  EXPECT_EQ(status("empty").tls().status(), "Ready");
}

TEST_F(ServicePlanTest, AServiceListsTheIdsOfItsInstances) {
  dataplane("web-1", "web");
  identity("PartiallyReady");
  settle();
  ASSERT_EQ(spec("web").identities_size(), 1);
  EXPECT_EQ(spec("web").identities(0).type(), "SpiffeID");
  EXPECT_EQ(spec("web").identities(0).value(), "spiffe://default.east.mesh.local/workload/web");
  identity("Failure");
  settle();
  EXPECT_EQ(spec("web").identities_size(), 0);
}

TEST_F(ServicePlanTest, WorkloadsFollowTheLabelsOfTheDataplanes) {
  dataplane("client", "client", "");  // no inbound: a workload, no service
  world_.put<v1::Workload>("mine", "");
  EXPECT_THAT(settle(), ElementsAre("Workload client"));
  const ResourcePtr workload = world_->find({"Workload", "default", "client"});
  EXPECT_EQ(workload->labels.at("kuma.io/managed-by"), "workload-generator");
  EXPECT_EQ(workload->labels.at("kuma.io/env"), "universal");
  EXPECT_EQ(workload->labels.at("kuma.io/zone"), "east");
  dataplane("client", "mine", "");
  EXPECT_THAT(settle(), ElementsAre("-Workload client")) << "somebody's own is left alone";
}

TEST_F(ServicePlanTest, WhenGeneratingIsOffOnlyWhatSomebodyWroteIsServed) {
  planner_ = std::make_unique<ServicePlanner>(
      ServicePlanOptions{.generate = {.zone = "east"}, .generates = false},
      VipRanges{VipRange::parse("241.0.0.0/8").value(), VipRange::parse("242.0.0.0/8").value(),
                VipRange::parse("243.0.0.0/8").value()});
  dataplane("web-1", "web");
  world_.put<v1::MeshService>("mine", "");
  EXPECT_THAT(settle(), ElementsAre("MeshService mine"));
}

TEST_F(ServicePlanTest, AMarkedServiceIsDeletedOnTimeThoughNothingChanges) {
  dataplane("web-1", "web");
  settle();
  world_.remove({"Dataplane", "default", "web-1"});
  settle();
  EXPECT_EQ(spec("web").state(), "Unavailable");
  ASSERT_EQ(plan_.again_at, now_ + std::chrono::hours(1));
  now_ += std::chrono::hours(1);
  EXPECT_THAT(settle(), ElementsAre("-MeshService web"));
  EXPECT_EQ(plan_.again_at, std::nullopt);
}

// A thousand services and two thousand dataplanes: one instance more is one look at the mesh and no write but its own.
TEST_F(ServicePlanTest, InALargeMeshAChangeWritesWhatItTouches) {
  for (int i = 0; i < 2000; ++i) dataplane(cat("dp-", i), cat("w", i % 1000));
  EXPECT_EQ(settle().size(), 2000u);
  std::set<std::string> vips;
  for (int i = 0; i < 1000; ++i) vips.insert(vip(cat("w", i)));
  EXPECT_EQ(vips.size(), 1000u);
  const uint64_t looked = planner_->meshes_planned();
  dataplane("dp-new", "w7", "inbound { port: 81 }");
  EXPECT_THAT(settle(), ElementsAre("MeshService w7"));
  EXPECT_EQ(planner_->meshes_planned(), looked + 2);
}

}  // namespace
}  // namespace weft::cp
