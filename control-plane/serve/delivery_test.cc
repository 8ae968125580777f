#include "control-plane/serve/delivery.h"

#include <gtest/gtest.h>

#include "control-plane/serve/test_items.h"
#include "weft/v1/dataplane_insight.pb.h"

namespace weft::cp {
namespace {

using std::chrono::milliseconds;

class FakeLink : public ProxyLink {
 public:
  void send(const Update& update) override { sent.push_back(update); }
  void ask(const v1::ControlMessage& question) override { asked.push_back(question.question()); }
  void close(const Status& status) override { closed = status; }
  std::vector<v1::ProxyQuestion> asked;
  std::vector<Update> sent;
  std::optional<Status> closed;
};

class DeliveryTest : public testing::Test {
 protected:
  struct Proxy {
    SessionId id;
    ResourceKey key;
    std::shared_ptr<FakeLink> link;
  };

  // A proxy that has subscribed to everything.
  Proxy connect(const std::string& name, std::map<ItemName, uint64_t> held = {}, const std::string& instance = "i") {
    Proxy proxy{++last_id_, {"Dataplane", "default", name}, std::make_shared<FakeLink>()};
    delivery_.open(proxy.id, {proxy.key, instance, "0.1.0", std::move(held), proxy.link}, world_, now_);
    delivery_.subscribe(proxy.id, {}, now_);
    delivery_.run(now_);
    return proxy;
  }
  // The store moves on; what the engine makes of it is in `engine_`.
  void change() {
    world_ = std::make_shared<const World>(world_->revision() + 1, std::vector<ResourcePtr>());
    delivery_.publish(world_, now_);
    next_run_ = delivery_.run(now_);
  }
  void pass(milliseconds time) {
    now_ += time;
    next_run_ = delivery_.run(now_);
  }
  void acknowledge(const Proxy& proxy, std::vector<ItemRefusal> refused = {}) {
    delivery_.acknowledge(proxy.id, proxy.link->sent.back().nonce, std::move(refused), now_);
    delivery_.run(now_);
  }
  void set(const std::string& name, std::vector<CompiledItemPtr> list) { engine_[name] = items(std::move(list)); }
  std::optional<DeliveryReport> wait(uint64_t revision, milliseconds wait = milliseconds(0)) {
    std::optional<DeliveryReport> got;
    delivery_.wait_until_active(
        "default", revision, now_ + wait, [&](const DeliveryReport& r) { got = r; }, now_);
    return got;
  }

  std::map<std::string, ProxyItemsPtr> engine_;
  int compiled_ = 0;
  SteadyTime now_{std::chrono::hours(1)};
  SessionId last_id_ = 0;
  WorldPtr world_ = std::make_shared<const World>(1, std::vector<ResourcePtr>());
  std::optional<SteadyTime> next_run_;
  ServeMetrics metrics_;
  Insights insights_{"cp-1", [] { return Time(std::chrono::seconds(5)); }};
  Delivery delivery_{[this](const World&, const ResourceKey& key) -> Result<ProxyItemsPtr> {
                       ++compiled_;
                       const auto found = engine_.find(key.name);
                       if (found == engine_.end()) return not_found("there is no such Dataplane");
                       return found->second;
                     },
                     insights_, metrics_};
};

TEST_F(DeliveryTest, AProxyGetsEverythingOnceAndThenOnlyWhatChanged) {
  set("web", {destination("a", "1"), destination("b", "1")});
  const Proxy web = connect("web");
  ASSERT_EQ(web.link->sent.size(), 1u);
  EXPECT_EQ(names(web.link->sent[0]), "a b");
  EXPECT_EQ(web.link->sent[0].revision, 1u);
  acknowledge(web);
  pass(milliseconds(100));
  set("web", {destination("a", "1"), destination("b", "2")});
  change();
  ASSERT_EQ(web.link->sent.size(), 2u);
  EXPECT_EQ(names(web.link->sent[1]), "b");
  EXPECT_EQ(web.link->sent[1].revision, 2u);
}

TEST_F(DeliveryTest, NothingIsSentBeforeTheProxySubscribed) {
  set("web", {destination("a", "1")});
  auto link = std::make_shared<FakeLink>();
  delivery_.open(9, {{"Dataplane", "default", "web"}, "i", "0.1.0", {}, link}, world_, now_);
  change();
  EXPECT_TRUE(link->sent.empty());
  delivery_.subscribe(9, {}, now_);
  EXPECT_EQ(link->sent.size(), 1u);
}

TEST_F(DeliveryTest, AChangeThatDoesNotConcernAProxyReachesItWithoutAMessage) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  acknowledge(web);
  pass(milliseconds(100));
  change();
  EXPECT_EQ(web.link->sent.size(), 1u);
  const auto report = wait(2);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->active, 1u);
}

