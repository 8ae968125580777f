#include "control-plane/generate/authority_rotation.h"

#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>

namespace weft::cp {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kOld = 1, kNew = 2, kOther = 3;
constexpr seconds kLifetime{3600};
constexpr sys_seconds kNow{seconds(1'000'000)};

RotationFacts facts(uint64_t wanted, uint64_t issuing) {
  return {.wanted = wanted, .issuing = issuing, .wanted_is_believed = true, .now = kNow};
}
RotationState state(RotationPhase phase, uint64_t next = kNew) {
  return {.phase = phase,
          .next = next,
          .retires = true,
          .old_certificates_end = kNow + kLifetime,
          .settled = kNow - kSettleTime};
}
RotationAction action(const RotationState& state, const RotationFacts& facts) { return next_step(state, facts).action; }

TEST(AuthorityRotation, NothingIsDoneWhileTheWantedAuthoritySigns) {
  EXPECT_EQ(action({}, facts(kOld, kOld)), RotationAction::kNothing);
  EXPECT_EQ(action({}, facts(0, kOld)), RotationAction::kNothing);
}

TEST(AuthorityRotation, ARequestMakesANewAuthorityOrFollowsTheOneThatWasSupplied) {
  RotationFacts own = facts(kOld, kOld);
  own.makes_its_own = true;
  const RotationState requested = state(RotationPhase::kRequested);
  EXPECT_EQ(action(requested, own), RotationAction::kMake);
  own.wanted = 0;  // it has expired
  EXPECT_EQ(action(requested, own), RotationAction::kMake);
  EXPECT_EQ(action(requested, facts(kNew, kOld)), RotationAction::kTrust);
  EXPECT_EQ(action(requested, facts(kOld, kOld)), RotationAction::kAbandon);
}

TEST(AuthorityRotation, AnotherWantedAuthorityIsBelievedBeforeItSigns) {
  EXPECT_EQ(action({}, facts(kNew, kOld)), RotationAction::kTrust);
  const RotationState then = after({}, facts(kNew, kOld), RotationAction::kTrust, kLifetime);
  EXPECT_EQ(then.phase, RotationPhase::kTrusting);
  EXPECT_EQ(then.next, kNew);
  EXPECT_FALSE(then.retires);  // nobody asked for the old one to go
  EXPECT_EQ(then.started, kNow);
}

TEST(AuthorityRotation, ItSignsWhenTheLastProxyHasConfirmed) {
  RotationFacts some = facts(kNew, kOld);
  some.unconfirmed = {"web-2"};
  some.absent = {"db-1", "db-2"};
  const RotationStep waiting = next_step(state(RotationPhase::kTrusting), some);
  EXPECT_EQ(waiting.action, RotationAction::kSettle) << "it was settled, and is no more";
  const RotationState unsettled = after(state(RotationPhase::kTrusting), some, RotationAction::kSettle, kLifetime);
  EXPECT_EQ(action(unsettled, some), RotationAction::kWait);
  EXPECT_THAT(waiting.why, HasSubstr("web-2"));
  EXPECT_THAT(waiting.why, HasSubstr("2 not connected: db-1, db-2"));
  EXPECT_EQ(action(state(RotationPhase::kTrusting), facts(kNew, kOld)), RotationAction::kSwitch);
  some.wanted_is_believed = false;  // somebody took it out of the MeshTrust
  EXPECT_EQ(action(state(RotationPhase::kTrusting), some), RotationAction::kTrust);
}

TEST(AuthorityRotation, HandshakesUnderWayAreGivenAMomentBeforeAStep) {
  for (const RotationPhase phase : {RotationPhase::kTrusting, RotationPhase::kRenewing}) {
    const bool trusts = phase == RotationPhase::kTrusting;
    RotationFacts ready = facts(kNew, trusts ? kOld : kNew);
    RotationState before = state(phase);
    before.settled = {};
    EXPECT_EQ(action(before, ready), RotationAction::kSettle);
    const RotationState settled = after(before, ready, RotationAction::kSettle, kLifetime);
    EXPECT_EQ(action(settled, ready), RotationAction::kWait);
    ready.now += kSettleTime;
    EXPECT_EQ(action(settled, ready), trusts ? RotationAction::kSwitch : RotationAction::kFinish);
  }
}

TEST(AuthorityRotation, ForceAndAnExpiredAuthorityNeedNoConfirmation) {
  RotationFacts late = facts(kNew, kOld);
  late.unconfirmed = {"web-2"};
  RotationState forced = state(RotationPhase::kTrusting);
  forced.forced = true;
  const RotationStep step = next_step(forced, late);
  EXPECT_EQ(step.action, RotationAction::kSwitch);
  EXPECT_THAT(step.why, HasSubstr("web-2"));
  // Force is for one step.
  EXPECT_FALSE(after(forced, late, RotationAction::kSwitch, kLifetime).forced);
  late.issuing_expired = true;
  EXPECT_EQ(action(state(RotationPhase::kTrusting), late), RotationAction::kSwitch);
}

TEST(AuthorityRotation, TheOldOneStaysBelievedUntilNobodyShowsItOrItsCertificatesHaveRunOut) {
  const RotationState renewing =
      after(state(RotationPhase::kTrusting), facts(kNew, kOld), RotationAction::kSwitch, kLifetime);
  EXPECT_EQ(renewing.phase, RotationPhase::kRenewing);
  EXPECT_THAT(renewing.retiring, ElementsAre(kOld));
  EXPECT_GE(renewing.old_certificates_end, kNow + kLifetime);
  EXPECT_EQ(renewing.settled, sys_seconds());
  RotationFacts late = facts(kNew, kNew);
  late.unrenewed = {"web-1"};
  EXPECT_EQ(action(renewing, late), RotationAction::kWait);
  late.unrenewed.clear();
  late.absent = {"db-1"};
  EXPECT_EQ(action(renewing, late), RotationAction::kWait);
  late.now = renewing.old_certificates_end;
  EXPECT_EQ(action(renewing, late), RotationAction::kFinish);
  EXPECT_EQ(action(state(RotationPhase::kRenewing), facts(kNew, kNew)), RotationAction::kFinish);
  EXPECT_EQ(after(renewing, late, RotationAction::kFinish, kLifetime), RotationState());
}

TEST(AuthorityRotation, TheOldOneIsKeptWhenNobodyAskedForItToGo) {
  RotationState trusting = state(RotationPhase::kTrusting);
  trusting.retires = false;
  EXPECT_THAT(after(trusting, facts(kNew, kOld), RotationAction::kSwitch, kLifetime).retiring, IsEmpty());
}

TEST(AuthorityRotation, AChangeOfMindIsFollowedFromEveryPhase) {
  EXPECT_EQ(action(state(RotationPhase::kTrusting), facts(kOld, kOld)), RotationAction::kAbandon);
  EXPECT_EQ(action(state(RotationPhase::kTrusting), facts(kOther, kOld)), RotationAction::kTrust);
  EXPECT_EQ(after(state(RotationPhase::kTrusting), facts(kOther, kOld), RotationAction::kTrust, kLifetime).next,
            kOther);
  // Back to the old one while proxies renew: it is believed still, and the new one joins what goes in the end.
  EXPECT_EQ(action(state(RotationPhase::kRenewing), facts(kOld, kNew)), RotationAction::kTrust);
  RotationState back = state(RotationPhase::kTrusting, kOld);
  back.retiring = {kOld};
  EXPECT_THAT(after(back, facts(kOld, kNew), RotationAction::kSwitch, kLifetime).retiring, ElementsAre(kNew));
}

TEST(AuthorityRotation, AnUnusableWantedAuthorityLeavesTheOneBefore) {
  for (const RotationPhase phase : {RotationPhase::kNone, RotationPhase::kTrusting, RotationPhase::kRenewing}) {
    EXPECT_EQ(action(state(phase), facts(0, kOld)), RotationAction::kNothing);
  }
}

TEST(AuthorityRotation, WhatIsStoredIsReadBack) {
  RotationState stored = state(RotationPhase::kRenewing, 0xfedcba9876543210);
  stored.retiring = {kOld, 0xffffffffffffffff};
  stored.forced = true;
  stored.started = kNow - seconds(5);
  stored.phase_started = kNow;
  v1::MeshIdentityStatus status;
  write_rotation(stored, status);
  EXPECT_EQ(read_rotation(status), stored);
  write_rotation({}, status);
  EXPECT_FALSE(status.has_rotation());
}

// Proxies that are told, lag, leave, come back and renew in any order; a control plane that is killed between any two
// steps (its memory is nothing but what is stored); an operator who asks again. At no moment may a connected proxy meet
// one whose certificate it does not believe, and in the end the old authority must be gone.
class Mesh {
 public:
  explicit Mesh(unsigned seed) : random_(seed) {
    for (int i = 0; i < 5; ++i) proxies_.push_back({.believes = {kOld}, .shows = kOld});
  }

