#include "proxy/runtime/load.h"

#include <gtest/gtest.h>

#include "proxy/runtime/buffer_pool.h"
#include "proxy/runtime/limits.h"

namespace weft::proxy {
namespace {

TEST(Load, WithoutALimitThereIsNoPressure) {
  ProcessLoad load;
  load.measured(1'000'000, 0);
  load.claim(int64_t{1} << 50);
  EXPECT_EQ(load.pressure(), Pressure::kNone);
}

TEST(Load, PressureRisesInStepsWithWhatIsMeasured) {
  ProcessLoad load;
  const auto at = [&load](uint64_t used) {
    load.measured(used, 1000);
    return load.pressure();
  };
  EXPECT_EQ(at(899), Pressure::kNone);
  EXPECT_EQ(at(900), Pressure::kShed);
  EXPECT_EQ(at(950), Pressure::kRefuse);
  EXPECT_EQ(at(980), Pressure::kCut);
}

TEST(Load, EachStepEndsSomewhatBelowWhereItBegan) {
  ProcessLoad load;
  const auto at = [&load](uint64_t used) {
    load.measured(used, 1000);
    return load.pressure();
  };
  at(980);
  EXPECT_EQ(at(930), Pressure::kCut);
  EXPECT_EQ(at(929), Pressure::kRefuse);
  EXPECT_EQ(at(900), Pressure::kRefuse);
  EXPECT_EQ(at(899), Pressure::kShed);
  EXPECT_EQ(at(850), Pressure::kShed);
  EXPECT_EQ(at(849), Pressure::kNone);
  EXPECT_EQ(at(899), Pressure::kNone);
}

TEST(Load, WhatIsClaimedBetweenTwoMeasurementsCounts) {
  ProcessLoad load;
  load.claim(500);  // measured as part of the first
  load.measured(700, 1000);
  load.claim(199);
  EXPECT_EQ(load.pressure(), Pressure::kNone);
  load.claim(1);
  EXPECT_EQ(load.pressure(), Pressure::kShed);
  load.claim(50);
  EXPECT_EQ(load.pressure(), Pressure::kRefuse);
}

TEST(Load, AnEstimateCutsNobody) {
  ProcessLoad load;
  load.measured(700, 1000);
  load.claim(1000);
  EXPECT_EQ(load.pressure(), Pressure::kRefuse);
}

TEST(Load, WhatWasGivenBackLowersThePressureOnlyWhenMeasured) {
  ProcessLoad load;
  load.measured(700, 1000);
  load.claim(250);
  load.claim(-250);
  EXPECT_EQ(load.pressure(), Pressure::kRefuse);
  load.measured(700, 1000);
  EXPECT_EQ(load.pressure(), Pressure::kNone);
}

TEST(Load, BuffersAreClaimedWhenTheyComeFromTheSystem) {
  ProcessLoad load;
  load.measured(0, 10 * kBufferSize);
  BufferPool pool;
  pool.account_to(&load);
  std::vector<Buffer> lent;
  for (int i = 0; i < 8; ++i) lent.push_back(pool.take());
  EXPECT_EQ(load.pressure(), Pressure::kNone);
  lent.push_back(pool.take());
  EXPECT_EQ(load.pressure(), Pressure::kShed);
  EXPECT_EQ(pool.mapped_bytes(), 9 * kBufferSize);
  lent.clear();
  EXPECT_EQ(pool.mapped_bytes(), 9 * kBufferSize);
  EXPECT_EQ(pool.free_bytes(), 9 * kBufferSize);
  pool.release_free();
  EXPECT_EQ(pool.mapped_bytes(), 0u);
  load.measured(0, 10 * kBufferSize);
  EXPECT_EQ(load.pressure(), Pressure::kNone);
}

TEST(Limits, HalfOfTheDescriptorsAreForConnectionsFromDownstream) {
  EXPECT_EQ(effective_limits({}, 1024).max_connections, 448u);
  EXPECT_EQ(effective_limits({}, 1024).max_listener_connections, 358u);
  EXPECT_EQ(effective_limits({}, 64).max_connections, 16u);
  EXPECT_EQ(effective_limits({.max_connections = 1}, 64).max_listener_connections, 1u);
  EXPECT_EQ(effective_limits({}, uint64_t{1} << 40).max_connections, 1'000'000u);
}

TEST(Limits, WhatWasSaidIsNotChanged) {
  const Limits limits = effective_limits({.max_connections = 7, .max_listener_connections = 9}, 1024);
  EXPECT_EQ(limits.max_connections, 7u);
  EXPECT_EQ(limits.max_listener_connections, 9u);
}

}  // namespace
}  // namespace weft::proxy
