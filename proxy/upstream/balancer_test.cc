#include "proxy/upstream/balancer.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace weft::proxy {
namespace {

EndpointSet set_of(const std::vector<uint32_t>& weights) {
  EndpointSet set;
  for (size_t i = 0; i < weights.size(); ++i) {
    Endpoint endpoint;
    endpoint.slot = static_cast<uint32_t>(i);
    endpoint.weight = weights[i];
    set.endpoints.push_back(endpoint);
  }
  return set;
}

std::map<uint32_t, int> picks(Balancer& balancer, const EndpointSet& set, int count) {
  std::map<uint32_t, int> seen;
  for (int i = 0; i < count; ++i) ++seen[balancer.pick(set, {})->slot];
  return seen;
}

TEST(Balancer, GoesRoundToTheRequest) {
  Random random(1);
  Balancer balancer(random);
  const EndpointSet set = set_of({1, 1, 1});
  EXPECT_EQ(picks(balancer, set, 9), (std::map<uint32_t, int>{{0, 3}, {1, 3}, {2, 3}}));
  const uint32_t first = balancer.pick(set, {})->slot;
  EXPECT_NE(balancer.pick(set, {})->slot, first);
}

TEST(Balancer, KeepsARotationForEachSet) {
  Random random(1);
  Balancer balancer(random);
  const EndpointSet a = set_of({1, 1});
  const EndpointSet b = set_of({1, 1});
  std::map<uint32_t, int> seen;
  for (int i = 0; i < 10; ++i) {
    ++seen[balancer.pick(a, {})->slot];
    balancer.pick(b, {});
  }
  EXPECT_EQ(seen, (std::map<uint32_t, int>{{0, 5}, {1, 5}}));
}

TEST(Balancer, SpreadsByWeight) {
  Random random(1);
  Balancer balancer(random);
  const EndpointSet set = set_of({5, 1, 0});
  EXPECT_EQ(picks(balancer, set, 12), (std::map<uint32_t, int>{{0, 10}, {1, 2}}));
}

TEST(Balancer, ARetryPrefersAnotherEndpoint) {
  Random random(1);
  Balancer balancer(random);
  const EndpointSet set = set_of({1, 1, 1});
  for (int i = 0; i < 20; ++i) {
    Tried tried;
    for (int attempt = 0; attempt < 3; ++attempt) {
      const Endpoint* endpoint = balancer.pick(set, tried);
      EXPECT_FALSE(tried.contains(*endpoint));
      tried.add(*endpoint);
    }
    EXPECT_NE(balancer.pick(set, tried), nullptr);  // all were tried: any
  }
}

TEST(Balancer, AnEmptySetHasNobody) {
  Random random(1);
  Balancer balancer(random);
  EXPECT_EQ(balancer.pick(set_of({}), {}), nullptr);
}

TEST(Backends, ArePickedByWeight) {
  Random random(1);
  Route route;
  route.backends = {{nullptr, 3}, {nullptr, 1}, {nullptr, 0}};
  std::map<const Backend*, int> seen;
  for (int i = 0; i < 4000; ++i) ++seen[pick_backend(route, random)];
  EXPECT_NEAR(seen[&route.backends[0]], 3000, 150);
  EXPECT_NEAR(seen[&route.backends[1]], 1000, 150);
  EXPECT_EQ(seen.count(&route.backends[2]), 0u);
  route.backends = {{nullptr, 0}, {nullptr, 0}};
  EXPECT_EQ(pick_backend(route, random), nullptr);
}

}  // namespace
}  // namespace weft::proxy
