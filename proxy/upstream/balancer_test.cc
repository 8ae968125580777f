#include "proxy/upstream/balancer.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/key_hash.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

using Algorithm = BalanceRule::Algorithm;
using Counts = std::map<uint32_t, int>;

EndpointSet set_of(const std::vector<uint32_t>& weights) {
  EndpointSet set;
  for (size_t i = 0; i < weights.size(); ++i) {
    Endpoint endpoint;
    endpoint.slot = static_cast<uint32_t>(i);
    endpoint.weight = weights[i];
    endpoint.address = *SocketAddress::parse(cat("10.0.", i >> 8, ".", i & 255), 80);
    set.endpoints.push_back(endpoint);
  }
  return set;
}

// One locality a group of `sizes`, each of the next priority.
EndpointSet priorities_of(const std::vector<uint32_t>& sizes) {
  uint32_t all = 0;
  for (const uint32_t size : sizes) all += size;
  EndpointSet set = set_of(std::vector<uint32_t>(all, 1));
  uint32_t begin = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    set.localities.push_back({"", static_cast<uint32_t>(i), 1, begin, begin + sizes[i]});
    begin += sizes[i];
  }
  return set;
}

class BalancerTest : public ::testing::Test {
 protected:
  Counts picks(const EndpointSet& set, int count, const BalanceRule* rule = nullptr) {
    PickContext context;
    context.rule = rule;
    return picks(set, count, context);
  }
  Counts picks(const EndpointSet& set, int count, const PickContext& context) {
    Counts seen;
    for (int i = 0; i < count; ++i) {
      const Endpoint* endpoint = balancer.pick(set, context);
      ++seen[endpoint == nullptr ? 9999 : endpoint->slot];
    }
    return seen;
  }
  void fail(std::initializer_list<uint32_t> slots) {
    for (const uint32_t slot : slots) health.set_failing(slot, true);
  }

  Random random{1};
  HealthTable health;
  Balancer balancer{random, health};
};

TEST_F(BalancerTest, GoesRoundToTheRequest) {
  const EndpointSet set = set_of({1, 1, 1});
  EXPECT_EQ(picks(set, 9), (Counts{{0, 3}, {1, 3}, {2, 3}}));
  const uint32_t first = balancer.pick(set, {})->slot;
  EXPECT_NE(balancer.pick(set, {})->slot, first);
}

TEST_F(BalancerTest, KeepsARotationForEachSet) {
  const EndpointSet a = set_of({1, 1});
  const EndpointSet b = set_of({1, 1});
  Counts seen;
  for (int i = 0; i < 10; ++i) {
    ++seen[balancer.pick(a, {})->slot];
    balancer.pick(b, {});
  }
  EXPECT_EQ(seen, (Counts{{0, 5}, {1, 5}}));
}

TEST_F(BalancerTest, SpreadsByWeightAndMixesTheTurns) {
  const EndpointSet set = set_of({5, 1, 0});
  Counts seen = picks(set, 1200);
  EXPECT_NEAR(seen[0], 1000, 1);
  EXPECT_NEAR(seen[1], 200, 1);
  EXPECT_EQ(seen.count(2), 0u);
  // Nobody waits longer for its turn than its weight asks for.
  int since = 0;
  for (int i = 0; i < 100; ++i) {
    since = balancer.pick(set, {})->slot == 1 ? 0 : since + 1;
    EXPECT_LE(since, 6);
  }
}

TEST_F(BalancerTest, WhoCouldNotBeReachedIsPassedOverUntilOneFindsOut) {
  const EndpointSet set = set_of({1, 1, 1});
  const TimePoint start{std::chrono::seconds(100)};
  PickContext context;
  context.now = start;
  picks(set, 3, context);
  EXPECT_TRUE(health.unreached(1, start));
  EXPECT_EQ(picks(set, 30, context), (Counts{{0, 15}, {2, 15}}));
  // A second later one request finds out; it takes as long again until the next one.
  context.now = start + std::chrono::seconds(1);
  EXPECT_EQ(picks(set, 30, context)[1], 1);
  EXPECT_FALSE(health.unreached(1, context.now));
  context.now += std::chrono::milliseconds(1900);
  EXPECT_EQ(picks(set, 30, context)[1], 0);
  context.now += std::chrono::milliseconds(100);
  EXPECT_EQ(picks(set, 30, context)[1], 1);
  health.reached(1);
  EXPECT_EQ(picks(set, 30, context)[1], 10);
}

