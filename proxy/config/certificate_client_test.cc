#include "proxy/config/certificate_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "proxy/config/identity_for_test.h"
#include "proxy/tls/certificate_facts.h"
#include "proxy/tls/private_key.h"

namespace weft::proxy {
namespace {

using std::chrono::duration_cast;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr const char* kId = "spiffe://mesh/workload/web";
constexpr int64_t kNow = 1'800'000'000;
constexpr int64_t kLifetime = 3600;

class Certifying : public testing::Test {
 protected:
  CertificateClient::Moment now() const { return {boot_, calendar_}; }
  void pass(CertificateClient::Duration time) {
    boot_ += time;
    calendar_ += duration_cast<seconds>(time).count();
    control_plane_ += duration_cast<seconds>(time).count();
  }
  void want(uint64_t issuer = 1, const std::string& id = kId) {
    client_.want(CertificateClient::Wanted{id, issuer}, now());
  }
  TestAuthority::Leaf leaf() const { return {.not_before = control_plane_ - 10, .lifetime = kLifetime + 10}; }
  bool grant(const v1::CertificateRequest& request, uint64_t issuer = 1) { return grant(request, leaf(), issuer); }
  bool grant(const v1::CertificateRequest& request, const TestAuthority::Leaf& leaf, uint64_t issuer = 1) {
    v1::CertificateAnswer answer = authority_.answer(request, leaf);
    answer.set_issuer(issuer);
    return client_.answer(answer, now());
  }
  bool refuse(const v1::CertificateRequest& request, uint32_t retry_after_milliseconds = 0) {
    v1::CertificateAnswer answer;
    answer.set_id(request.id());
    answer.set_refused("not today");
    answer.set_retry_after_milliseconds(retry_after_milliseconds);
    return client_.answer(answer, now());
  }
  // With a certificate, connected.
  void certify() {
    want();
    client_.connected();
    const auto request = client_.ask(now());
    ASSERT_TRUE(request);
    ASSERT_TRUE(grant(*request));
  }
  // Lets time pass until something is asked.
  std::optional<v1::CertificateRequest> next_request() {
    const auto wait = client_.next(now());
    if (!wait) return std::nullopt;
    pass(*wait);
    return client_.ask(now());
  }
  std::string alarm() const { return client_.alarm(now()).value_or(""); }