  void live(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      now_ += seconds(draw(400));
      disturb(proxies_[static_cast<size_t>(draw(static_cast<int>(proxies_.size())))]);
      if (draw(3) == 0) control();
      if (draw(40) == 0) request();
      check();
    }
  }
  // Everybody is there and takes what it is given.
  void settle() {
    for (int i = 0; i < 40; ++i) {
      now_ += seconds(2);
      for (Proxy& proxy : proxies_) {
        proxy.connected = true;
        proxy.believes = believed_;
        proxy.shows = issuing_;
        proxy.until = now_ + kLifetime;
      }
      control();
      check();
    }
  }
  const std::set<uint64_t>& believed() const { return believed_; }
  RotationPhase phase() const { return state_.phase; }
  uint64_t made() const { return made_; }

 private:
  struct Proxy {
    bool connected = true;
    std::set<uint64_t> believes;
    uint64_t shows = 0;
    sys_seconds until = kNow + kLifetime;
  };
  int draw(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  void disturb(Proxy& proxy) {
    switch (draw(5)) {
      case 0: proxy.connected = !proxy.connected; break;
      case 1:
      case 2:
        if (proxy.connected) proxy.believes = believed_;
        break;
      default:
        if (!proxy.connected) break;
        proxy.shows = issuing_;
        proxy.until = now_ + kLifetime;
    }
  }
  void request() {
    if (state_.phase != RotationPhase::kNone) return;
    state_.phase = RotationPhase::kRequested;
    state_.retires = true;
  }
  void control() {
    RotationFacts facts{.wanted = wanted_,
                        .issuing = issuing_,
                        .makes_its_own = true,
                        .wanted_is_believed = believed_.contains(wanted_),
                        .now = now_};
    for (const Proxy& proxy : proxies_) {
      if (!proxy.connected) facts.absent.push_back("p");
      if (proxy.connected && proxy.believes != believed_) facts.unconfirmed.push_back("p");
      if (proxy.connected && proxy.shows != issuing_) facts.unrenewed.push_back("p");
    }
    const RotationAction action = next_step(state_, facts).action;
    if (action == RotationAction::kMake) facts.wanted = wanted_ = ++made_;
    if (action == RotationAction::kMake || action == RotationAction::kTrust) believed_.insert(wanted_);
    if (action == RotationAction::kFinish) {
      for (const uint64_t hash : state_.retiring) believed_.erase(hash);
    }
    const RotationState then = after(state_, facts, action, kLifetime);
    if (action == RotationAction::kSwitch) issuing_ = wanted_;
    // Through what is stored, as after a crash.
    v1::MeshIdentityStatus status;
    write_rotation(then, status);
    state_ = read_rotation(status);
  }
  void check() const {
    ASSERT_TRUE(believed_.contains(issuing_));
    for (const Proxy& one : proxies_) {
      for (const Proxy& other : proxies_) {
        if (other.until <= now_) continue;  // it has run out, whoever signed it
        // One that was cut off may still be met: it must be believed, and believe, as well.
        EXPECT_TRUE(one.believes.contains(other.shows)) << "believes lacks " << other.shows;
      }
    }
  }

  std::minstd_rand random_;
  sys_seconds now_ = kNow;
  std::vector<Proxy> proxies_;
  std::set<uint64_t> believed_{kOld};
  uint64_t issuing_ = kOld, wanted_ = kOld, made_ = kOld;
  RotationState state_;
};

TEST(AuthorityRotation, NobodyIsEverRefusedWhateverTheOrderOfEvents) {
  uint64_t rotations = 0;
  for (unsigned seed = 1; seed <= 300; ++seed) {
    Mesh mesh(seed);
    mesh.live(400);
    mesh.settle();
    EXPECT_EQ(mesh.phase(), RotationPhase::kNone);
    EXPECT_EQ(mesh.believed().size(), 1u) << "the old authority is still believed";
    if (HasFailure()) FAIL() << "seed " << seed;
    rotations += mesh.made() - kOld;
  }
  EXPECT_GT(rotations, 300u);
}

}  // namespace
}  // namespace weft::cp