TEST_F(BalancerTest, WhoCouldNotBeReachedIsTakenWhenThereIsNobodyElse) {
  const EndpointSet set = set_of({1, 1});
  PickContext context;
  context.now = TimePoint(std::chrono::seconds(100));
  health.unreached(0, context.now);
  health.unreached(1, context.now);
  EXPECT_EQ(picks(set, 10, context).size(), 2u);
  // Another priority is somebody else.
  const EndpointSet two = priorities_of({1, 1});
  health.reached(1);
  EXPECT_EQ(picks(two, 10, context), (Counts{{1, 10}}));
  context.tried.add(two.endpoints[1]);
  EXPECT_EQ(picks(two, 10, context), (Counts{{0, 10}})) << "one that was tried is worse";
}

TEST_F(BalancerTest, HashesOfWhoCouldNotBeReachedMoveAndComeBack) {
  const EndpointSet set = set_of({1, 1, 1});
  BalanceRule rule;
  rule.algorithm = Algorithm::kMaglev;
  const auto tables = make_hash_tables(set, &rule);
  PickContext context;
  context.rule = &rule;
  context.tables = tables.get();
  context.now = TimePoint(std::chrono::seconds(100));
  context.hash = mix64(7);
  const uint32_t owner = balancer.pick(set, context)->slot;
  health.unreached(owner, context.now);
  EXPECT_EQ(picks(set, 10, context).count(owner), 0u);
  health.reached(owner);
  EXPECT_EQ(picks(set, 10, context), (Counts{{owner, 10}}));
}

TEST_F(BalancerTest, ARetryPrefersAnotherEndpointWhateverTheAlgorithm) {
  const EndpointSet set = set_of({1, 1, 1});
  for (const Algorithm algorithm : {Algorithm::kRoundRobin, Algorithm::kLeastRequest, Algorithm::kRandom,
                                    Algorithm::kRingHash, Algorithm::kMaglev}) {
    BalanceRule rule;
    rule.algorithm = algorithm;
    const auto tables = make_hash_tables(set, &rule);
    for (uint64_t i = 0; i < 20; ++i) {
      PickContext context;
      context.rule = &rule;
      context.tables = tables.get();
      context.hash = mix64(i);
      for (int attempt = 0; attempt < 3; ++attempt) {
        const Endpoint* endpoint = balancer.pick(set, context);
        EXPECT_FALSE(context.tried.contains(*endpoint));
        context.tried.add(*endpoint);
      }
      EXPECT_NE(balancer.pick(set, context), nullptr);  // all were tried: any
    }
  }
}

TEST_F(BalancerTest, ARetryLeavesAPriorityOfWhichAllWereTried) {
  const EndpointSet set = priorities_of({1, 1});
  PickContext context;
  EXPECT_EQ(balancer.pick(set, context)->slot, 0u);
  context.tried.add(set.endpoints[0]);
  EXPECT_EQ(balancer.pick(set, context)->slot, 1u);
}

TEST_F(BalancerTest, AnEmptySetHasNobody) { EXPECT_EQ(balancer.pick(set_of({}), {}), nullptr); }

TEST_F(BalancerTest, RandomIsUniform) {
  BalanceRule rule;
  rule.algorithm = Algorithm::kRandom;
  constexpr int kPicks = 10'000;
  const Counts seen = picks(set_of(std::vector<uint32_t>(10, 1)), kPicks, &rule);
  double chi_square = 0;
  for (const auto& [slot, count] : seen) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_LT(chi_square, 27.9);  // 9 degrees of freedom, one in a thousand
  EXPECT_GT(chi_square, 0.5);   // nothing random is as even as a rotation
}

TEST_F(BalancerTest, LeastRequestTakesTheLessBusyOfTwo) {
  BalanceRule rule;
  rule.algorithm = Algorithm::kLeastRequest;
  const EndpointSet set = set_of({1, 1});
  const InFlight busy(health, 0);
  EXPECT_EQ(picks(set, 100, &rule), (Counts{{1, 100}}));
}

