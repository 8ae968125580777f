#include "proxy/certification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proxy/config/control_thread_for_test.h"
#include "proxy/config/identity_for_test.h"
#include "proxy/config/items_for_test.h"
#include "proxy/data_plane_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* kId = "spiffe://mesh/workload/web";
constexpr int64_t kStart = 1'800'000'000;

// A control plane at the other end of the stream.
class FakeControlPlane final : public StreamOpener {
 public:
  class Stream final : public ConfigStream {
   public:
    explicit Stream(FakeControlPlane& owner) : owner_(owner) {}
    ~Stream() override { owner_.events_ = nullptr; }
    void send(v1::ProxyMessage message) override {
      if (message.has_certificate_request()) owner_.requests.push_back(message.certificate_request());
      if (message.has_status()) owner_.states.push_back(message.status());
    }
    void read() override {}

   private:
    FakeControlPlane& owner_;
  };
  std::unique_ptr<ConfigStream> open(const std::string&, ConfigStream::Events events) override {
    events_ = std::make_shared<ConfigStream::Events>(std::move(events));
    return std::make_unique<Stream>(*this);
  }
  bool reached() const { return events_ != nullptr; }
  void say(v1::ControlMessage message) {
    const auto keep = events_;
    keep->on_message(std::move(message));
  }
  void welcome() {
    v1::ControlMessage message;
    message.mutable_welcome();
    say(std::move(message));
  }
  void update(const v1::Update& update) {
    v1::ControlMessage message;
    *message.mutable_update() = update;
    say(std::move(message));
  }
  void lose() {
    const auto keep = events_;
    keep->on_end({StreamEnd::Kind::kLost, "gone"});
  }

  std::vector<v1::CertificateRequest> requests;
  std::vector<v1::ProxyStatus> states;

 private:
  std::shared_ptr<ConfigStream::Events> events_;
};

FakeControlThread* clock_of_test = nullptr;
CertificateClient::Moment test_clock() {
  const auto now = clock_of_test->now().time_since_epoch() + std::chrono::hours(1);
  return {now, kStart + std::chrono::duration_cast<seconds>(now).count()};
}

class Certified : public testing::Test {
 protected:
  void SetUp() override {
    clock_of_test = &thread_;
    std::string pattern = testing::TempDir() + "certification.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    start();
  }
  void TearDown() override {
    stop();
    std::filesystem::remove_all(folder_);
  }
  void stop() {
    certification_.reset();
    subscription_.reset();
    activation_.reset();
  }
  void start() {
    activation_ = std::make_unique<Activation>(
        Activation::Options{"default", "web-1", folder_ + "/snapshot.pb"}, thread_, data_plane_, fake_material,
        Activation::Events{[this] { ++firsts_; }, [] {}, [this] { certification_->configuration_changed(); }});
    subscription_ = std::make_unique<Subscription>(Subscription::Options{}, thread_, control_plane_, *activation_,
                                                   [](const std::string&) {});
    certification_ = std::make_unique<Certification>(thread_, *activation_, *subscription_, test_clock, Random(5));
    activation_->restore();
    subscription_->start();
    settle();
  }
  void settle() { thread_.run_posted(); }
  void configure(bool with_identity, uint64_t issuer = 1) {
    std::vector<v1::Item> items = {listeners({{"one", 1, "a"}}), destination("a", {"e"}), endpoints("e", {})};
    v1::WorkloadIdentity identity;
    identity.set_spiffe_id(kId);
    identity.set_issuer(issuer);
    if (with_identity) items.push_back(item(v1::IDENTITY, "identity", identity.SerializeAsString()));
    control_plane_.update(update_of(++revision_, items, {}));
    settle();
  }
  void grant(int64_t lifetime = 600) {
    ASSERT_FALSE(control_plane_.requests.empty());
    v1::ControlMessage message;
    *message.mutable_certificate() = authority_.answer(
        control_plane_.requests.back(), {.not_before = test_clock().calendar - 10, .lifetime = lifetime + 10});
    message.mutable_certificate()->set_issuer(1);
    control_plane_.say(std::move(message));
    settle();
  }
  const Snapshot& snapshot() const { return *data_plane_.published.back(); }

  FakeControlThread thread_;
  FakeDataPlane data_plane_;
  FakeControlPlane control_plane_;
  TestAuthority authority_;
  std::string folder_;
  int firsts_ = 0;
  uint64_t revision_ = 0;
  std::unique_ptr<Activation> activation_;
  std::unique_ptr<Subscription> subscription_;
  std::unique_ptr<Certification> certification_;
};