TEST_F(DeliveryTest, ABurstOfChangesIsOneUpdate) {
  set("web", {destination("a", "0")});
  const Proxy web = connect("web");
  acknowledge(web);
  pass(milliseconds(100));
  set("web", {destination("a", "1")});
  change();  // after a quiet time: at once
  EXPECT_EQ(web.link->sent.size(), 2u);
  acknowledge(web);
  const int compiled = compiled_;
  for (int i = 2; i < 50; ++i) {
    set("web", {destination("a", std::to_string(i))});
    change();
  }
  EXPECT_EQ(compiled_, compiled);
  EXPECT_EQ(next_run_, now_ + Delivery::kGatherTime);
  pass(Delivery::kGatherTime);
  ASSERT_EQ(web.link->sent.size(), 3u);
  EXPECT_EQ(*web.link->sent[2].changed[0]->bytes, "49");
  EXPECT_EQ(compiled_, compiled + 1);
}

TEST_F(DeliveryTest, AtMostOneUpdateIsUnacknowledged) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  for (int i = 2; i < 5; ++i) {
    set("web", {destination("a", std::to_string(i))});
    change();
    pass(Delivery::kGatherTime);
  }
  EXPECT_EQ(web.link->sent.size(), 1u);
  acknowledge(web);
  ASSERT_EQ(web.link->sent.size(), 2u);
  EXPECT_EQ(*web.link->sent[1].changed[0]->bytes, "4");
  acknowledge(web);
  EXPECT_EQ(web.link->sent.size(), 2u);
  EXPECT_EQ(wait(4)->active, 1u);
}

TEST_F(DeliveryTest, AChangeTakenBackWhileAnUpdateIsUnderWayNeedsNoOther) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  acknowledge(web);
  pass(milliseconds(100));
  set("web", {destination("a", "2")});
  change();
  pass(milliseconds(100));
  set("web", {destination("a", "1"), destination("b", "1")});
  change();
  pass(milliseconds(100));
  set("web", {destination("a", "2")});
  change();
  acknowledge(web);
  EXPECT_EQ(web.link->sent.size(), 2u);
  EXPECT_EQ(wait(4)->active, 1u);
}

TEST_F(DeliveryTest, AnAcknowledgementOfSomethingElseIsIgnored) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  delivery_.acknowledge(web.id, 99, {}, now_);
  delivery_.acknowledge(12345, 1, {}, now_);
  EXPECT_EQ(wait(1)->active, 0u);
  acknowledge(web);
  EXPECT_EQ(wait(1)->active, 1u);
}

TEST_F(DeliveryTest, ARefusedItemIsReportedAndNotRepeated) {
  set("web", {destination("a", "1"), destination("b", "1")});
  const Proxy web = connect("web");
  acknowledge(web, {{{v1::DESTINATION, "a"}, "unknown kind"}});
  change();
  pass(Delivery::kGatherTime);
  EXPECT_EQ(web.link->sent.size(), 1u);
  const auto report = wait(2);
  ASSERT_EQ(report->refused.size(), 1u);
  EXPECT_EQ(report->refused[0].proxy, "web");
  EXPECT_EQ(report->refused[0].item, "a");
  EXPECT_EQ(report->refused[0].reason, "unknown kind");
  EXPECT_EQ(report->active, 1u);
  set("web", {destination("a", "2"), destination("b", "1")});
  change();
  pass(Delivery::kGatherTime);
  EXPECT_EQ(names(web.link->sent.back()), "a");
  acknowledge(web);
  EXPECT_TRUE(wait(3)->refused.empty());
}