TEST_F(BalancerTest, LeastRequestKeepsASlowInstanceFromFillingUp) {
  BalanceRule rule;
  rule.algorithm = Algorithm::kLeastRequest;
  const EndpointSet set = set_of({1, 1, 1});
  // Each turn of the clock the quick ones finish all they have, the slow one finishes one of ten.
  std::vector<std::vector<InFlight>> busy(3);
  Counts seen;
  for (int step = 0; step < 3000; ++step) {
    PickContext context;
    context.rule = &rule;
    const uint32_t slot = balancer.pick(set, context)->slot;
    ++seen[slot];
    busy[slot].emplace_back(health, slot);
    for (uint32_t quick : {1u, 2u}) busy[quick].clear();
    if (step % 10 == 0 && !busy[0].empty()) busy[0].pop_back();
  }
  EXPECT_LT(seen[0], 450);  // 10 % were its due; round robin gives it 33 %
  EXPECT_GT(seen[0], 150);
  EXPECT_LT(busy[0].size(), 4u);
}

TEST_F(BalancerTest, LeastRequestOfAllLooksAtAll) {
  BalanceRule rule;
  rule.algorithm = Algorithm::kLeastRequest;
  rule.choice_count = 100;
  std::vector<InFlight> busy;
  for (const uint32_t slot : {0u, 1u, 2u, 4u}) busy.emplace_back(health, slot);
  EXPECT_EQ(picks(set_of({1, 1, 1, 1, 1}), 50, &rule), (Counts{{3, 50}}));
}

TEST_F(BalancerTest, LeastRequestWithWeightsCountsLoadAgainstWeight) {
  BalanceRule rule;
  rule.algorithm = Algorithm::kLeastRequest;
  const EndpointSet set = set_of({3, 1});
  Counts idle = picks(set, 400, &rule);
  EXPECT_NEAR(idle[0], 300, 4);
  const std::vector<InFlight> busy = [&] {
    std::vector<InFlight> out;
    for (int i = 0; i < 2; ++i) out.emplace_back(health, 0);
    return out;
  }();
  EXPECT_NEAR(picks(set, 400, &rule)[0], 200, 4);  // 3 / (2 + 1) against 1
  rule.active_request_bias = 0;
  EXPECT_NEAR(picks(set, 400, &rule)[0], 300, 4);
}

TEST_F(BalancerTest, InFlightEndsWithItsOwner) {
  {
    InFlight one(health, 4);
    InFlight moved(std::move(one));
    EXPECT_EQ(health.at(4).in_flight, 1u);
    moved = InFlight(health, 5);
    EXPECT_EQ(health.at(4).in_flight, 0u);
    health.forget(5);
    EXPECT_EQ(health.at(5).in_flight, 1u);
  }
  EXPECT_EQ(health.at(5).in_flight, 0u);
}

TEST_F(BalancerTest, HashesStick) {
  const EndpointSet set = set_of({1, 1, 1, 1});
  for (const Algorithm algorithm : {Algorithm::kRingHash, Algorithm::kMaglev}) {
    BalanceRule rule;
    rule.algorithm = algorithm;
    const auto tables = make_hash_tables(set, &rule);
    PickContext context;
    context.rule = &rule;
    context.tables = tables.get();
    for (uint64_t key = 0; key < 50; ++key) {
      context.hash = mix64(key);
      EXPECT_EQ(picks(set, 10, context).size(), 1u);
    }
    context.hash.reset();
    EXPECT_EQ(picks(set, 100, context).size(), 4u);  // nothing to go by: spread
  }
}

