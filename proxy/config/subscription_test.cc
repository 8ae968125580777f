#include "proxy/config/subscription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/text.h"
#include "proxy/config/control_thread_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::string_view kToken = "eyJhbGciOiJSUzI1NiJ9.eyJOYW1lIjoid2ViIn0.c2ln";

// The control plane's side of the streams a subscription opens.
class FakeControlPlane final : public StreamOpener {
 public:
  struct Line {
    ConfigStream::Events events;
    std::string token;
    std::vector<v1::ProxyMessage> received;
    int reads = 0;
    bool open = true;
  };
  class Stream final : public ConfigStream {
   public:
    explicit Stream(std::shared_ptr<Line> line) : line_(std::move(line)) {}
    ~Stream() override { line_->open = false; }
    void send(v1::ProxyMessage message) override { line_->received.push_back(std::move(message)); }
    void read() override { ++line_->reads; }

   private:
    std::shared_ptr<Line> line_;
  };

  std::unique_ptr<ConfigStream> open(const std::string& token, ConfigStream::Events events) override {
    lines.push_back(std::make_shared<Line>(Line{std::move(events), token, {}}));
    return std::make_unique<Stream>(lines.back());
  }

  Line& last() { return *lines.back(); }
  void welcome(bool reloadable_tokens = false) {
    v1::ControlMessage message;
    message.mutable_welcome()->set_instance("cp-1");
    message.mutable_welcome()->set_reloadable_tokens(reloadable_tokens);
    last().events.on_message(std::move(message));
  }
  void update(uint64_t nonce) {
    v1::ControlMessage message;
    message.mutable_update()->set_nonce(nonce);
    last().events.on_message(std::move(message));
  }
  void end(StreamEnd::Kind kind, const std::string& reason) {
    const auto line = lines.back();
    line->events.on_end({kind, reason});
  }

  std::vector<std::shared_ptr<Line>> lines;
};

class FakeReceiver final : public Subscription::Receiver {
 public:
  std::vector<v1::HeldItem> held() const override {
    v1::HeldItem item;
    item.set_name("listeners");
    item.set_hash(7);
    return {item};
  }
  bool active() const override { return is_active; }
  void apply(v1::Update update, absl::AnyInvocable<void(v1::Ack)> done) override {
    applied.push_back(update.nonce());
    acknowledge = std::move(done);
  }

  bool is_active = false;
  std::vector<uint64_t> applied;
  absl::AnyInvocable<void(v1::Ack)> acknowledge;
};

class Subscribing : public testing::Test {
 protected:
  void start(TokenSource token = TokenSource(std::string(kToken), "")) {
    Subscription::Options options;
    options.mesh = "default";
    options.name = "web-1";
    options.version = "0.1.0";
    options.instance = "abc";
    options.dataplane_json = "{}";
    options.token = std::move(token);
    options.answer = [](const v1::ProxyQuestion& question) -> Result<std::string> {
      if (question.topic() == v1::STATISTICS) return std::string("x: 1\n");
      if (question.topic() == v1::CONFIGURATION) return std::string(9 * 1024 * 1024, 'x');
      return invalid("unknown");
    };
    subscription_ = std::make_unique<Subscription>(std::move(options), thread_, control_plane_, receiver_,
                                                   [this](std::string why) { gave_up_ = std::move(why); });
    subscription_->start();
  }
  void lose() { control_plane_.end(StreamEnd::Kind::kLost, "gone"); }
  size_t attempts() const { return control_plane_.lines.size(); }

  FakeControlThread thread_;
  FakeControlPlane control_plane_;
  FakeReceiver receiver_;
  std::string gave_up_;
  std::unique_ptr<Subscription> subscription_;
};

