#include "control-plane/engine/monitoring_targets.h"

#include <gmock/gmock.h>

#include "base/document/document.h"
#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_metric.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MonitoringTargetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.put<v1::Mesh>("default", "");
    world_.put<v1::Dataplane>("backend-1", "networking { address: '10.0.0.1' }", {{"kuma.io/workload", "backend"}});
    world_.put<v1::Dataplane>("backend-2", "networking { address: 'fd00::2' }", {{"kuma.io/workload", "backend"}});
    world_.put<v1::Dataplane>("web-1", "networking { address: '10.0.0.3' }", {{"app", "web"}});
  }
  void metric(const std::string& name, const std::string& target, const std::string& backends) {
    world_.put<v1::MeshMetric>(name, cat(target, " default { ", backends, " }"));
  }
  // "service: address path" of every target.
  std::vector<std::string> told(std::string_view client = "prometheus") {
    std::vector<std::string> out;
    const Node list = parse_json(targets_.assignments(*world_, client).resources).value();
    for (const Node& assignment : list.items) {
      for (const Node& target : assignment.find("targets")->items) {
        out.push_back(cat(assignment.find("service")->text, ": ", target.find("scheme")->text, "://",
                          target.find("address")->text, target.find("metrics_path")->text));
      }
    }
    return out;
  }
  testing::TestWorld world_;
  MonitoringTargets targets_;
};

TEST_F(MonitoringTargetsTest, WithoutAPolicyThereIsNothingToRead) {
  EXPECT_EQ(targets_.assignments(*world_, "x").resources, "[]");
}

TEST_F(MonitoringTargetsTest, EveryDataplaneThatAPolicySelectsIsATarget) {
  metric("all", "", "backends { type: 'Prometheus' prometheus {} }");
  EXPECT_THAT(told(), ElementsAre("backend: http://10.0.0.1:5670/metrics", "backend: http://[fd00::2]:5670/metrics",
                                  "web-1: http://10.0.0.3:5670/metrics"));
  metric("web", "target_ref { kind: 'Dataplane' labels { key: 'app' value: 'web' } }",
         "backends { type: 'Prometheus' prometheus { port: 9000 path: '/m' tls { mode: 'ProvidedTLS' } } }");
  EXPECT_EQ(told().back(), "web-1: https://10.0.0.3:9000/m");
  world_.remove({"Dataplane", "default", "web-1"});
  EXPECT_EQ(told().size(), 2u);
}

TEST_F(MonitoringTargetsTest, OtherBackendsAreNotRead) {
  metric("all", "", "backends { type: 'OpenTelemetry' open_telemetry {} }");
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(MonitoringTargetsTest, AClientThatIsNamedGetsWhatNamesItAndTheOthersGetTheRest) {
  metric("all", "",
         "backends { type: 'Prometheus' prometheus { client_id: 'main' port: 1 } }"
         "backends { type: 'Prometheus' prometheus { port: 2 } }");
  world_.remove({"Dataplane", "default", "backend-2"});
  world_.remove({"Dataplane", "default", "web-1"});
  EXPECT_THAT(told("main"), ElementsAre("backend: http://10.0.0.1:1/metrics"));
  EXPECT_THAT(told("any-host"), ElementsAre("backend: http://10.0.0.1:2/metrics"));
  EXPECT_THAT(told(""), ElementsAre("backend: http://10.0.0.1:2/metrics"));
}

TEST_F(MonitoringTargetsTest, TheVersionIsTheContents) {
  metric("all", "", "backends { type: 'Prometheus' prometheus {} }");
  const std::string version = targets_.assignments(*world_, "x").version;
  world_.put<v1::Dataplane>("backend-1", "networking { address: '10.0.0.1' }", {{"kuma.io/workload", "backend"}});
  EXPECT_EQ(targets_.assignments(*world_, "x").version, version);
  EXPECT_EQ(MonitoringTargets().assignments(*world_, "x").version, version);
  world_.put<v1::Dataplane>("backend-1", "networking { address: '10.0.0.9' }", {{"kuma.io/workload", "backend"}});
  EXPECT_NE(targets_.assignments(*world_, "x").version, version);
}

TEST_F(MonitoringTargetsTest, ATargetHasTheLabelsOfItsDataplane) {
  metric("all", "", "backends { type: 'Prometheus' prometheus {} }");
  const Node list = parse_json(targets_.assignments(*world_, "x").resources).value();
  const Node& web = list.items.at(1);
  EXPECT_EQ(web.find("@type")->text, "type.googleapis.com/kuma.observability.v1.MonitoringAssignment");
  EXPECT_EQ(web.find("mesh")->text, "default");
  EXPECT_EQ(web.find("targets")->items.at(0).find("name")->text, "web-1");
  EXPECT_EQ(web.find("targets")->items.at(0).find("labels")->find("app")->text, "web");
}

}  // namespace
}  // namespace weft::cp
