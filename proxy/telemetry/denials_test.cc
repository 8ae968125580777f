#include "proxy/telemetry/denials.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "proxy/telemetry/most_frequent.h"

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

TEST(MostFrequent, CountsByDestinationAndKeepsThoseThatComeMostOften) {
  MostFrequent names;
  for (int i = 0; i < 3; ++i) names.record(1, "a.example");
  names.record(2, "a.example");
  EXPECT_EQ(names.list().size(), 2u);
  for (int i = 0; i < 1000; ++i) names.record(1, cat(i, ".example"));
  EXPECT_EQ(names.list().size(), MostFrequent::kTexts);
  MostFrequent few;
  for (int i = 0; i < 1000; ++i) few.record(1, cat(i % 70, ".example"));
  for (int i = 0; i < 1000; ++i) few.record(1, "often.example");
  const auto list = few.list();
  EXPECT_TRUE(std::any_of(list.begin(), list.end(), [](const MostFrequent::Tally& tally) {
    return tally.text == "often.example" && tally.connections >= 1000;
  }));
}

}  // namespace
}  // namespace weft::proxy
