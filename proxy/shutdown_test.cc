#include "proxy/shutdown.h"

#include <gtest/gtest.h>

#include "proxy/config/control_thread_for_test.h"
#include "proxy/data_plane_for_test.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ShuttingDown : public testing::Test {
 protected:
  FakeControlThread thread_;
  FakeDataPlane data_plane_;
  int began_ = 0;
  int finished_ = 0;
  Shutdown shutdown_{{seconds(30), seconds(1)}, thread_, data_plane_, [this] { ++began_; }, [this] { ++finished_; }};
};

TEST_F(ShuttingDown, ends_a_quiet_time_after_the_last_connection_is_gone) {
  data_plane_.connections = 2;
  shutdown_.terminate();
  EXPECT_EQ(began_, 1);
  EXPECT_TRUE(data_plane_.all_drained);
  thread_.advance(seconds(5));
  EXPECT_EQ(finished_, 0);
  data_plane_.connections = 0;
  thread_.advance(milliseconds(900));
  data_plane_.connections = 1;  // a peer that had not noticed
  thread_.advance(milliseconds(100));
  data_plane_.connections = 0;
  thread_.advance(milliseconds(900));
  EXPECT_EQ(finished_, 0);
  thread_.advance(milliseconds(300));
  EXPECT_EQ(finished_, 1);
}

TEST_F(ShuttingDown, ends_after_the_drain_time_at_the_latest) {
  data_plane_.connections = 1;
  shutdown_.terminate();
  thread_.advance(milliseconds(29'900));
  EXPECT_EQ(finished_, 0);
  thread_.advance(milliseconds(200));
  EXPECT_EQ(finished_, 1);
  thread_.advance(seconds(60));
  EXPECT_EQ(finished_, 1);
}

TEST_F(ShuttingDown, after_a_hand_over_connections_have_longer_and_probes_hear_nothing) {
  data_plane_.connections = 1;
  shutdown_.hand_over();
  EXPECT_EQ(began_, 0);
  EXPECT_TRUE(data_plane_.all_drained);
  thread_.advance(std::chrono::minutes(14));
  EXPECT_EQ(finished_, 0);
  thread_.advance(std::chrono::minutes(1));
  EXPECT_EQ(finished_, 1);
}

TEST_F(ShuttingDown, a_signal_after_a_hand_over_is_the_first_one) {
  data_plane_.connections = 1;
  shutdown_.hand_over();
  shutdown_.terminate();
  thread_.advance(milliseconds(29'900));
  EXPECT_EQ(finished_, 0);
  thread_.advance(milliseconds(200));
  EXPECT_EQ(finished_, 1);
}

TEST_F(ShuttingDown, a_second_signal_ends_at_once) {
  data_plane_.connections = 1;
  shutdown_.terminate();
  shutdown_.terminate();
  EXPECT_EQ(finished_, 1);
  shutdown_.terminate();
  EXPECT_EQ(finished_, 1);
}

TEST_F(ShuttingDown, draining_inbound_never_ends_and_makes_the_next_signal_final) {
  shutdown_.drain_inbound();
  EXPECT_TRUE(data_plane_.inbound_drained);
  EXPECT_FALSE(data_plane_.all_drained);
  thread_.advance(seconds(120));
  EXPECT_EQ(finished_, 0);
  EXPECT_EQ(began_, 0);
  shutdown_.terminate();
  EXPECT_EQ(began_, 1);
  EXPECT_EQ(finished_, 1);
}

}  // namespace
}  // namespace weft::proxy