TEST_F(DeliveryTest, WhatWasRefusedIsOfferedAgainAfterAWhileThenLessOften) {
  set("web", {destination("a", "1"), destination("b", "1")});
  const Proxy web = connect("web");
  const std::vector<ItemRefusal> in_use = {{{v1::DESTINATION, "a"}, "port in use"}};
  acknowledge(web, in_use);
  pass(Delivery::kFirstRetry - milliseconds(1));
  EXPECT_EQ(web.link->sent.size(), 1u);
  EXPECT_EQ(next_run_, now_ + milliseconds(1));
  pass(milliseconds(1));
  ASSERT_EQ(web.link->sent.size(), 2u);
  EXPECT_EQ(names(web.link->sent[1]), "a");
  acknowledge(web, in_use);
  pass(2 * Delivery::kFirstRetry - milliseconds(1));
  EXPECT_EQ(web.link->sent.size(), 2u);
  pass(milliseconds(1));
  ASSERT_EQ(web.link->sent.size(), 3u);
  acknowledge(web);
  EXPECT_TRUE(wait(1)->refused.empty());
  pass(std::chrono::hours(1));
  EXPECT_EQ(web.link->sent.size(), 3u);
}

TEST_F(DeliveryTest, AProxyThatComesBackWithWhatItShouldHaveGetsNothing) {
  const CompiledItemPtr a = destination("a", "1");
  set("web", {a});
  const Proxy web = connect("web", {{{v1::DESTINATION, "a"}, a->hash}});
  EXPECT_TRUE(web.link->sent.empty());
  EXPECT_EQ(wait(1)->active, 1u);
}

TEST_F(DeliveryTest, TheReportSaysWhoIsLateAndHowLongItTook) {
  set("web", {destination("a", "1")});
  set("db", {destination("a", "1")});
  const Proxy web = connect("web");
  const Proxy db = connect("db");
  acknowledge(web);
  acknowledge(db);
  pass(milliseconds(100));
  set("web", {destination("a", "2")});
  set("db", {destination("a", "2")});
  change();
  pass(milliseconds(3));
  acknowledge(web);
  const auto early = wait(2);
  ASSERT_TRUE(early.has_value());  // no time to wait
  EXPECT_EQ(early->total, 2u);
  EXPECT_EQ(early->active, 1u);
  EXPECT_EQ(early->late, std::vector<std::string>{"db"});

  std::optional<DeliveryReport> got;
  delivery_.wait_until_active(
      "default", 2, now_ + milliseconds(500), [&](const auto& r) { got = r; }, now_);
  EXPECT_FALSE(got.has_value());
  pass(milliseconds(4));
  acknowledge(db);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->active, 2u);
  EXPECT_DOUBLE_EQ(got->elapsed_ms, 7);
  pass(milliseconds(1000));
  EXPECT_DOUBLE_EQ(wait(2)->elapsed_ms, 7);
}

TEST_F(DeliveryTest, WhoWaitsIsAnsweredAtTheDeadline) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  std::optional<DeliveryReport> got;
  delivery_.wait_until_active(
      "default", 1, now_ + milliseconds(50), [&](const auto& r) { got = r; }, now_);
  pass(milliseconds(10));
  EXPECT_EQ(next_run_, now_ + milliseconds(40));
  EXPECT_FALSE(got.has_value());
  pass(milliseconds(40));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->late, std::vector<std::string>{"web"});
}

