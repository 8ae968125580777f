#include "control-plane/engine/telemetry_backends.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/mesh_open_telemetry_backend.pb.h"
#include "weft/v1/mesh_retry.pb.h"
#include "weft/v1/mesh_trace.pb.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TestWorld;

class TelemetryBackendsTest : public ::testing::Test {
 protected:
  void backend(const std::string& name, const std::string& team) {
    world_.put<v1::MeshOpenTelemetryBackend>(name, "", {{"team", team}});
  }
  void trace(const std::string& name, const std::string& team, const std::string& mesh = "default") {
    world_.put<v1::MeshTrace>(name,
                              cat("default { backends { type: 'OpenTelemetry' open_telemetry { backend_ref { kind: "
                                  "'MeshOpenTelemetryBackend' labels { key: 'team' value: '",
                                  team, "' } } } } }"),
                              {}, mesh);
  }
  // "Type True Reason".
  std::vector<std::string> conditions(const std::string& type, const std::string& name) {
    std::vector<std::string> out;
    for (const v1::Condition& c : telemetry_conditions(*world_, *world_->find({type, "default", name}))) {
      out.push_back(cat(c.type(), " ", c.status(), " ", c.reason()));
      EXPECT_EQ(c.message().empty(), c.status() == "True");
    }
    return out;
  }
  std::vector<std::string> of_backend(const std::string& name) { return conditions("MeshOpenTelemetryBackend", name); }

  TestWorld world_;
};

TEST_F(TelemetryBackendsTest, ABackendIsReferencedWhenAPolicyOfItsMeshNamesItsLabels) {
  backend("otel", "shop");
  trace("elsewhere", "shop", "other");
  trace("another", "bank");
  EXPECT_THAT(of_backend("otel"), ElementsAre("ReferencedByPolicies False NotReferenced"));
  trace("here", "shop");
  EXPECT_THAT(of_backend("otel"), ElementsAre("ReferencedByPolicies True Referenced"));
  world_.remove({"MeshTrace", "default", "here"});
  EXPECT_THAT(of_backend("otel"), ElementsAre("ReferencedByPolicies False NotReferenced"));
}

TEST_F(TelemetryBackendsTest, OfSeveralWithTheLabelsTheOldestIsMeant) {
  backend("z-older", "shop");
  backend("a-younger", "shop");
  trace("here", "shop");
  EXPECT_THAT(of_backend("z-older"), ElementsAre("ReferencedByPolicies True Referenced"));
  EXPECT_THAT(of_backend("a-younger"), ElementsAre("ReferencedByPolicies False NotReferenced"));
}

TEST_F(TelemetryBackendsTest, APolicySaysWhetherItsCollectorIsThere) {
  trace("here", "shop");
  EXPECT_THAT(conditions("MeshTrace", "here"), ElementsAre("ResolvedRefs False BackendNotFound"));
  backend("otel", "shop");
  EXPECT_THAT(conditions("MeshTrace", "here"), ElementsAre("ResolvedRefs True ResolvedRefs"));
}

TEST_F(TelemetryBackendsTest, WhoNamesNoCollectorSaysNothing) {
  world_.put<v1::MeshTrace>("zipkin", "default { backends { type: 'Zipkin' zipkin { url: 'http://a/b' } } }");
  world_.put<v1::MeshRetry>("retry", "");
  EXPECT_THAT(conditions("MeshTrace", "zipkin"), IsEmpty());
  EXPECT_THAT(conditions("MeshRetry", "retry"), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