TEST_F(Subscribing, says_who_it_is_and_what_it_holds_then_asks_for_everything) {
  start();
  ASSERT_THAT(control_plane_.last().received, SizeIs(2));
  const v1::Hello& hello = control_plane_.last().received[0].hello();
  EXPECT_EQ(hello.mesh(), "default");
  EXPECT_EQ(hello.name(), "web-1");
  EXPECT_EQ(hello.instance(), "abc");
  EXPECT_EQ(hello.dataplane(), "{}");
  ASSERT_EQ(hello.held_size(), 1);
  EXPECT_EQ(hello.held(0).hash(), 7u);
  EXPECT_TRUE(control_plane_.last().received[1].subscribe().everything());
  EXPECT_EQ(control_plane_.last().token, kToken);
}

TEST_F(Subscribing, an_update_is_acknowledged_when_it_is_active_and_the_next_one_read_only_then) {
  start();
  control_plane_.welcome();
  EXPECT_TRUE(subscription_->connected());
  control_plane_.update(5);
  EXPECT_THAT(receiver_.applied, testing::ElementsAre(5));
  EXPECT_EQ(control_plane_.last().reads, 2);
  v1::Ack ack;
  ack.set_nonce(5);
  receiver_.acknowledge(ack);
  EXPECT_EQ(control_plane_.last().received.back().ack().nonce(), 5u);
  EXPECT_EQ(control_plane_.last().reads, 3);
}

TEST_F(Subscribing, an_acknowledgement_never_goes_to_another_stream) {
  receiver_.is_active = true;
  start();
  control_plane_.welcome();
  control_plane_.update(5);
  lose();
  thread_.advance(seconds(1));
  ASSERT_EQ(attempts(), 2u);
  receiver_.acknowledge(v1::Ack());
  EXPECT_THAT(control_plane_.last().received, SizeIs(2));
}

TEST_F(Subscribing, pauses_grow_with_jitter_and_start_small_again_after_a_stream_that_held) {
  receiver_.is_active = true;
  start();
  for (size_t i = 1; i < 20; ++i) {
    const auto before = thread_.now();
    lose();
    while (attempts() == i) thread_.advance(milliseconds(10));
    const auto pause = thread_.now() - before;
    const double expected = std::min(0.25 * static_cast<double>(1u << (i - 1)), 30.0);
    EXPECT_GE(pause, std::chrono::duration<double>(expected * 0.49));
    EXPECT_LE(pause, std::chrono::duration<double>(expected * 1.51 + 0.01));
  }
  control_plane_.welcome();
  thread_.advance(seconds(10));
  lose();
  const size_t before = attempts();
  thread_.advance(milliseconds(400));
  EXPECT_EQ(attempts(), before + 1);
}

TEST_F(Subscribing, a_control_plane_that_hangs_up_at_once_is_not_asked_faster_and_faster) {
  receiver_.is_active = true;
  start();
  for (int i = 0; i < 100; ++i) {
    if (control_plane_.last().open) {
      control_plane_.welcome();
      lose();
    }
    thread_.advance(milliseconds(100));
  }
  EXPECT_LE(attempts(), 10u);
}

TEST_F(Subscribing, an_unknown_dataplane_is_asked_for_again_until_time_is_up) {
  start();
  for (int i = 0; i < 3100 && gave_up_.empty(); ++i) {
    if (control_plane_.last().open) control_plane_.end(StreamEnd::Kind::kNoDataplane, "there is no Dataplane web-1");
    thread_.advance(milliseconds(100));
  }
  EXPECT_THAT(gave_up_, HasSubstr("no configuration within 5m0s: there is no Dataplane web-1"));
  EXPECT_GE(attempts(), 60u);
  EXPECT_LE(attempts(), 200u);
}

TEST_F(Subscribing, a_refusal_before_any_configuration_is_final) {
  start();
  control_plane_.end(StreamEnd::Kind::kRefused, "the token is for another Dataplane");
  EXPECT_EQ(gave_up_, "the token is for another Dataplane");
  thread_.advance(minutes(10));
  EXPECT_EQ(attempts(), 1u);
}

TEST_F(Subscribing, a_refused_proxy_that_serves_goes_on_and_tries_slowly) {
  receiver_.is_active = true;
  start();
  control_plane_.end(StreamEnd::Kind::kRefused, "revoked");
  EXPECT_EQ(gave_up_, "");
  const auto before = thread_.now();
  while (attempts() == 1) thread_.advance(milliseconds(100));
  EXPECT_GE(thread_.now() - before, seconds(15));
  EXPECT_LE(thread_.now() - before, seconds(46));
}