TEST_F(BalancerTest, WhatAFailingInstanceHadMovesAndNothingElse) {
  const EndpointSet set = set_of({1, 1, 1, 1});
  for (const Algorithm algorithm : {Algorithm::kRingHash, Algorithm::kMaglev}) {
    BalanceRule rule;
    rule.algorithm = algorithm;
    const auto tables = make_hash_tables(set, &rule);
    const auto owner = [&](uint64_t key) {
      PickContext context;
      context.rule = &rule;
      context.tables = tables.get();
      context.hash = mix64(key);
      return balancer.pick(set, context)->slot;
    };
    std::vector<uint32_t> before;
    for (uint64_t key = 0; key < 1000; ++key) before.push_back(owner(key));
    health.set_failing(2, true);
    Counts heirs;
    for (uint64_t key = 0; key < 1000; ++key) {
      if (before[key] == 2) {
        ++heirs[owner(key)];
      } else {
        EXPECT_EQ(owner(key), before[key]);
      }
    }
    EXPECT_EQ(heirs.size(), 3u);  // shared by all the others
    EXPECT_EQ(heirs.count(2), 0u);
    health.set_failing(2, false);
    for (uint64_t key = 0; key < 1000; ++key) EXPECT_EQ(owner(key), before[key]);
  }
}

TEST_F(BalancerTest, UnhealthyInstancesGetNothing) {
  const EndpointSet set = set_of({1, 1, 1, 1, 1});
  fail({0, 3});
  EXPECT_EQ(picks(set, 30), (Counts{{1, 10}, {2, 10}, {4, 10}}));
  health.set_failing(0, false);
  EXPECT_EQ(picks(set, 40), (Counts{{0, 10}, {1, 10}, {2, 10}, {4, 10}}));
}

TEST_F(BalancerTest, WithTooFewHealthyAllAreUsed) {
  const EndpointSet set = set_of({1, 1, 1, 1, 1});
  fail({0, 1, 2});
  EXPECT_EQ(picks(set, 50).size(), 5u);  // 40 % healthy is below 50
  PickContext context;
  context.panic_threshold = 40;
  EXPECT_EQ(picks(set, 50, context), (Counts{{3, 25}, {4, 25}}));
  context.panic_threshold = 41;
  context.fails_on_panic = true;
  EXPECT_EQ(picks(set, 5, context), (Counts{{9999, 5}}));
}

TEST_F(BalancerTest, WithNobodyHealthyAndNoPanicThereIsNobody) {
  const EndpointSet set = set_of({1, 1});
  const EndpointSet lone = set_of({1});
  fail({0, 1});
  EXPECT_EQ(picks(set, 10), (Counts{{0, 5}, {1, 5}}));
  PickContext context;
  context.panic_threshold = 0;
  EXPECT_EQ(balancer.pick(set, context), nullptr);
  EXPECT_EQ(balancer.pick(lone, context), nullptr);
  EXPECT_EQ(balancer.pick(lone, {})->slot, 0u);
}

