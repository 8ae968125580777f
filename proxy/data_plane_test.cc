#include "proxy/data_plane.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <fstream>
#include <map>
#include <set>
#include <thread>

#include "proxy/test_data_plane.h"

namespace weft::proxy {
namespace {

using test::becomes_true;
using test::dial;
using test::listener_on;
using test::snapshot_of;
using test::Socket;
using test::TestListener;

// A service that says one word to everybody who connects, and closes.
class Speaker {
 public:
  explicit Speaker(std::string word) : word_(std::move(word)), thread_([this] { speak(); }) {}
  ~Speaker() {
    stopping_ = true;
    shutdown(listener_.socket.get(), SHUT_RDWR);
    thread_.join();
  }
  uint16_t port() const { return listener_.port(); }

 private:
  void speak() {
    for (;;) {
      Socket client = listener_.accept();
      if (stopping_) return;
      if (client.get() >= 0) client.send(word_);
    }
  }
  const std::string word_;
  std::atomic<bool> stopping_ = false;
  TestListener listener_;
  std::thread thread_;
};

struct PublishTest : test::DataPlaneTest {
  const uint16_t port = test::free_port();
  static std::string ask(uint16_t at) {
    Socket client = dial(at);
    return client.get() < 0 ? "refused" : client.receive_exactly(100);
  }
};

TEST_F(PublishTest, ServesWhatWasPublishedOnEveryWorker) {
  Speaker speaker("hello");
  start(2);
  serve(snapshot_of({listener_on(port, test::tcp_destination({speaker.port()}))}));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(ask(port), "hello");
  ASSERT_EQ(data_plane->counters().size(), 2u);
  for (const WorkerCounters* worker : data_plane->counters()) EXPECT_GT(worker->connections_accepted.value(), 0u);
}

TEST_F(PublishTest, NewConnectionsFollowTheNewestSnapshot) {
  Speaker before("before");
  Speaker after("after");
  start(2);
  serve(snapshot_of({listener_on(port, test::tcp_destination({before.port()}))}));
  EXPECT_EQ(ask(port), "before");
  serve(snapshot_of({listener_on(port, test::tcp_destination({after.port()}))}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask(port), "after");
}

TEST_F(PublishTest, ARemovedListenerRefusesNewConnectionsAndServesTheOldOnes) {
  TestListener service;
  start(2);
  const auto listener = listener_on(port, test::tcp_destination({service.port()}));
  serve(snapshot_of({listener}));
  Socket client = dial(port);
  Socket server = service.accept();
  serve(snapshot_of({}));
  EXPECT_EQ(ask(port), "refused");
  client.send("still there?");
  EXPECT_EQ(server.receive(), "still there?");
  serve(snapshot_of({listener}));
  Socket again = dial(port);
  EXPECT_GE(again.get(), 0);
  server.send("yes");
  EXPECT_EQ(client.receive(), "yes");
}

TEST_F(PublishTest, AnAddressMayComeBackAtOnce) {
  Speaker speaker("hello");
  start(2);
  const auto with = snapshot_of({listener_on(port, test::tcp_destination({speaker.port()}))});
  for (int i = 0; i < 50; ++i) {
    const Status opened = data_plane->open_listeners(*with);
    ASSERT_TRUE(opened.ok()) << reason(opened);
    data_plane->publish(with, {});
    data_plane->publish(snapshot_of({}), {});
  }
  serve(with);
  EXPECT_EQ(ask(port), "hello");
}

TEST_F(PublishTest, OpeningListenersIsAllOrNothing) {
  TestListener holder;
  start(2);
  const auto destination = test::tcp_destination({});
  const auto both = snapshot_of({listener_on(port, destination), listener_on(holder.port(), destination)});
  const Status opened = data_plane->open_listeners(*both);
  EXPECT_EQ(reason(opened), "127.0.0.1:" + std::to_string(holder.port()) + ": Address already in use");
  EXPECT_EQ(ask(port), "refused");
}

TEST_F(PublishTest, TwoListenersOfOneAddressAreRefused) {
  start(1);
  const auto listener = listener_on(port, test::tcp_destination({}));
  EXPECT_EQ(reason(data_plane->open_listeners(*snapshot_of({listener, listener}))),
            "127.0.0.1:" + std::to_string(port) + ": two listeners have this address");
}

TEST_F(PublishTest, SocketsOfASnapshotThatWasNeverPublishedClose) {
  start(1);
  ASSERT_TRUE(data_plane->open_listeners(*snapshot_of({listener_on(port, test::tcp_destination({}))})).ok());
  serve(snapshot_of({}));
  EXPECT_EQ(ask(port), "refused");
}

TEST_F(PublishTest, NoConnectionIsLostWhileSnapshotsChangeUnderTraffic) {
  Speaker one("word");
  Speaker two("word");
  start(2);
  serve(snapshot_of({listener_on(port, test::tcp_destination({one.port()}))}));
  std::atomic<bool> done = false;
  std::atomic<int> lost = 0;
  std::atomic<int> asked = 0;
  std::thread client([&] {
    while (!done) {
      if (ask(port) != "word") ++lost;
      ++asked;
    }
  });
  std::atomic<int> active = 0;
  constexpr int kChanges = 200;
  for (int i = 0; i < kChanges; ++i) {
    const Speaker& speaker = i % 2 == 0 ? one : two;
    data_plane->publish(snapshot_of({listener_on(port, test::tcp_destination({speaker.port()}))}), [&] { ++active; });
    ASSERT_TRUE(becomes_true([&] { return active == i + 1 && asked > i / 4; }));
  }
  done = true;
  client.join();
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(active, kChanges);
}

TEST_F(PublishTest, AListenersQueueIsServedWhenItIsRemoved) {
  Speaker speaker("hello");
  start(1);
  serve(snapshot_of({listener_on(port, test::tcp_destination({speaker.port()}))}));
  for (int i = 0; i < 20; ++i) {
    std::vector<Socket> clients;
    for (int j = 0; j < 5; ++j) clients.push_back(dial(port));
    serve(snapshot_of({}));
    for (Socket& client : clients) EXPECT_EQ(client.receive(), "hello");
    serve(snapshot_of({listener_on(port, test::tcp_destination({speaker.port()}))}));
  }
}

TEST_F(PublishTest, WithoutDescriptorsAcceptingRestsAndGoesOnLater) {
  TestListener service;
  start(1);
  serve(snapshot_of({listener_on(port, test::tcp_destination({service.port()}))}));
  Socket client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(client.get()) + 1;
  std::vector<Socket> taken;  // every number below
  do {
    taken.emplace_back(dup(client.get()));
  } while (taken.back().get() < client.get());
  setrlimit(RLIMIT_NOFILE, &none);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(becomes_true([&] { return data_plane->counters()[0]->accept_pauses.value() > 0; }));
  setrlimit(RLIMIT_NOFILE, &before);
  Socket server = service.accept();
  server.send("at last");
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  EXPECT_EQ(client.receive(), "at last");
}

// Name and blocked signals of the threads that call themselves workers.
std::map<std::string, std::string> named_workers() {
  std::map<std::string, std::string> found;
  DIR* tasks = opendir("/proc/self/task");
  while (const dirent* entry = readdir(tasks)) {
    std::string name;
    std::getline(std::ifstream("/proc/self/task/" + std::string(entry->d_name) + "/comm"), name);
    if (!name.starts_with("weft-worker-")) continue;
    std::ifstream status("/proc/self/task/" + std::string(entry->d_name) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("SigBlk:")) found[name] = line.substr(8);
    }
  }
  closedir(tasks);
  return found;
}

TEST_F(PublishTest, WorkersHaveNamesAndBlockSignals) {
  start(2);
  EXPECT_TRUE(becomes_true([] { return named_workers().size() == 2; }));
  for (const auto& [name, blocked] : named_workers()) {
    // SIGTERM is bit 14.
    EXPECT_NE(std::stoull(blocked, nullptr, 16) & (1u << 14), 0u) << name;
  }
}

TEST_F(PublishTest, AnIdleDataPlaneUsesNoProcessorTime) {
  TestListener service;
  auto destination = test::tcp_destination({service.port()});
  destination->connection.idle_timeout = std::chrono::hours(1);
  start(1);
  serve(snapshot_of({listener_on(port, destination)}));
  Socket client = dial(port);
  Socket server = service.accept();
  server.send("x");
  EXPECT_EQ(client.receive(), "x");
  const uint64_t turns = data_plane->counters()[0]->loop_turns.value();
  // 100 ms in which nobody does anything.
  EXPECT_EQ(poll(nullptr, 0, 100), 0);
  EXPECT_LE(data_plane->counters()[0]->loop_turns.value(), turns + 2);
}

struct HttpDrainTest : test::DataPlaneTest {
  const uint16_t inbound_port = test::free_port();
  const uint16_t outbound_port = test::free_port();