TEST_F(Subscribing, a_replaced_token_file_is_used_within_seconds) {
  const std::string path = testing::TempDir() + "subscription_token." + std::to_string(getpid());
  std::ofstream(path) << kToken;
  receiver_.is_active = true;
  start(TokenSource("", path));
  control_plane_.end(StreamEnd::Kind::kRefused, "expired");
  std::ofstream(path) << "eyJ.new.token";
  thread_.advance(seconds(3));
  EXPECT_EQ(attempts(), 2u);
  EXPECT_EQ(control_plane_.last().token, "eyJ.new.token");
  std::remove(path.c_str());
}

TEST_F(Subscribing, a_replaced_token_is_shown_at_once_where_that_is_wanted) {
  const std::string path = ::testing::TempDir() + "subscription_reloaded_token." + std::to_string(getpid());
  std::ofstream(path) << kToken;
  start(TokenSource("", path));
  control_plane_.welcome();
  thread_.advance(seconds(30));
  std::ofstream(path) << "eyJ.new.token";
  thread_.advance(seconds(30));
  EXPECT_EQ(attempts(), 1u) << "nobody asked for it";
  subscription_->reconnect();
  control_plane_.welcome(/*reloadable_tokens=*/true);
  std::ofstream(path) << kToken;
  thread_.advance(seconds(3));
  EXPECT_EQ(attempts(), 3u);
  EXPECT_EQ(control_plane_.last().token, kToken);
  control_plane_.welcome(true);
  thread_.advance(seconds(30));
  EXPECT_EQ(attempts(), 3u);
  std::remove(path.c_str());
}

TEST_F(Subscribing, a_silent_control_plane_is_given_up_on_and_tried_again) {
  start();
  thread_.advance(seconds(25));
  EXPECT_EQ(attempts(), 2u);
  EXPECT_FALSE(control_plane_.lines[0]->open);
}

TEST_F(Subscribing, the_state_is_told_now_and_on_every_new_stream) {
  receiver_.is_active = true;
  start();
  subscription_->set_state("ready");
  subscription_->set_state("ready");
  ASSERT_THAT(control_plane_.last().received, SizeIs(3));
  EXPECT_EQ(control_plane_.last().received[2].status().state(), "ready");
  subscription_->reconnect();
  EXPECT_FALSE(control_plane_.lines[0]->open);
  ASSERT_THAT(control_plane_.last().received, SizeIs(3));
  EXPECT_EQ(control_plane_.last().received[2].status().state(), "ready");
}

TEST_F(Subscribing, after_stop_nothing_happens_any_more) {
  receiver_.is_active = true;
  start();
  subscription_->stop();
  EXPECT_FALSE(control_plane_.last().open);
  thread_.advance(minutes(5));
  EXPECT_EQ(attempts(), 1u);
}

TEST_F(Subscribing, a_question_is_answered_and_the_next_message_read) {
  start();
  control_plane_.welcome();
  const auto ask = [&](uint64_t id, v1::ProxyTopic topic) {
    v1::ControlMessage message;
    message.mutable_question()->set_id(id);
    message.mutable_question()->set_topic(topic);
    control_plane_.last().events.on_message(std::move(message));
    return control_plane_.last().received.back().answer();
  };
  const int reads = control_plane_.last().reads;
  EXPECT_EQ(ask(7, v1::STATISTICS).id(), 7u);
  EXPECT_EQ(control_plane_.last().received.back().answer().text(), "x: 1\n");
  EXPECT_EQ(control_plane_.last().reads, reads + 1);
  EXPECT_EQ(ask(8, v1::ENDPOINT_STATES).refused(), "unknown");
  EXPECT_EQ(ask(9, v1::CONFIGURATION).refused(), "the answer has 9437184 bytes");
}

}  // namespace
}  // namespace weft::proxy
