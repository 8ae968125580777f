#include "tools/sample/behaviour.h"

#include <gtest/gtest.h>

namespace weft::sample {
namespace {

TEST(BehaviourTest, FailsExactlyEveryTenthRequest) {
  Behaviour behaviour;
  ASSERT_TRUE(behaviour.set("fail-every=10").ok());
  for (int i = 1; i <= 30; ++i) EXPECT_EQ(behaviour.next("/")->status, i % 10 == 0 ? 500 : 200) << i;
  EXPECT_EQ(behaviour.requests(), 30u);
  EXPECT_EQ(behaviour.failed(), 3u);
}

TEST(BehaviourTest, AWrongSettingChangesNothing) {
  Behaviour behaviour;
  EXPECT_FALSE(behaviour.set("fail-every=2&status=90").ok());
  EXPECT_FALSE(behaviour.set("fale-every=2").ok());
  EXPECT_EQ(behaviour.next("/")->status, 200);
  EXPECT_EQ(behaviour.next("/")->status, 200);
}

TEST(BehaviourTest, ResetPutsEverythingBack) {
  Behaviour behaviour;
  ASSERT_TRUE(behaviour.set("fail-every=1&status=503&delay=1s").ok());
  EXPECT_EQ(behaviour.next("/")->status, 503);
  ASSERT_TRUE(behaviour.set("reset").ok());
  const auto answer = behaviour.next("/");
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->delay.count(), 0);
}

TEST(BehaviourTest, PathAndQueryOrderOneAnswer) {
  Behaviour behaviour;
  EXPECT_EQ(behaviour.next("/bytes/65536")->bytes, 65536u);
  EXPECT_EQ(behaviour.next("/api/delay/200ms")->delay, std::chrono::milliseconds(200));
  EXPECT_EQ(behaviour.next("/x?status=404&delay=5ms")->status, 404);
  EXPECT_TRUE(behaviour.next("/x?close")->close);
  EXPECT_FALSE(behaviour.next("/status/abc").ok());
  EXPECT_EQ(behaviour.next("/")->status, 200);
}

}  // namespace
}  // namespace weft::sample
