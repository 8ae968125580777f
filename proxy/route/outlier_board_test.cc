#include "proxy/route/outlier_board.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "base/text.h"

namespace weft::proxy {
namespace {

using namespace std::chrono_literals;
using Sign = OutlierBoard::Sign;

EndpointSet set_of(const std::vector<uint32_t>& slots) {
  EndpointSet set;
  for (const uint32_t slot : slots) {
    Endpoint endpoint;
    endpoint.slot = slot;
    set.endpoints.push_back(endpoint);
  }
  return set;
}

class OutlierBoardTest : public testing::Test {
 protected:
  void use(const OutlierRule& rule, uint32_t endpoints) {
    std::vector<uint32_t> slots;
    for (uint32_t i = 0; i < endpoints; ++i) slots.push_back(i);
    endpoints_ = endpoints;
    board_ = std::make_unique<OutlierBoard>(rule, set_of(slots), nullptr);
    board_->let_pass(now);
  }
  void report(size_t endpoint, Sign sign, int times = 1) {
    for (int i = 0; i < times; ++i) board_->report(endpoint, sign, now);
  }
  // Lets the time pass as requests do, every second.
  void pass(std::chrono::seconds time) {
    for (auto second = 0s; second < time; ++second) {
      now += 1s;
      board_->let_pass(now);
    }
  }
  // "01" when the second of two is out.
  std::string out() const {
    std::string text;
    for (size_t i = 0; i < endpoints_; ++i) text += board_->is_out(i) ? '1' : '0';
    return text;
  }