  TestAuthority authority_;
  CertificateClient client_{Random(7)};
  std::chrono::nanoseconds boot_ = hours(5);
  int64_t calendar_ = kNow;
  int64_t control_plane_ = kNow;
};

TEST_F(Certifying, nothing_is_asked_without_an_identity_or_without_a_stream) {
  client_.connected();
  EXPECT_FALSE(client_.ask(now()));
  client_.disconnected(now());
  want();
  EXPECT_FALSE(client_.ask(now()));
  EXPECT_FALSE(client_.next(now()));
}

TEST_F(Certifying, the_answer_to_the_first_question_is_the_certificate) {
  certify();
  ASSERT_NE(client_.certificate(), nullptr);
  EXPECT_EQ(client_.certificate()->spiffe_id, kId);
  EXPECT_EQ(client_.certificate()->issuer, 1u);
  EXPECT_EQ(client_.certificate()->not_after, kNow + kLifetime);
  EXPECT_TRUE(is_pair(client_.certificate()->chain[0], *client_.certificate()->key));
  EXPECT_FALSE(client_.ask(now()));
  EXPECT_EQ(client_.renewed(), 1u);
  EXPECT_EQ(alarm(), "");
}

TEST_F(Certifying, one_question_at_a_time_and_foreign_answers_are_not_looked_at) {
  want();
  client_.connected();
  const auto request = client_.ask(now());
  ASSERT_TRUE(request);
  EXPECT_FALSE(client_.ask(now()));
  v1::CertificateRequest other = *request;
  other.set_id(request->id() + 1);
  EXPECT_FALSE(grant(other));
  EXPECT_EQ(client_.certificate(), nullptr);
  EXPECT_TRUE(grant(*request));
  EXPECT_FALSE(grant(*request));
}

TEST_F(Certifying, renews_between_half_and_two_thirds_of_the_life_with_a_new_key_and_not_all_at_once) {
  certify();
  std::set<int64_t> waits;
  for (int i = 0; i < 20; ++i) {
    const auto before = client_.certificate();
    const auto wait = duration_cast<seconds>(client_.next(now()).value_or(hours(9))).count();
    EXPECT_GE(wait, kLifetime / 2);
    EXPECT_LE(wait, kLifetime * 2 / 3);
    waits.insert(wait);
    const auto request = next_request();
    ASSERT_TRUE(request);
    ASSERT_TRUE(grant(*request));
    EXPECT_FALSE(is_pair(client_.certificate()->chain[0], *before->key));
  }
  EXPECT_GT(waits.size(), 15u);
}

TEST_F(Certifying, a_changed_issuer_or_id_is_asked_for_at_once_and_the_old_certificate_stays_meanwhile) {
  certify();
  want(2);
  const auto old = client_.certificate();
  auto request = client_.ask(now());
  ASSERT_TRUE(request);
  EXPECT_EQ(client_.certificate(), old);
  ASSERT_TRUE(grant(*request, 2));
  EXPECT_FALSE(client_.ask(now()));
  want(2, "spiffe://mesh/workload/other");
  request = client_.ask(now());
  ASSERT_TRUE(request);
  ASSERT_TRUE(grant(*request, 2));
  EXPECT_EQ(client_.certificate()->spiffe_id, "spiffe://mesh/workload/other");
}

TEST_F(Certifying, a_signer_that_is_not_the_one_named_is_not_asked_for_ever) {
  certify();
  want(2);
  const auto request = client_.ask(now());
  ASSERT_TRUE(request);
  ASSERT_TRUE(grant(*request, 1));
  EXPECT_FALSE(client_.ask(now()));
}

TEST_F(Certifying, an_issuer_that_changed_while_the_question_was_open_is_asked_again) {
  certify();
  want(2);
  const auto request = client_.ask(now());
  want(3);
  ASSERT_TRUE(grant(*request, 2));
  const auto again = client_.ask(now());
  ASSERT_TRUE(again);
  ASSERT_TRUE(grant(*again, 3));
  EXPECT_FALSE(client_.ask(now()));
}

TEST_F(Certifying, failures_are_repeated_after_growing_pauses_with_a_limit) {
  want();
  client_.connected();
  auto request = client_.ask(now());
  CertificateClient::Duration longest{0};
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(request);
    EXPECT_FALSE(refuse(*request));
    const auto pause = client_.next(now()).value_or(hours(9));
    EXPECT_GE(pause, std::min<CertificateClient::Duration>(seconds(5) * (1 << i), minutes(5)) / 2);
    EXPECT_LE(pause, std::min<CertificateClient::Duration>(seconds(5) * (1 << i), minutes(5)) * 3 / 2);
    longest = std::max(longest, pause);
    request = next_request();
  }
  EXPECT_GT(longest, minutes(2));
  EXPECT_EQ(client_.failed(), 12u);
  EXPECT_EQ(client_.failure(), "not today");
}

TEST_F(Certifying, what_the_control_plane_says_about_asking_again_is_honoured_across_streams) {
  want();
  client_.connected();
  const auto request = client_.ask(now());
  EXPECT_FALSE(refuse(*request, 60'000));
  EXPECT_GE(client_.next(now()), seconds(60));
  client_.disconnected(now());
  client_.connected();
  EXPECT_FALSE(client_.ask(now()));
  pass(seconds(60));
  EXPECT_TRUE(client_.ask(now()));
}

TEST_F(Certifying, an_answer_that_does_not_come_is_not_waited_for_for_ever) {
  want();
  client_.connected();
  const auto request = client_.ask(now());
  EXPECT_FALSE(next_request());
  EXPECT_THAT(client_.failure(), HasSubstr("no answer within 20s"));
  EXPECT_FALSE(grant(*request));
  EXPECT_TRUE(next_request());
}

TEST_F(Certifying, a_question_that_was_open_when_the_stream_broke_is_asked_on_the_next_one) {
  want();
  client_.connected();
  ASSERT_TRUE(client_.ask(now()));
  client_.disconnected(now());
  EXPECT_FALSE(client_.ask(now()));
  client_.connected();
  EXPECT_TRUE(client_.ask(now()));
}

TEST_F(Certifying, case_40_a_certificate_that_is_not_what_was_asked_for_leaves_the_old_pair_and_alarms) {
  certify();
  const auto old = client_.certificate();
  const std::string ours = cat("URI:", kId);
  auto with = [this](auto change) {
    TestAuthority::Leaf bad = leaf();
    change(bad);
    return bad;
  };
  const TestAuthority::Leaf bad_leaves[] = {
      with([](TestAuthority::Leaf& l) { l.another_key = true; }),
      with([](TestAuthority::Leaf& l) { l.names = "URI:spiffe://mesh/workload/other"; }),
      with([&](TestAuthority::Leaf& l) { l.names = ours + ",URI:spiffe://mesh/workload/other"; }),
      with([&](TestAuthority::Leaf& l) { l.names = ours + ",DNS:web"; }),
      with([](TestAuthority::Leaf& l) { l.names = "DNS:web"; }),
      with([](TestAuthority::Leaf& l) { l.authority = true; }),
      with([](TestAuthority::Leaf& l) { l.lifetime = -5; }),
  };
  for (const TestAuthority::Leaf& bad : bad_leaves) {
    const auto request = next_request();
    ASSERT_TRUE(request);
    EXPECT_FALSE(grant(*request, bad));
    EXPECT_EQ(client_.certificate(), old);
    EXPECT_THAT(alarm(), HasSubstr("the certificate in use stays: the certificate "));
  }
  auto request = next_request();
  ASSERT_TRUE(request);
  v1::CertificateAnswer truncated = authority_.answer(*request, leaf());
  truncated.mutable_chain(0)->pop_back();
  EXPECT_FALSE(client_.answer(truncated, now()));
  EXPECT_EQ(client_.certificate(), old);
  request = next_request();
  v1::CertificateAnswer long_chain = authority_.answer(*request, leaf());
  for (int i = 0; i < 6; ++i) long_chain.add_chain(authority_.der());
  EXPECT_FALSE(client_.answer(long_chain, now()));
  EXPECT_EQ(client_.certificate(), old);
  request = next_request();
  ASSERT_TRUE(request);
  EXPECT_TRUE(grant(*request));
  EXPECT_EQ(alarm(), "");
}

TEST_F(Certifying, alarms_at_70_percent_and_heals_when_the_control_plane_returns_after_longer_than_a_life) {
  certify();
  client_.disconnected(now());
  pass(seconds(kLifetime * 69 / 100));
  EXPECT_EQ(alarm(), "");
  pass(seconds(kLifetime * 2 / 100));
  EXPECT_THAT(alarm(), HasSubstr("70 % of the certificate's life"));
  pass(seconds(3 * kLifetime));
  EXPECT_THAT(alarm(), HasSubstr("has run out"));
  client_.connected();
  const auto request = client_.ask(now());
  ASSERT_TRUE(request);
  ASSERT_TRUE(grant(*request));
  EXPECT_EQ(alarm(), "");
  EXPECT_EQ(client_.certificate()->not_after, control_plane_ + kLifetime);
}

TEST_F(Certifying, an_identity_that_stays_without_a_certificate_alarms) {
  want();
  EXPECT_EQ(alarm(), "");
  pass(seconds(31));
  EXPECT_THAT(alarm(), HasSubstr("there is no certificate yet"));
}

TEST_F(Certifying, case_41_a_calendar_that_is_a_day_off_at_the_start_is_no_obstacle_but_an_alarm) {
  for (const int64_t off : {int64_t{86400}, int64_t{-86400}}) {
    client_ = CertificateClient(Random(3));
    calendar_ = control_plane_ + off;
    certify();
    ASSERT_NE(client_.certificate(), nullptr);
    EXPECT_EQ(client_.calendar_offset(now()), off);
    EXPECT_THAT(alarm(), HasSubstr("calendar"));
    EXPECT_EQ(duration_cast<seconds>(boot_).count() + client_.certificate()->clock_origin, control_plane_);
    const auto wait = client_.next(now()).value_or(hours(0));
    EXPECT_GE(wait, seconds(kLifetime / 2));
  }
}

TEST_F(Certifying, case_41_a_calendar_that_jumps_neither_expires_nor_renews_anything) {
  certify();
  const auto wait = client_.next(now());
  for (const int64_t jump : {int64_t{86400}, int64_t{-172800}, int64_t{86401}}) {
    calendar_ += jump;
    EXPECT_FALSE(client_.ask(now()));
    EXPECT_EQ(client_.next(now()), wait);
  }
  EXPECT_EQ(alarm(), "");
  calendar_ += 86400;
  EXPECT_THAT(alarm(), HasSubstr("this machine's calendar is not the control plane's: 86401 s ahead"));
}

TEST_F(Certifying, case_41_a_control_plane_whose_calendar_jumps_is_not_followed_while_the_certificate_lives) {
  certify();
  const auto old = client_.certificate();
  control_plane_ += 86400;
  auto request = next_request();
  ASSERT_TRUE(request);
  EXPECT_FALSE(grant(*request));
  EXPECT_EQ(client_.certificate(), old);
  EXPECT_THAT(alarm(), HasSubstr("control plane's calendar"));
  pass(seconds(kLifetime));
  request = client_.ask(now());
  ASSERT_TRUE(request);
  EXPECT_TRUE(grant(*request));
}

TEST_F(Certifying, the_certificate_goes_with_the_identity) {
  certify();
  client_.want(std::nullopt, now());
  EXPECT_EQ(client_.certificate(), nullptr);
  EXPECT_FALSE(client_.ask(now()));
  EXPECT_EQ(alarm(), "");
}

}  // namespace
}  // namespace weft::proxy
