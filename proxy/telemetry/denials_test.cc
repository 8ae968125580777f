#include "proxy/telemetry/denials.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "proxy/telemetry/plain_callers.h"

namespace weft::proxy {
namespace {

using std::chrono::seconds;
using TimePoint = std::chrono::steady_clock::time_point;

DenialEvent event_of(std::string_view policy) {
  return {.kind = "MeshTrafficPermission",
          .policy = policy,
          .peer = {true, "spiffe://td/web", ""},
          .address = "10.0.0.5:41234",
          .method = "GET",
          .path = "/pay?card=4711"};
}

TEST(Denials, AFewLinesAPolicyAndTheRestIsCounted) {
  Denials denials;
  const TimePoint start{seconds(1000)};
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) denials.record(event_of("a"), start);
  denials.record(event_of("b"), start);
  denials.record(event_of("a"), start + Denials::kWindow);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 7);
  EXPECT_NE(log.find("unsaid=95"), std::string::npos) << log;
  EXPECT_NE(log.find("policy=a"), std::string::npos);
  EXPECT_NE(log.find("peer=spiffe://td/web"), std::string::npos);
  EXPECT_EQ(log.find("card"), std::string::npos) << "queries carry secrets";
  std::string counts;
  denials.for_each([&](const Denials::Tally& tally) { append(counts, tally.policy, "=", tally.count.value(), " "); });
  EXPECT_EQ(counts, "a=101 b=1 ");
}

TEST(Denials, MorePoliciesThanThereIsRoomForShareTheLastPlace) {
  Denials denials;
  ::testing::internal::CaptureStderr();
  for (size_t i = 0; i < Denials::kTallies + 10; ++i) denials.record(event_of(cat("p", i)), TimePoint{seconds(1000)});
  ::testing::internal::GetCapturedStderr();
  size_t tallies = 0;
  uint64_t others = 0;
  denials.for_each([&](const Denials::Tally& tally) {
    ++tallies;
    if (tally.policy == "other") others = tally.count.value();
  });
  EXPECT_EQ(tallies, Denials::kTallies);
  EXPECT_EQ(others, 11u);
}

TEST(PlainCallers, AreCountedByAddressAndThoseThatCallMostStay) {
  PlainCallers callers;
  for (int i = 0; i < 3; ++i) callers.record(1, cat("10.0.0.1:", 1000 + i));
  callers.record(2, "10.0.0.1:9");
  for (int i = 0; i < 1000; ++i) callers.record(1, cat("[fd00::", i, "]:80"));
  const auto list = callers.list();
  EXPECT_EQ(list.size(), PlainCallers::kAddresses);
  PlainCallers few;
  for (int i = 0; i < 3; ++i) few.record(1, cat("10.0.0.1:", 1000 + i));
  few.record(2, "10.0.0.1:9");
  few.record(1, "[fd00::1]:80");
  ASSERT_EQ(few.list().size(), 3u);
  EXPECT_EQ(few.list()[0].connections, 3u);
  EXPECT_EQ(few.list()[0].address, "10.0.0.1");
  EXPECT_EQ(few.list()[2].address, "[fd00::1]");
}

}  // namespace
}  // namespace weft::proxy