  OutlierBoard::TimePoint now = OutlierBoard::TimePoint{} + 1h;
  std::unique_ptr<OutlierBoard> board_;
  size_t endpoints_ = 0;
};

OutlierRule five_in_a_row() {
  OutlierRule rule;
  rule.failures_in_a_row = 5;
  return rule;
}

TEST_F(OutlierBoardTest, FailuresInARowPutAnInstanceOut) {
  use(five_in_a_row(), 4);
  report(0, Sign::kFailed, 4);
  report(0, Sign::kGood);
  report(0, Sign::kFailed, 4);
  EXPECT_EQ(out(), "0000");
  const uint64_t before = board_->version();
  report(0, Sign::kGatewayFailed);
  EXPECT_EQ(out(), "1000");
  EXPECT_GT(board_->version(), before);
  // One may always be out, a second would be half of them.
  report(1, Sign::kNoAnswer, 5);
  EXPECT_EQ(out(), "1000");
}

TEST_F(OutlierBoardTest, TheShareThatMayBeOutCountsWithTheNextOne) {
  OutlierRule rule = five_in_a_row();
  rule.max_out_percent = 40;
  use(rule, 3);
  report(0, Sign::kFailed, 5);
  report(1, Sign::kFailed, 5);
  EXPECT_EQ(out(), "100");
  rule.max_out_percent = 67;
  use(rule, 3);
  for (const size_t endpoint : {0, 1, 2}) report(endpoint, Sign::kFailed, 5);
  EXPECT_EQ(out(), "110");
  rule.max_out_percent = 100;
  use(rule, 3);
  for (const size_t endpoint : {0, 1, 2}) report(endpoint, Sign::kFailed, 5);
  EXPECT_EQ(out(), "111");
}

TEST_F(OutlierBoardTest, TimeOutGrowsWithEachTimeAndShrinksWithGoodIntervals) {
  use(five_in_a_row(), 4);
  const auto seconds_out = [&] {
    report(0, Sign::kFailed, 5);
    int seconds = 0;
    for (; out() != "0000" && seconds < 1000; ++seconds) pass(1s);
    return seconds;
  };
  EXPECT_NEAR(seconds_out(), 30, 10);  // it comes back with the next interval
  EXPECT_NEAR(seconds_out(), 60, 10);
  EXPECT_NEAR(seconds_out(), 90, 10);
  pass(20s);  // two good intervals
  EXPECT_NEAR(seconds_out(), 60, 20);
  for (int i = 0; i < 12; ++i) seconds_out();
  EXPECT_NEAR(seconds_out(), 300, 10);
  pass(1000s);
  EXPECT_NEAR(seconds_out(), 30, 10);
}

TEST_F(OutlierBoardTest, TimeAlsoPassesWhileNobodyAsks) {
  use(five_in_a_row(), 4);
  report(0, Sign::kFailed, 5);
  now += 300s;
  EXPECT_EQ(out(), "1000");
  board_->let_pass(now);
  EXPECT_EQ(out(), "0000");
}

TEST_F(OutlierBoardTest, GatewayFailuresAreCountedApart) {
  OutlierRule rule;
  rule.gateway_failures_in_a_row = 3;
  use(rule, 2);
  report(0, Sign::kGatewayFailed, 2);
  report(0, Sign::kFailed);  // another failure ends the row
  report(0, Sign::kGatewayFailed, 2);
  EXPECT_EQ(out(), "00");
  report(0, Sign::kNoAnswer);
  EXPECT_EQ(out(), "10");
}

TEST_F(OutlierBoardTest, NoAnswerCountsAsAFailureUnlessItIsKeptApart) {
  OutlierRule rule = five_in_a_row();
  rule.no_answers_in_a_row = 2;
  use(rule, 4);
  report(0, Sign::kNoAnswer, 4);
  EXPECT_EQ(out(), "0000");
  report(0, Sign::kNoAnswer);
  EXPECT_EQ(out(), "1000");
  rule.no_answer_apart = true;
  use(rule, 4);
  report(0, Sign::kNoAnswer);
  report(0, Sign::kFailed, 4);  // reached: ends the row
  report(0, Sign::kNoAnswer);
  EXPECT_EQ(out(), "0000");
  report(0, Sign::kNoAnswer);
  EXPECT_EQ(out(), "1000");
}

// Five with 100 requests each, of which one succeeds more seldom.
TEST_F(OutlierBoardTest, WhoSucceedsMuchMoreSeldomThanTheOthersIsOut) {
  OutlierRule rule;
  rule.by_success_rate = true;
  const auto compare = [&](uint32_t endpoints, int good_of_last, int volume = 100) {
    use(rule, endpoints);
    for (size_t i = 0; i < endpoints; ++i) {
      const int good = i + 1 == endpoints ? good_of_last : volume;
      report(i, Sign::kGood, good);
      report(i, Sign::kFailed, volume - good);
    }
    pass(11s);
    return out();
  };
  EXPECT_EQ(compare(5, 50), "00001");  // mean 0.9, deviation 0.2: 0.52 at least
  EXPECT_EQ(compare(5, 60), "00001");  // 0.616
  EXPECT_EQ(compare(5, 100), "00000");
  EXPECT_EQ(compare(4, 50), "0000");       // too few to compare
  EXPECT_EQ(compare(5, 40, 90), "00000");  // too little traffic
  rule.success_rate_factor = 3;
  EXPECT_EQ(compare(5, 50), "00000");
}

TEST_F(OutlierBoardTest, WhoFailsTooOftenIsOut) {
  OutlierRule rule;
  rule.by_failure_percentage = true;
  rule.failure_percentage_hosts = 2;
  use(rule, 3);
  report(0, Sign::kFailed, 43);  // 86 %
  report(0, Sign::kGood, 7);
  report(1, Sign::kFailed, 42);  // 84 %
  report(1, Sign::kGood, 8);
  EXPECT_EQ(out(), "000");
  pass(11s);
  EXPECT_EQ(out(), "100");
  pass(11s);  // what was counted before does not count again
  EXPECT_EQ(out(), "100");
}

TEST_F(OutlierBoardTest, WhatIsKnownOfAnInstanceGoesOnToTheNextVersionOfTheSet) {
  const OutlierRule rule = five_in_a_row();
  const OutlierBoard before(rule, set_of({7, 8, 9}), nullptr);
  for (int i = 0; i < 5; ++i) before.report(1, Sign::kFailed, now);
  const OutlierBoard after(rule, set_of({6, 9, 8}), &before);
  EXPECT_FALSE(after.is_out(0));
  EXPECT_FALSE(after.is_out(1));
  EXPECT_TRUE(after.is_out(2));
  EXPECT_NE(after.version(), before.version());
}

TEST_F(OutlierBoardTest, WorkersMayReportAtOnce) {
  use(five_in_a_row(), 4);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        board_->report(static_cast<size_t>(i % 4), i % 4 == 0 ? Sign::kFailed : Sign::kGood, now);
        board_->let_pass(now + i * 1ms);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(out(), "1000");
}

}  // namespace
}  // namespace weft::proxy
