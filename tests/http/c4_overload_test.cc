// Too much of everything: cases 58 and 59 of the fault catalogue as far as one process can play them, and the limits of
// docs/limits.md.
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::becomes_true;
using test::dial;
using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

struct C4Overload : HttpTest {
  std::shared_ptr<ProcessLoad> load = std::make_shared<ProcessLoad>();

  void serve_with(const Limits& limits) {
    start(1, limits, load);
    serve_http();
  }
  // Percent of the memory limit.
  void memory_at(uint64_t percent) {
    load->measured(percent * 1'000'000'000, 100'000'000'000);
    data_plane->relieve();
  }
  const WorkerCounters& worker() { return *data_plane->counters()[0]; }
  // One request, and the service's answer to it; the client's connection stays.
  void exchange(Peer& client, Peer& server) {
    client.send(kGet);
    ASSERT_EQ(server.head().substr(0, 4), "GET ");
    server.send(kOk);
    ASSERT_EQ(client.message().substr(0, 15), "HTTP/1.1 200 OK");
  }
};

TEST_F(C4Overload, C4_58_From90PercentOnNewRequestsAreRefusedUntil85) {
  serve_with({});
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  memory_at(90);
  // What is under way goes on.
  server.send(kOk);
  EXPECT_EQ(status_of(client.message()), 200u);
  for (const uint64_t percent : {90, 86}) {
    memory_at(percent);
    client.send(kGet);
    const std::string refused = client.message();
    EXPECT_EQ(status_of(refused), 503u) << percent;
    EXPECT_TRUE(has_line(refused, "retry-after: 1"));
    EXPECT_TRUE(has_line(refused, "x-weft-reason: overloaded; by=outbound; flag=OM"));
  }
  memory_at(84);
  exchange(client, server);
  EXPECT_EQ(failures(Reason::kOverloaded), 2u);
}

TEST_F(C4Overload, C4_58_AGrpcClientIsToldUnavailableAndToWait) {
  serve_with({});
  memory_at(90);
  Peer client = this->client();
  client.send("POST /a.B/C HTTP/1.1\r\nHost: a\r\ncontent-type: application/grpc\r\ncontent-length: 0\r\n\r\n");
  const std::string refused = client.message();
  EXPECT_EQ(status_of(refused), 200u);
  EXPECT_TRUE(has_line(refused, "grpc-status: 14"));
  EXPECT_TRUE(has_line(refused, "grpc-retry-pushback-ms: 1000"));
}

TEST_F(C4Overload, C4_58_ARequestWithABodyIsRefusedToo) {
  serve_with({});
  memory_at(90);
  Peer client = this->client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 1000000\r\n\r\nand so on");
  EXPECT_EQ(status_of(client.rest()), 503u);
}

TEST_F(C4Overload, C4_58_AConnectionOfTcpIsReset) {
  start(1, {}, load);
  serve(test::snapshot_of({test::listener_on(port, test::tcp_destination({service.port()}))}));
  memory_at(90);
  EXPECT_TRUE(client().reset());
  EXPECT_EQ(failures(Reason::kOverloaded), 1u);
}

TEST_F(C4Overload, C4_58_From95PercentOnConnectionsAreRefusedAndIdleOnesEnd) {
  serve_with({.spared_idle = std::chrono::nanoseconds(0)});
  Peer idle = client();
  idle.send(kGet);
  Peer server = accept();
  server.head();
  server.send(kOk);
  idle.message();
  memory_at(95);
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(worker().connections_shed.value(), 1u);
  EXPECT_TRUE(client().reset());
  EXPECT_EQ(worker().connections_refused.value(), 1u);
  EXPECT_EQ(worker().connections_accepted.value(), 1u);
  memory_at(50);
  data_plane->duplicate_sockets();  // the worker has turned: it does not refuse the next one still
  Peer later = client();
  later.send(kGet);
  server.head();
  server.send(kOk);
  EXPECT_EQ(status_of(later.message()), 200u);
}

TEST_F(C4Overload, C4_58_From98PercentOnConnectionsAreCutTheNewestFirst) {
  serve_with({});
  Peer first = client();
  first.send(kGet);
  Peer first_server = accept();
  first_server.head();
  Peer second = client();
  second.send(kGet);
  Peer second_server = accept();
  second_server.head();
  memory_at(98);
  EXPECT_TRUE(second.reset());
  memory_at(50);
  first_server.send(kOk);
  EXPECT_EQ(status_of(first.message()), 200u);
  EXPECT_EQ(worker().connections_cut.value(), 1u);
}

TEST_F(C4Overload, C4_58_BuffersThatNobodyNeedsGoBack) {
  serve_with({});
  Peer client = this->client();
  client.send(kGet);
  Peer server = accept();
  server.head();
  server.send(kOk);
  client.message();
  EXPECT_TRUE(becomes_true([&] { return data_plane->buffers().lent == 0 && data_plane->buffers().free > 0; }));
  memory_at(90);
  EXPECT_TRUE(becomes_true([&] { return data_plane->buffers().free == 0; }));
}

