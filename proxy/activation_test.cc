#include "proxy/activation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "proxy/config/control_thread_for_test.h"
#include "proxy/config/identity_for_test.h"
#include "proxy/config/items_for_test.h"
#include "proxy/data_plane_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

class Activating : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "activation.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    make();
  }
  void TearDown() override {
    activation_.reset();
    std::filesystem::remove_all(folder_);
  }
  void make() {
    activation_.reset();
    activation_ = std::make_unique<Activation>(Activation::Options{"default", "web-1", folder_ + "/snapshot.pb"},
                                               thread_, data_plane_, fake_material,
                                               Activation::Events{[this] { ++firsts_; }, [this] { ++heals_; }, [] {}});
  }
  void apply(const v1::Update& update) {
    activation_->apply(update, [this](v1::Ack ack) { acks_.push_back(std::move(ack)); });
    thread_.run_posted();
  }
  v1::Update whole(uint64_t revision, const std::vector<std::string>& addresses = {"10.0.0.1:80"}) {
    return update_of(revision, {listeners({{"one", 1, "a"}}), destination("a", {"e"}), endpoints("e", addresses)}, {});
  }

  FakeControlThread thread_;
  FakeDataPlane data_plane_;
  std::string folder_;
  int firsts_ = 0;
  int heals_ = 0;
  std::vector<v1::Ack> acks_;
  std::unique_ptr<Activation> activation_;
};

TEST_F(Activating, is_acknowledged_when_the_last_worker_has_switched_and_not_before) {
  data_plane_.at_once = false;
  apply(whole(3));
  ASSERT_THAT(data_plane_.published, SizeIs(1));
  EXPECT_THAT(acks_, IsEmpty());
  EXPECT_FALSE(activation_->active());
  data_plane_.switched[0]();
  thread_.run_posted();
  ASSERT_THAT(acks_, SizeIs(1));
  EXPECT_EQ(acks_[0].nonce(), 3u);
  EXPECT_EQ(acks_[0].revision(), 3u);
  EXPECT_THAT(acks_[0].refused(), IsEmpty());
  EXPECT_TRUE(activation_->active());
  EXPECT_EQ(firsts_, 1);
}

TEST_F(Activating, updates_wait_for_each_other) {
  data_plane_.at_once = false;
  apply(whole(1));
  apply(whole(2, {"10.0.0.2:80"}));
  EXPECT_THAT(data_plane_.published, SizeIs(1));
  data_plane_.switched[0]();
  thread_.run_posted();
  EXPECT_THAT(data_plane_.published, SizeIs(2));
  data_plane_.switched[1]();
  thread_.run_posted();
  EXPECT_THAT(acks_, SizeIs(2));
  EXPECT_EQ(firsts_, 1);
}

TEST_F(Activating, an_update_that_changes_nothing_is_acknowledged_without_publishing) {
  apply(whole(1));
  apply(update_of(2, {}, {}));
  EXPECT_THAT(data_plane_.published, SizeIs(1));
  ASSERT_THAT(acks_, SizeIs(2));
  EXPECT_EQ(acks_[1].revision(), 2u);
}

TEST_F(Activating, refusals_are_reported_with_their_reason_while_the_rest_is_active) {
  v1::Update update = whole(1);
  *update.add_changed() = destination("b", {"nowhere"});
  apply(update);
  ASSERT_THAT(acks_[0].refused(), SizeIs(1));
  EXPECT_EQ(acks_[0].refused(0).type(), v1::DESTINATION);
  EXPECT_EQ(acks_[0].refused(0).name(), "b");
  EXPECT_EQ(acks_[0].refused(0).reason(), "routes[0].backends[0].endpoints: there is no endpoint set \"nowhere\"");
  EXPECT_TRUE(activation_->active());
}

TEST_F(Activating, a_port_in_use_refuses_the_listeners_and_is_tried_again_until_it_is_free) {
  data_plane_.taken = {1};
  apply(whole(1));
  ASSERT_THAT(acks_[0].refused(), SizeIs(1));
  EXPECT_EQ(acks_[0].refused(0).name(), "listeners");
  EXPECT_EQ(acks_[0].refused(0).reason(), "127.0.0.1:1: Address already in use");
  EXPECT_FALSE(activation_->active());
  thread_.advance(seconds(10));
  EXPECT_FALSE(activation_->active());
  data_plane_.taken.clear();
  thread_.advance(seconds(4));
  EXPECT_TRUE(activation_->active());
  EXPECT_THAT(data_plane_.published.back()->listeners, SizeIs(1));
  EXPECT_EQ(heals_, 1);
}

TEST_F(Activating, listeners_that_were_open_stay_when_a_new_one_cannot_be_opened) {
  apply(whole(1));
  data_plane_.taken = {2};
  apply(update_of(2, {listeners({{"one", 1, "a"}, {"two", 2, "a"}}), destination("a", {"e"}, "/new")}, {}));
  EXPECT_THAT(acks_[1].refused(), SizeIs(1));
  ASSERT_THAT(data_plane_.published.back()->listeners, SizeIs(1));
  EXPECT_EQ(data_plane_.published.back()->listeners[0]->destination->routes[0].path_prefix, "/new");
}

TEST_F(Activating, what_is_held_is_what_was_accepted) {
  apply(whole(1));
  apply(update_of(2, {item(v1::DESTINATION, "a", "\xff")}, {}));
  std::vector<std::string> names;
  for (const v1::HeldItem& held : activation_->held()) names.push_back(held.name());
  EXPECT_THAT(names, testing::ElementsAre("listeners", "a", "e"));
  EXPECT_EQ(activation_->held()[1].hash(), destination("a", {"e"}).hash());
}

TEST_F(Activating, a_new_process_starts_from_the_last_good_configuration) {
  apply(whole(9));
  apply(update_of(10, {destination("a", {"e"}, "", {"MeshTelepathy"})}, {}));
  make();  // the old one writes what is due when it ends
  activation_->restore();
  thread_.run_posted();
  EXPECT_TRUE(activation_->active());
  EXPECT_EQ(activation_->builder().current().revision, 10u);
  EXPECT_THAT(activation_->builder().current().refused, SizeIs(1));
  EXPECT_THAT(activation_->held(), SizeIs(3));
  EXPECT_FALSE(activation_->confirmed().has_value());
  EXPECT_THAT(data_plane_.published.back()->listeners, SizeIs(1));
}

TEST_F(Activating, a_damaged_file_is_ignored) {
  std::ofstream(folder_ + "/snapshot.pb") << "rubbish";
  activation_->restore();
  thread_.run_posted();
  EXPECT_FALSE(activation_->active());
  apply(whole(1));
  EXPECT_TRUE(activation_->active());
}

TEST_F(Activating, a_configuration_that_cannot_be_kept_on_disk_is_active_all_the_same) {
  std::filesystem::remove_all(folder_);
  apply(whole(1));
  thread_.advance(seconds(1));
  EXPECT_TRUE(activation_->active());
}

}  // namespace
}  // namespace weft::proxy