TEST_F(DeliveryTest, AMeshWithoutProxiesIsUpToDateOnceTheChangeIsPublished) {
  std::optional<DeliveryReport> got;
  delivery_.wait_until_active(
      "default", 2, now_ + milliseconds(50), [&](const auto& r) { got = r; }, now_);
  EXPECT_FALSE(got.has_value());
  change();
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->total, 0u);
}

TEST_F(DeliveryTest, AProxyThatLeavesIsNotWaitedFor) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  std::optional<DeliveryReport> got;
  delivery_.wait_until_active(
      "default", 1, now_ + milliseconds(50), [&](const auto& r) { got = r; }, now_);
  delivery_.close(web.id, now_);
  delivery_.run(now_);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->total, 0u);
  EXPECT_FALSE(delivery_.is_connected(web.key));
}

TEST_F(DeliveryTest, AStreamEndsWhenItsDataplaneIsGone) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  engine_.clear();
  pass(milliseconds(100));
  change();
  ASSERT_TRUE(web.link->closed.has_value());
  EXPECT_TRUE(is_not_found(*web.link->closed));
}

TEST_F(DeliveryTest, ANewStreamOfTheSameDataplaneTakesOver) {
  set("web", {destination("a", "1")});
  const Proxy old = connect("web");
  const Proxy fresh = connect("web", {}, "another process");
  EXPECT_TRUE(old.link->closed.has_value());
  EXPECT_FALSE(fresh.link->closed.has_value());
  delivery_.close(old.id, now_);  // its end comes late and must not touch the new one
  EXPECT_TRUE(delivery_.is_connected(fresh.key));
  acknowledge(fresh);
  EXPECT_EQ(wait(1)->total, 1u);
}

TEST_F(DeliveryTest, InsightsCountWhatWasSentAndAnswered) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  acknowledge(web);
  pass(milliseconds(100));
  set("web", {destination("a", "2")});
  change();
  acknowledge(web, {{{v1::DESTINATION, "a"}, "no"}});
  const auto insight = insights_.find("default", "web");
  ASSERT_NE(insight, nullptr);
  ASSERT_EQ(insight->subscriptions_size(), 1);
  const auto& subscription = insight->subscriptions(0);
  EXPECT_EQ(subscription.control_plane_instance_id(), "cp-1");
  EXPECT_EQ(subscription.version().kuma_dp().version(), "0.1.0");
  EXPECT_EQ(subscription.status().total().responses_sent(), 2u);
  EXPECT_EQ(subscription.status().total().responses_acknowledged(), 1u);
  EXPECT_EQ(subscription.status().total().responses_rejected(), 1u);
  EXPECT_FALSE(subscription.has_disconnect_time());
  delivery_.close(web.id, now_);
  connect("web");
  connect("web");
  EXPECT_EQ(insights_.find("default", "web")->subscriptions_size(), 2);
  EXPECT_TRUE(insights_.find("default", "web")->subscriptions(0).has_disconnect_time());
}

TEST_F(DeliveryTest, AProxyIsAskedAndItsAnswerComesBack) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  std::vector<std::string> got;
  const auto ask = [&](const ResourceKey& key) {
    delivery_.ask(key, v1::STATISTICS, now_ + milliseconds(100),
                  [&](Result<std::string> text) { got.push_back(text.ok() ? *text : reason(text.status())); });
  };
  const auto answer = [&](const Proxy& proxy, uint64_t id, const std::string& text, const std::string& refused = "") {
    v1::ProxyAnswer message;
    message.set_id(id);
    message.set_text(text);
    message.set_refused(refused);
    delivery_.answered(proxy.id, message);
  };
  ask(web.key);
  ASSERT_EQ(web.link->asked.size(), 1u);
  EXPECT_EQ(web.link->asked[0].topic(), v1::STATISTICS);
  answer(web, web.link->asked[0].id() + 1, "of nobody");
  answer({99, web.key, nullptr}, web.link->asked[0].id(), "of another stream");
  EXPECT_TRUE(got.empty());
  answer(web, web.link->asked[0].id(), "x: 1");
  answer(web, web.link->asked[0].id(), "twice");
  EXPECT_EQ(got, (std::vector<std::string>{"x: 1"}));
  ask(web.key);
  answer(web, web.link->asked[1].id(), "", "too much");
  EXPECT_EQ(got.back(), "the proxy does not answer: too much");
  ask({"Dataplane", "default", "gone"});
  EXPECT_EQ(got.back(), "the proxy is not connected");
}