TEST_F(C4Overload, AProcessTakesAsManyConnectionsAsItMayAndGoesOnWhenOneEnds) {
  serve_with({.max_connections = 1});
  Peer first = client();
  Peer second = client();
  second.send(kGet);
  const auto& rests = worker().accept_rests[static_cast<size_t>(AcceptRest::kConnections)];
  EXPECT_TRUE(becomes_true([&] { return rests.value() > 0; }));
  EXPECT_EQ(worker().connections_accepted.value(), 1u);
  first.socket().close();
  Peer server = accept();
  server.head();
  server.send(kOk);
  EXPECT_EQ(status_of(second.message()), 200u);
}

TEST_F(C4Overload, AConnectionThatIsIdleMakesRoomForAnother) {
  serve_with({.max_connections = 1, .spared_idle = std::chrono::nanoseconds(0)});
  Peer idle = client();
  idle.send(kGet);
  Peer server = accept();
  server.head();
  server.send(kOk);
  idle.message();
  const Peer next = client();
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(becomes_true([&] { return worker().connections_accepted.value() == 2; }));
}

TEST_F(C4Overload, OneListenerLeavesRoomForAnother) {
  const uint16_t other = test::free_port();
  start(1, {.max_connections = 2, .max_listener_connections = 1}, load);
  serve(test::snapshot_of({test::listener_on(port, destination), test::listener_on(other, destination)}));
  Peer first = client();
  Peer waiting = client();
  const auto& rests = worker().accept_rests[static_cast<size_t>(AcceptRest::kListenerConnections)];
  EXPECT_TRUE(becomes_true([&] { return rests.value() > 0; }));
  Peer elsewhere{dial(other)};
  elsewhere.send(kGet);
  Peer server = accept();
  server.head();
  server.send(kOk);
  EXPECT_EQ(status_of(elsewhere.message()), 200u);
  EXPECT_EQ(worker().connections_accepted.value(), 2u);
}

TEST_F(C4Overload, TooManyConnectionsBeingOpenedAreAnOverflow) {
  serve_with({.max_connecting = 0});
  Peer client = this->client();
  client.send(kGet);
  const std::string refused = client.message();
  EXPECT_EQ(status_of(refused), 503u);
  EXPECT_TRUE(has_line(refused, "x-weft-reason: overflow; by=outbound; flag=UO"));
  EXPECT_EQ(worker().connects_overflowed.value(), 1u);
}

// A network of the thread's own, and of the threads it starts, with a single port to call from. Needs root.
bool enter_network_of_one_port() {
  if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) return false;
  const test::Socket any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  loopback.ifr_name[0] = 'l';
  loopback.ifr_name[1] = 'o';
  loopback.ifr_flags = IFF_UP | IFF_RUNNING;
  return ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0;
}
bool leave_one_port() {
  const int range = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY | O_CLOEXEC);
  const bool left = range >= 0 && write(range, "60000 60000", 11) == 11;
  close(range);
  return left;
}

TEST_F(C4Overload, C4_59_WithoutAPortOfOurOwnTheReasonIsClearAndNothingSpins) {
  const int before = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (!enter_network_of_one_port()) GTEST_SKIP() << "a network of its own needs root";
  {
    const test::TestListener there;
    port = test::free_port();
    destination = http_destination({there.port()});
    serve_with({});
    ASSERT_TRUE(leave_one_port());
    // The port that is there serves one connection to each address.
    const test::Socket taken = dial(there.port());
    Peer client = this->client();
    client.send(kGet);
    const std::string refused = client.message();
    EXPECT_EQ(status_of(refused), 503u);
    EXPECT_TRUE(has_line(refused, "x-weft-reason: overloaded; by=outbound; flag=OM"));
    EXPECT_TRUE(has_line(refused, "retry-after: 1"));
    EXPECT_NE(refused.find("no local port is left"), std::string::npos) << refused;
    EXPECT_EQ(worker().connect_shortages.value(), 1u);
    data_plane->stop();
  }
  EXPECT_EQ(setns(before, CLONE_NEWNET), 0);
  close(before);
}

TEST_F(C4Overload, C4_59_WithoutDescriptorsAcceptingRestsAndGoesOnLater) {
  serve_with({});
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  Peer waiting = client();  // its own descriptor is open
  ASSERT_TRUE(becomes_true([&] { return worker().connections_accepted.value() == 1; }));
  test::Socket next = test::patient(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const rlimit none{.rlim_cur = 1, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool connected = connect(next.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  const bool paused = becomes_true([&] { return worker().accept_pauses.value() > 0; });
  // A call for a new connection fails with a reason, at once.
  waiting.send(kGet);
  const std::string refused = waiting.message();
  const uint64_t pauses = worker().accept_pauses.value();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_TRUE(connected && paused);
  EXPECT_EQ(status_of(refused), 503u);
  EXPECT_NE(refused.find("Too many open files"), std::string::npos) << refused;
  EXPECT_LT(pauses, 100u);  // ten a second, not as many as the machine can
  EXPECT_TRUE(becomes_true([&] { return worker().connections_accepted.value() == 2; }));
}

}  // namespace
}  // namespace weft::proxy