  // Two listeners without routes: every request is answered by the proxy itself.
  void serve_http() {
    start(1);
    const auto destination = [](Direction direction) {
      auto made = std::make_shared<Destination>();
      made->protocol = Protocol::kHttp1;
      made->direction = direction;
      return made;
    };
    serve(snapshot_of({listener_on(inbound_port, destination(Direction::kInbound)),
                       listener_on(outbound_port, destination(Direction::kOutbound))}));
  }
  static std::string ask(Socket& client) {
    client.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
    std::string answer = client.receive();
    return answer.substr(0, 12);
  }
};

TEST_F(HttpDrainTest, ClosesIdleInboundConnectionsAndLeavesOutboundOnesAlone) {
  serve_http();
  Socket inbound = dial(inbound_port);
  Socket outbound = dial(outbound_port);
  Socket silent = dial(inbound_port);
  EXPECT_EQ(ask(inbound), "HTTP/1.1 404");
  EXPECT_EQ(ask(outbound), "HTTP/1.1 404");
  data_plane->drain_inbound();
  EXPECT_EQ(inbound.receive(), "");
  EXPECT_EQ(silent.receive(), "");
  EXPECT_EQ(ask(outbound), "HTTP/1.1 404");
  data_plane->drain_all();
  EXPECT_EQ(outbound.receive(), "");
  EXPECT_TRUE(becomes_true([&] { return data_plane->open_connections() == 0; }));
}

TEST_F(HttpDrainTest, NewConnectionsGetOneAnswer) {
  serve_http();
  data_plane->drain_all();
  Socket client = dial(inbound_port);
  EXPECT_EQ(ask(client), "HTTP/1.1 404");
  EXPECT_EQ(client.receive(), "");
}

TEST_F(HttpDrainTest, StopEndsIdleAndBusyConnections) {
  serve_http();
  Socket idle = dial(inbound_port);
  EXPECT_EQ(ask(idle), "HTTP/1.1 404");
  Socket busy = dial(outbound_port);
  busy.send("POST / HTTP/1.1\r\nhost: a\r\n");
  ASSERT_TRUE(becomes_true([&] { return data_plane->open_connections() == 2; }));
  data_plane->stop();
  EXPECT_EQ(data_plane->open_connections(), 0u);
}

TEST_F(PublishTest, AFullDrainStillServesWhatComes) {
  Speaker speaker("hello");
  start(2);
  serve(snapshot_of({listener_on(port, test::tcp_destination({speaker.port()}))}));
  data_plane->drain_inbound();
  data_plane->drain_all();
  EXPECT_EQ(ask(port), "hello");
}

TEST_F(PublishTest, NeedsAWorker) { EXPECT_FALSE(DataPlane::start({.workers = 0}).ok()); }

}  // namespace
}  // namespace weft::proxy