TEST_F(DeliveryTest, AQuestionEndsWithItsTimeOrItsStream) {
  set("web", {destination("a", "1")});
  const Proxy web = connect("web");
  std::vector<std::string> got;
  const auto ask = [&] {
    delivery_.ask(web.key, v1::CONFIGURATION, now_ + milliseconds(100),
                  [&](Result<std::string> text) { got.push_back(reason(text.status())); });
  };
  ask();
  pass(milliseconds(99));
  EXPECT_TRUE(got.empty());
  EXPECT_EQ(next_run_, now_ + milliseconds(1));
  pass(milliseconds(1));
  EXPECT_EQ(got, (std::vector<std::string>{"the proxy did not answer in time"}));
  ask();
  delivery_.close(web.id, now_);
  EXPECT_EQ(got.back(), "the proxy went away");
}

TEST_F(DeliveryTest, WhoHoldsWhichTrustIdentityAndCertificateIsKnown) {
  const auto trust = [](const char* content) { return item(v1::TRUST, "a.domain", content); };
  set("web", {destination("a", "1"), item(v1::IDENTITY, "identity", "who"), trust("old")});
  const Proxy web = connect("web");
  const auto holder = [&] { return delivery_.holders("default").at(0); };
  EXPECT_EQ(holder().dataplane, web.key);
  EXPECT_TRUE(holder().trusts.empty()) << "sent is not confirmed";
  EXPECT_FALSE(holder().believes(0));
  acknowledge(web);
  EXPECT_EQ(holder().trusts, (std::map<std::string, uint64_t>{{"a.domain", content_hash("old")}}));
  EXPECT_EQ(holder().identity, content_hash("who"));
  EXPECT_TRUE(holder().believes(1));

  pass(milliseconds(100));
  set("web", {destination("a", "1"), item(v1::IDENTITY, "identity", "who"), trust("new")});
  change();
  EXPECT_FALSE(holder().believes(2));
  EXPECT_EQ(holder().wanted_trusts.at("a.domain"), content_hash("new"));
  acknowledge(web, {{{v1::TRUST, "a.domain"}, "not a certificate"}});
  EXPECT_FALSE(holder().believes(2)) << "it refused";
  EXPECT_EQ(holder().trusts.at("a.domain"), content_hash("old"));

  EXPECT_FALSE(holder().certificate.has_value());
  v1::ProxyStatus status;
  status.mutable_certificate()->set_serial("ab");
  delivery_.report_status(web.id, status);
  EXPECT_EQ(holder().certificate->serial(), "ab");
  delivery_.report_status(web.id, {});
  EXPECT_FALSE(holder().certificate.has_value());
  EXPECT_TRUE(delivery_.holders("other").empty());
}

TEST_F(DeliveryTest, AProxyThatComesBackHoldsWhatItSaysItHolds) {
  set("web", {item(v1::TRUST, "a.domain", "new")});
  connect("web", {{{v1::TRUST, "a.domain"}, content_hash("new")}, {{v1::TRUST, "gone"}, 7}});
  const IdentityHolder holder = delivery_.holders("default").at(0);
  EXPECT_EQ(holder.trusts, (std::map<std::string, uint64_t>{{"a.domain", content_hash("new")}, {"gone", 7}}));
  EXPECT_FALSE(holder.believes(1)) << "it still believes one that is gone";
}

}  // namespace
}  // namespace weft::cp
