#include "proxy/runtime/connect.h"

#include <gtest/gtest.h>

#include <optional>

#include "proxy/runtime/address.h"
#include "proxy/runtime/test_sockets.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::TestListener;
using test::turn_until;

Task<void> note(Task<ConnectResult> connect, std::optional<ConnectResult>& out) {
  ConnectResult result = co_await connect;
  out.emplace(std::move(result));
}

struct ConnectTest : testing::Test {
  EventLoop loop;
  std::optional<ConnectResult> result;
  ConnectCancel cancel;

  void begin(const sockaddr_in& address, TimePoint deadline) {
    spawn(
        note(connect_to(loop, reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline, &cancel), result));
  }
  bool ended() {
    return turn_until(loop, [&] { return result.has_value(); });
  }
};

TEST_F(ConnectTest, OpensAConnectionThatWorks) {
  TestListener listener;
  begin(listener.address, loop.now() + seconds(10));
  ASSERT_TRUE(ended());
  ASSERT_TRUE(result->connection);
  test::Socket peer = listener.accept();
  EXPECT_EQ(result->connection->try_write(std::string_view("hi")).bytes, 2u);
  EXPECT_EQ(peer.receive(), "hi");
}

TEST_F(ConnectTest, SaysWhenItIsRefused) {
  sockaddr_in address = TestListener().address;
  begin(address, loop.now() + seconds(10));
  ASSERT_TRUE(ended());
  EXPECT_FALSE(result->connection);
  EXPECT_EQ(result->error, ECONNREFUSED);
}

// A listener whose queue is full answers no SYN.
struct FullListener {
  TestListener listener{0};
  std::vector<std::unique_ptr<Connection>> queued;
  explicit FullListener(EventLoop& loop) {
    for (int i = 0; i < 4; ++i) {
      const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      connect(descriptor, listener.raw(), sizeof listener.address);
      queued.push_back(std::make_unique<Connection>(loop, descriptor, Connection::State::kConnecting));
    }
  }
};

TEST_F(ConnectTest, EndsAtTheDeadline) {
  FullListener full(loop);
  begin(full.listener.address, loop.now() + milliseconds(20));
  ASSERT_TRUE(ended());
  EXPECT_FALSE(result->connection);
  EXPECT_TRUE(result->timed_out);
}

TEST_F(ConnectTest, EndsWhenCancelled) {
  FullListener full(loop);
  begin(full.listener.address, loop.now() + seconds(100));
  EXPECT_FALSE(result);
  cancel.cancel();
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->cancelled);
  result.reset();
  begin(full.listener.address, loop.now() + seconds(100));
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->cancelled);
}

TEST(Address, IsReadAndWrittenForBothFamilies) {
  sockaddr_storage address{};
  ASSERT_NE(parse_address("10.0.0.5", 8080, address), 0u);
  EXPECT_EQ(address_text(address), "10.0.0.5:8080");
  ASSERT_NE(parse_address("2001:db8::1", 80, address), 0u);
  EXPECT_EQ(address_text(address), "[2001:db8::1]:80");
  ASSERT_NE(parse_address("::ffff:10.0.0.5", 80, address), 0u);
  EXPECT_EQ(address_text(address), "10.0.0.5:80");
  EXPECT_EQ(parse_address("localhost", 80, address), 0u);
}

}  // namespace
}  // namespace weft::proxy
