#include "tools/bench/load/load.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tools/bench/load/backend.h"
#include "tools/bench/load/command.h"
#include "tools/bench/load/relay.h"

namespace weft::bench {
namespace {

class LoadTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto port = backend_.listen(0);
    ASSERT_TRUE(port.ok());
    port_ = *port;
  }
  LoadOptions options() const {
    LoadOptions options;
    options.target = {
        .sin_family = AF_INET, .sin_port = htons(port_), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    options.connections = 4;
    return options;
  }
  void run(Load& load) {
    while (!load.tick()) {
      poller_.turn(load.next_tick());
      backend_.sweep();
    }
  }

  Poller poller_;
  Backend backend_{poller_};
  uint16_t port_ = 0;
};

TEST_F(LoadTest, EveryRequestOfACountIsAnsweredOnce) {
  auto wanted = options();
  wanted.requests = 500;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 500u);
  EXPECT_EQ(backend_.answered(), 500u);
  EXPECT_EQ(load.counted().total(), 0u);
}

TEST_F(LoadTest, AnswersLargerThanASocketBufferArriveWhole) {
  auto wanted = options();
  wanted.size = 8 * 1024 * 1024;
  wanted.requests = 12;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 12u);
  EXPECT_EQ(load.counted().total(), 0u);
}

TEST_F(LoadTest, AnOpenLoopSendsAtItsRate) {
  auto wanted = options();
  wanted.rate = 5000;
  wanted.requests = 250;
  Load load(poller_, wanted, [] {});
  const auto start = Clock::now();
  run(load);
  EXPECT_EQ(load.requests(), 250u);
  EXPECT_GE(Clock::now() - start, std::chrono::microseconds(249 * 200));
}

TEST_F(LoadTest, AStormOpensAConnectionForEveryRequest) {
  auto wanted = options();
  wanted.requests = 100;
  wanted.reconnect = true;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 100u);
  EXPECT_EQ(load.counted().total(), 0u);
}

TEST_F(LoadTest, HeldConnectionsEachMakeOneRequest) {
  auto wanted = options();
  wanted.hold = true;
  wanted.connections = 50;
  wanted.opening = 8;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 50u);
  EXPECT_EQ(load.counted().total(), 0u);
}

TEST_F(LoadTest, ARefusedConnectionIsAFaultOfItsKind) {
  auto wanted = options();
  wanted.target.sin_port = htons(1);
  wanted.requests = 3;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 0u);
  EXPECT_EQ(load.counted().connect, load.counted().total());
  EXPECT_EQ(load.counted().connect, 3u);
}

TEST_F(LoadTest, ABlindRelayPassesEveryByteOn) {
  Relay relay(poller_, port_);
  const auto port = relay.listen();
  ASSERT_TRUE(port.ok());
  auto wanted = options();
  wanted.target.sin_port = htons(*port);
  wanted.size = 8 * 1024 * 1024;
  wanted.requests = 12;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 12u);
  EXPECT_EQ(load.counted().total(), 0u);
}

TEST_F(LoadTest, RequestsCarryTheirContent) {
  auto wanted = options();
  wanted.upload = 4 * 1024 * 1024;
  wanted.requests = 20;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 20u);
  EXPECT_EQ(load.counted().total(), 0u);
}

// Every protocol to its own backend: each request answered once, none wrongly.
struct Spoken {
  Protocol protocol;
  uint64_t size, upload;
};
class EveryProtocol : public LoadTest, public testing::WithParamInterface<Spoken> {};

TEST_P(EveryProtocol, IsAnsweredByTheBackend) {
  auto wanted = options();
  wanted.protocol = GetParam().protocol;
  wanted.size = GetParam().size;
  wanted.upload = GetParam().upload;
  wanted.streams = wanted.protocol == Protocol::kWebSocket ? 1 : 5;
  wanted.requests = 300;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 300u);
  EXPECT_EQ(load.counted().total(), 0u) << load.report();
}
std::string name_of(const testing::TestParamInfo<Spoken>& spoken) {
  static constexpr const char* kNames[] = {"Http1", "Http2", "Grpc", "GrpcStream", "WebSocket"};
  return cat(kNames[static_cast<int>(spoken.param.protocol)], "Size", spoken.param.size, "Upload", spoken.param.upload);
}
INSTANTIATE_TEST_SUITE_P(LoadTest, EveryProtocol,
                         testing::Values(Spoken{Protocol::kHttp2, 128, 0}, Spoken{Protocol::kHttp2, 300'000, 0},
                                         Spoken{Protocol::kHttp2, 0, 0}, Spoken{Protocol::kHttp2, 128, 2'000'000},
                                         Spoken{Protocol::kGrpc, 128, 0}, Spoken{Protocol::kGrpc, 300'000, 0},
                                         Spoken{Protocol::kGrpcStream, 128, 0},
                                         Spoken{Protocol::kGrpcStream, 300'000, 0},
                                         Spoken{Protocol::kWebSocket, 125, 0}, Spoken{Protocol::kWebSocket, 126, 0},
                                         Spoken{Protocol::kWebSocket, 70'000, 0}),
                         name_of);

TEST_F(LoadTest, AnHttp2LoadThatIsRefusedCountsEveryRequest) {
  auto wanted = options();
  wanted.target.sin_port = htons(1);
  wanted.protocol = Protocol::kHttp2;
  wanted.streams = 3;
  wanted.requests = 24;
  Load load(poller_, wanted, [] {});
  run(load);
  EXPECT_EQ(load.requests(), 0u);
  EXPECT_EQ(load.counted().connect, 24u);
}

TEST(ParseLoad, NamesTheWordItCannotRead) {
  EXPECT_EQ(reason(parse_load("target=127.0.0.1:80 conections=3").status()), "cannot read 'conections=3'");
  EXPECT_EQ(reason(parse_load("connections=3").status()), "target=ADDRESS:PORT is missing");
  const auto options = parse_load("target=127.0.0.1:80 rate=0.5 seconds=1.5");
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->rate, 0.5);
  EXPECT_EQ(options->seconds, 1.5);
  EXPECT_EQ(reason(parse_load("target=127.0.0.1:80 streams=2").status()), "streams=N needs HTTP/2");
  EXPECT_EQ(parse_load("target=127.0.0.1:80 streams=2 protocol=grpc")->protocol, Protocol::kGrpc);
}

}  // namespace
}  // namespace weft::bench
