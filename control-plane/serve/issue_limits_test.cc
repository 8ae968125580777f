#include "control-plane/serve/issue_limits.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace weft::cp {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Verdict = IssueLimits::Verdict;

ResourceKey proxy(int number) { return {"Dataplane", "default", cat("p-", number)}; }
const ResourceKey kIdentity{"MeshIdentity", "default", "identity"};

class IssueLimitsTest : public testing::Test {
 protected:
  Verdict admit(int number = 1) { return limits_.admit(proxy(number), now_).verdict; }

  IssueLimits limits_{7};
  SteadyTime now_{std::chrono::hours(1)};
};

TEST_F(IssueLimitsTest, SomeAtOnceAndThenOneNowAndThen) {
  for (int i = 0; i < IssueLimits::kBurst; ++i) EXPECT_EQ(admit(), Verdict::kGo);
  const auto answer = limits_.admit(proxy(1), now_);
  EXPECT_EQ(answer.verdict, Verdict::kTooOften);
  EXPECT_EQ(admit(2), Verdict::kGo) << "another proxy";
  now_ += answer.wait;
  EXPECT_EQ(admit(), Verdict::kGo) << "who comes back when it was told to is let in";
  EXPECT_EQ(admit(), Verdict::kTooOften);
  now_ += minutes(1);
  for (int i = 0; i < IssueLimits::kBurst; ++i) EXPECT_EQ(admit(), Verdict::kGo);
  EXPECT_EQ(admit(), Verdict::kTooOften) << "nothing is saved beyond that";
}

TEST_F(IssueLimitsTest, EveryFailureMakesTheWaitLongerAndSuccessEndsThat) {
  milliseconds longest{0};
  for (int i = 0; i < 12; ++i) {
    now_ += minutes(10);
    const auto failure = limits_.failed(proxy(1), kIdentity, now_);
    EXPECT_GE(failure.wait, longest / 2);
    EXPECT_LE(failure.wait, IssueLimits::kLongestBackOff);
    EXPECT_EQ(failure.is_first, i == 0);
    EXPECT_EQ(admit(), Verdict::kBackingOff);
    longest = std::max(longest, failure.wait);
  }
  EXPECT_GE(longest, IssueLimits::kLongestBackOff / 2);
  limits_.succeeded(proxy(1), kIdentity);
  EXPECT_LE(limits_.failed(proxy(1), kIdentity, now_).wait, IssueLimits::kFirstBackOff);
}

TEST_F(IssueLimitsTest, AnAuthorityThatFailsManyProxiesIsTriedNowAndThenUntilItWorks) {
  for (int i = 0; i < 20; ++i) limits_.failed(proxy(1), kIdentity, now_);
  EXPECT_EQ(limits_.try_authority(kIdentity, now_).verdict, Verdict::kGo) << "one proxy is not many";
  for (int i = 2; i <= 10; ++i) limits_.failed(proxy(i), kIdentity, now_);
  EXPECT_EQ(limits_.try_authority(kIdentity, now_).verdict, Verdict::kAuthorityFails);
  EXPECT_EQ(limits_.try_authority({"MeshIdentity", "default", "other"}, now_).verdict, Verdict::kGo);
  now_ += IssueLimits::kProbeEvery;
  EXPECT_EQ(limits_.try_authority(kIdentity, now_).verdict, Verdict::kGo) << "the probe";
  EXPECT_EQ(limits_.try_authority(kIdentity, now_).verdict, Verdict::kAuthorityFails) << "one alone";
  limits_.succeeded(proxy(99), kIdentity);
  EXPECT_EQ(limits_.try_authority(kIdentity, now_).verdict, Verdict::kGo);
}

TEST_F(IssueLimitsTest, AChangeOfTheMeshsIdentitiesIsAReasonToTryAgain) {
  for (int i = 0; i < 10; ++i) limits_.failed(proxy(i), kIdentity, now_);
  limits_.forgive("other", now_);
  EXPECT_EQ(admit(3), Verdict::kBackingOff);
  limits_.forgive("default", now_);
  EXPECT_EQ(admit(3), Verdict::kGo);
  EXPECT_EQ(limits_.try_authority(kIdentity, now_).verdict, Verdict::kGo);
}

TEST_F(IssueLimitsTest, WhoIsForgottenWasAllowedEverythingAnyway) {
  for (int i = 0; i < IssueLimits::kBurst + 1; ++i) admit(-1);
  limits_.failed(proxy(-2), kIdentity, now_);
  for (int i = 0; i < 5000; ++i) admit(i);
  EXPECT_EQ(admit(-1), Verdict::kTooOften);
  EXPECT_EQ(admit(-2), Verdict::kBackingOff);
}

}  // namespace
}  // namespace weft::cp