TEST_F(BalancerTest, TheNextPriorityTakesWhatTheFirstCannot) {
  const EndpointSet set = priorities_of({4, 2});
  EXPECT_EQ(picks(set, 100), (Counts{{0, 25}, {1, 25}, {2, 25}, {3, 25}}));
  fail({0, 1});  // half of them: 50 * 1.4 = 70 %
  Counts seen = picks(set, 10'000);
  EXPECT_NEAR(seen[2] + seen[3], 7000, 150);
  EXPECT_NEAR(seen[4] + seen[5], 3000, 150);
  fail({2, 3});
  EXPECT_EQ(picks(set, 10), (Counts{{4, 5}, {5, 5}}));
}

TEST_F(BalancerTest, LocalitiesOfAPriorityShareByWeight) {
  EndpointSet set = set_of({1, 1, 1, 1});
  set.localities = {{"node", 0, 90, 0, 1}, {"az", 0, 9, 1, 2}, {"local", 0, 1, 2, 4}};
  Counts seen = picks(set, 10'000);
  EXPECT_NEAR(seen[0], 9000, 2);
  EXPECT_NEAR(seen[1], 900, 2);
  EXPECT_NEAR(seen[2], 50, 2);
  EXPECT_NEAR(seen[3], 50, 2);
  fail({0});
  seen = picks(set, 10'000);
  EXPECT_EQ(seen.count(0), 0u);
  EXPECT_NEAR(seen[1], 9000, 2);
}

TEST_F(BalancerTest, AHashGoesToThePrioritiesInTheirShares) {
  const EndpointSet set = priorities_of({2, 2});
  BalanceRule rule;
  rule.algorithm = Algorithm::kMaglev;
  const auto tables = make_hash_tables(set, &rule);
  PickContext context;
  context.rule = &rule;
  context.tables = tables.get();
  fail({0});
  Counts seen;
  for (uint64_t key = 0; key < 10'000; ++key) {
    context.hash = mix64(key);
    ++seen[balancer.pick(set, context)->slot];
  }
  EXPECT_NEAR(seen[1], 7000, 200);
  EXPECT_NEAR(seen[2], 1500, 200);
  EXPECT_NEAR(seen[3], 1500, 200);
}

TEST_F(BalancerTest, ANewInstanceOfASetInUseIsWarmedUp) {
  BalanceRule rule;
  rule.slow_start_window = std::chrono::seconds(100);
  PickContext context;
  context.rule = &rule;
  context.now = TimePoint{} + std::chrono::hours(1);
  EXPECT_EQ(picks(set_of({1, 1}), 10, context), (Counts{{0, 5}, {1, 5}}));  // all of them are new: no difference
  const EndpointSet grown = set_of({1, 1, 1});
  Counts seen = picks(grown, 2100, context);
  EXPECT_NEAR(seen[2], 100, 3);  // 10 % of a share at first
  context.now += std::chrono::seconds(50);
  EXPECT_NEAR(picks(grown, 2500, context)[2], 500, 4);  // half of a share
  context.now += std::chrono::seconds(50);
  EXPECT_EQ(picks(grown, 300, context)[2], 100);
}

TEST_F(BalancerTest, TheSecondInstanceOfAServiceIsWarmedUpToo) {
  BalanceRule rule;
  rule.slow_start_window = std::chrono::seconds(100);
  PickContext context;
  context.rule = &rule;
  context.now = TimePoint{} + std::chrono::hours(1);
  picks(set_of({1}), 3, context);
  EXPECT_NEAR(picks(set_of({1, 1}), 1100, context)[1], 100, 3);
}

TEST_F(BalancerTest, WhoFailsTooOftenIsPassedOverUntilItsTimeIsOver) {
  const EndpointSet set = set_of({1, 1, 1});
  OutlierRule rule;
  rule.failures_in_a_row = 2;
  const OutlierBoard board(rule, set, nullptr);
  PickContext context;
  context.outliers = &board;
  context.now = TimePoint{} + std::chrono::hours(1);
  EXPECT_EQ(picks(set, 9, context), (Counts{{0, 3}, {1, 3}, {2, 3}}));
  for (int i = 0; i < 2; ++i) board.report(1, OutlierBoard::Sign::kFailed, context.now);
  EXPECT_EQ(picks(set, 8, context), (Counts{{0, 4}, {2, 4}}));
  EXPECT_EQ(picks(set, 9).size(), 3u);  // who has no such rule does not care
  EXPECT_EQ(picks(set, 8, context), (Counts{{0, 4}, {2, 4}}));
  context.now += std::chrono::seconds(60);
  EXPECT_EQ(picks(set, 9, context).size(), 3u);
}

TEST_F(BalancerTest, WhenTooManyAreOutAllAreUsed) {
  const EndpointSet set = set_of({1, 1, 1});
  OutlierRule rule;
  rule.failures_in_a_row = 1;
  rule.max_out_percent = 100;
  const OutlierBoard board(rule, set, nullptr);
  PickContext context;
  context.outliers = &board;
  for (const size_t endpoint : {0, 1}) board.report(endpoint, OutlierBoard::Sign::kNoAnswer, context.now);
  EXPECT_EQ(picks(set, 30, context).size(), 3u);
  context.panic_threshold = 0;
  EXPECT_EQ(picks(set, 6, context), (Counts{{2, 6}}));
  board.report(2, OutlierBoard::Sign::kNoAnswer, context.now);
  EXPECT_EQ(balancer.pick(set, context), nullptr);
}

TEST_F(BalancerTest, ForgetsSetsThatAreNotUsedAnyMore) {
  const EndpointSet used = set_of({1, 1});
  for (int i = 0; i < 200; ++i) {
    picks(used, 1);
    picks(set_of({1, 1}), 1);
    balancer.snapshot_changed();
  }
  EXPECT_LE(balancer.known_sets(), 70u);
  EXPECT_GE(balancer.known_sets(), 2u);
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
