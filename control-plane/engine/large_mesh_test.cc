// In a large mesh a change costs what it touches: counted, not timed.
#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/engine/test_world.h"
#include "weft/v1/dataplane.pb.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

using testing::TestWorld;

// A thousand services of one instance each, and clients that call five of them each.
class LargeMeshTest : public ::testing::Test {
 protected:
  static constexpr int kServices = 1000;
  static constexpr int kClients = 100;
  static constexpr int kDestinations = 5;

  LargeMeshTest() {
    world_.put<v1::Mesh>("default", "");
    for (int i = 0; i < kServices; ++i) {
      put_instance(i, "");
      world_.put<v1::MeshService>(cat("s-", i),
                                  cat("selector { dataplane_labels { match_labels { key: 'app' value: 's-", i,
                                      "' } } } "
                                      "ports { port: 80 }"));
    }
    for (int client = 0; client < kClients; ++client) {
      std::string outbounds;
      for (int i = 0; i < kDestinations; ++i) {
        append(outbounds, " outbound { port: ", 1 + i, " backend_ref { name: 's-", service_of(client, i),
               "' port: 80 } }");
      }
      world_.put<v1::Dataplane>(cat("client-", client), cat("networking { address: '10.1.0.1'", outbounds, " }"));
    }
    items_.resize(kClients);
    compile();
  }

  // Neighbours share a destination: clients 0 and 1 both call service 4, and so on.
  static int service_of(int client, int index) { return client * (kDestinations - 1) + index; }

  void put_instance(int service, const std::string& inbound) {
    world_.put<v1::Dataplane>(cat("i-", service),
                              cat("networking { address: '10.0.", service / 250, ".", service % 250 + 1,
                                  "' inbound { port: 80 ", inbound, " } }"),
                              {{"app", cat("s-", service)}});
  }

  // Compiles every client; returns which of them have other items than before.
  std::vector<int> compile() {
    before_ = memo_.counters();
    std::vector<int> changed;
    for (int i = 0; i < kClients; ++i) {
      ProxyItemsPtr now = compile_proxy(*world_, {"Dataplane", "default", cat("client-", i)}, memo_).value();
      if (now != items_[static_cast<size_t>(i)]) changed.push_back(i);
      items_[static_cast<size_t>(i)] = std::move(now);
    }
    return changed;
  }

  TestWorld world_;
  Memo memo_;
  CompileCounters before_;
  std::vector<ProxyItemsPtr> items_;
};

TEST_F(LargeMeshTest, AnEndpointsChangeReachesOnlyWhoUsesIt) {
  put_instance(service_of(7, 1), "state: 'NotReady'");
  EXPECT_THAT(compile(), ::testing::ElementsAre(7));
  EXPECT_EQ(memo_.counters().proxies - before_.proxies, 1u);
  EXPECT_EQ(memo_.counters().endpoints - before_.endpoints, 1u);
  EXPECT_EQ(memo_.counters().destinations, before_.destinations);
  EXPECT_EQ(memo_.counters().listeners, before_.listeners);
}

TEST_F(LargeMeshTest, TwoThatUseTheSameServiceShareWhatIsMadeAnew) {
  put_instance(service_of(7, kDestinations - 1), "state: 'NotReady'");
  EXPECT_THAT(compile(), ::testing::ElementsAre(7, 8));
  EXPECT_EQ(memo_.counters().proxies - before_.proxies, 2u);
  EXPECT_EQ(memo_.counters().endpoints - before_.endpoints, 1u);
}

TEST_F(LargeMeshTest, AnEndpointNobodyUsesReachesNobody) {
  put_instance(kServices - 1, "state: 'NotReady'");
  EXPECT_THAT(compile(), ::testing::IsEmpty());
  EXPECT_EQ(memo_.counters().proxies, before_.proxies);
  EXPECT_EQ(memo_.counters().endpoints, before_.endpoints);
}

}  // namespace
}  // namespace weft::cp