TEST_F(Certified, an_identity_leads_to_a_certificate_to_readiness_and_to_a_report) {
  control_plane_.welcome();
  configure(true);
  EXPECT_EQ(firsts_, 0);
  ASSERT_THAT(control_plane_.requests, SizeIs(1));
  grant();
  EXPECT_EQ(firsts_, 1);
  ASSERT_NE(snapshot().tls, nullptr);
  EXPECT_EQ(snapshot().tls->certificate().spiffe_id, kId);
  thread_.advance(seconds(1));
  ASSERT_FALSE(control_plane_.states.empty());
  const v1::CertificateState& state = control_plane_.states.back().certificate();
  EXPECT_EQ(state.spiffe_id(), kId);
  EXPECT_EQ(state.serial(), snapshot().tls->certificate().serial);
  EXPECT_EQ(state.issuer(), 1u);
  EXPECT_EQ(state.renewal_failure(), "");
}

TEST_F(Certified, without_an_identity_nothing_is_asked_or_reported) {
  control_plane_.welcome();
  configure(false);
  thread_.advance(minutes(10));
  EXPECT_EQ(firsts_, 1);
  EXPECT_THAT(control_plane_.requests, SizeIs(0));
  EXPECT_THAT(control_plane_.states, SizeIs(0));
}

TEST_F(Certified, a_renewal_is_asked_for_in_time_and_its_failure_reported_at_most_once_a_second) {
  control_plane_.welcome();
  configure(true);
  grant();
  thread_.advance(seconds(299));
  EXPECT_THAT(control_plane_.requests, SizeIs(1));
  thread_.advance(seconds(101));
  ASSERT_GE(control_plane_.requests.size(), 2u);
  v1::ControlMessage refused;
  refused.mutable_certificate()->set_id(control_plane_.requests.back().id());
  refused.mutable_certificate()->set_refused("out of ink");
  control_plane_.say(std::move(refused));
  thread_.advance(seconds(1));
  EXPECT_EQ(control_plane_.states.back().certificate().renewal_failure(), "out of ink");
  EXPECT_EQ(control_plane_.states.back().certificate().spiffe_id(), kId);
  EXPECT_LE(control_plane_.states.size(), 4u);
}

TEST_F(Certified, the_control_plane_away_for_longer_than_a_life_alarms_long_before_and_heals) {
  control_plane_.welcome();
  configure(true);
  grant(60);
  control_plane_.lose();
  thread_.advance(seconds(41));
  EXPECT_FALSE(certification_->report().alarm);
  thread_.advance(seconds(3));
  EXPECT_THAT(certification_->report().alarm.value_or(""), HasSubstr("70 %"));
  thread_.advance(minutes(3));
  EXPECT_THAT(certification_->report().alarm.value_or(""), HasSubstr("has run out"));
  const auto asked = control_plane_.requests.size();
  while (!control_plane_.reached()) thread_.advance(seconds(1));
  control_plane_.welcome();
  ASSERT_EQ(control_plane_.requests.size(), asked + 1);
  grant(60);
  EXPECT_FALSE(certification_->report().alarm);
  EXPECT_GT(snapshot().tls->certificate().not_after, test_clock().calendar);
}

TEST_F(Certified, a_restart_while_the_control_plane_is_away_lets_nothing_in_and_the_disk_holds_no_key) {
  control_plane_.welcome();
  configure(true);
  grant();
  thread_.advance(seconds(1));
  stop();
  std::ifstream file(folder_ + "/snapshot.pb", std::ios::binary);
  const std::string stored((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(stored, HasSubstr(kId));
  const std::string der = data_plane_.published.back()->tls->certificate().chain[0];
  EXPECT_EQ(stored.find(der), std::string::npos);
  EXPECT_EQ(stored.find("PRIVATE"), std::string::npos);
  firsts_ = 0;
  start();
  EXPECT_EQ(activation_->builder().current().identity, IdentityState::kMissing);
  EXPECT_EQ(firsts_, 0);
  control_plane_.welcome();
  grant();
  EXPECT_EQ(firsts_, 1);
}

TEST_F(Certified, another_issuer_is_asked_for_at_once) {
  control_plane_.welcome();
  configure(true);
  grant();
  configure(true, 2);
  EXPECT_THAT(control_plane_.requests, SizeIs(2));
}

}  // namespace
}  // namespace weft::proxy
