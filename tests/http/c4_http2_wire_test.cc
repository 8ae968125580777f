// HTTP/2 clients that misbehave, in front of a whole data plane: what cases 9, 21, 22 and 25 of the fault catalogue
// cost others and the service. (What a session makes of each frame: proxy/http2/c4_http2_test.cc.)
#include <poll.h>

#include <atomic>
#include <thread>

#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::becomes_true;
using test::Fields;
using test::frame;
using test::get_fields;
using test::HttpTest;
using test::Peer;
using test::status_of;
using test::TestListener;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr uint32_t kCancel = 8;

struct C4Http2Wire : HttpTest {
  uint64_t glitches(Glitch kind) const {
    return data_plane->counters()[0]->glitches[static_cast<size_t>(kind)].value();
  }
  // Another listener of the same worker, with a service that clients who behave ask.
  TestListener others_service;
  const uint16_t others_port = test::free_port();
  void serve_both() {
    start(1);
    const auto others = http_destination({others_service.port()});
    others->counters_slot = 1;
    serve(test::snapshot_of({test::listener_on(port, destination), test::listener_on(others_port, others)}));
  }
  // Requests of one who behaves are answered while `bytes` come on one connection after the other, until the oddity was
  // counted often.
  void expect_service_under(const std::string& bytes, Glitch kind, uint64_t often) {
    std::atomic<bool> done{false};
    std::thread flood([&] {
      while (!done) {
        Peer offender = client();
        offender.send(cat(test::kPreface, test::settings(), bytes));
        offender.rest();
      }
    });
    Peer client(test::dial(others_port));
    client.send(kGet);
    Peer server(others_service.accept());
    server.head();
    server.send(kOk);
    EXPECT_EQ(status_of(client.message()), 200u);
    const TimePoint limit = Clock::now() + std::chrono::seconds(10);
    for (int i = 0; (i < 200 || glitches(kind) < often) && Clock::now() < limit; ++i) {
      client.send(kGet);
      server.head();
      server.send(kOk);
      const std::string answer = client.message();
      EXPECT_EQ(status_of(answer), 200u);
      if (answer.empty()) break;
    }
    done = true;
    flood.join();
  }
};

TEST_F(C4Http2Wire, C4_21_AFloodOfResetsIsCutAndOthersAreServedMeanwhile) {
  serve_both();
  std::string flood;
  for (uint32_t stream = 1; stream < 20'000; stream += 2) {
    flood += test::request(stream, get_fields());
    flood += frame(test::kResetFrame, 0, stream, test::number(kCancel));
  }
  expect_service_under(flood, Glitch::kReset, 1000);
  EXPECT_GE(glitches(Glitch::kReset), 1000u);
  EXPECT_GT(data_plane->counters()[0]->glitch_ends.value(), 0u);
}

TEST_F(C4Http2Wire, C4_22_ContinuationsWithoutEndAreCountedAndOthersAreServedMeanwhile) {
  serve_both();
  std::string flood = frame(test::kHeadersFrame, test::kEndStream, 1, get_fields());
  for (int i = 0; i < 2000; ++i) flood += frame(test::kContinuationFrame, 0, 1, test::field("x", "y"));
  expect_service_under(flood, Glitch::kContinuation, 20);
  EXPECT_GE(glitches(Glitch::kContinuation), 20u);
  EXPECT_EQ(data_plane->counters()[0]->find(destination->counters_slot), nullptr) << "no request was seen";
}

TEST_F(C4Http2Wire, C4_25_AWindowThatStaysShutStopsTheServiceAndEndsWithTheStreamsTime) {
  plan().stream_idle_timeout = std::chrono::milliseconds(500);
  serve_http();
  Peer client = this->client();
  client.send(
      cat(test::kPreface, test::settings(std::string("\x00\x04\x00\x00\x00\x00", 6)), test::request(1, get_fields())));
  Peer server = accept();
  server.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n");
  // As much as the kernel's queues and one buffer take, and no more.
  const std::string block(1 << 20, 'b');
  size_t taken = 0;
  pollfd room{server.socket().get(), POLLOUT, 0};
  while (poll(&room, 1, 100) > 0 && (room.revents & (POLLERR | POLLHUP)) == 0) {
    const ssize_t sent = ::send(server.socket().get(), block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) taken += static_cast<size_t>(sent);
  }
  EXPECT_GT(taken, 0u);
  EXPECT_LT(taken, size_t{32} << 20);
  EXPECT_LE(data_plane->buffers().lent, 8 * kBufferSize);
  // The stream goes, the service's connection with it, and nothing of either stays.
  server.rest();
  EXPECT_TRUE(becomes_true([&] { return data_plane->active_exchanges() == 0; }));
  EXPECT_EQ(failures(Reason::kStreamIdleTimeout), 1u);
  bool reset = false;
  std::string bytes;
  while (!reset) {
    const std::string more = client.exactly(1);
    if (more.empty()) break;
    bytes += more;
    for (const test::Frame& one : test::frames_in(bytes)) reset = reset || one.type == test::kResetFrame;
  }
  EXPECT_TRUE(reset);
  client.socket().close();
  EXPECT_TRUE(becomes_true([&] { return data_plane->buffers().lent == 0; }));
}

struct C4Http2Refused : test::Http2Test {};

TEST_F(C4Http2Refused, C4_09_TheLogNamesWhoSentAHeadThatIsTooLarge) {
  ::testing::internal::CaptureStderr();
  serve_http();
  {
    const auto client = client2();
    Fields many = test::get();
    for (int i = 0; i < 110; ++i) many.push_back({"x-many", "v"});
    const Http2StreamPtr refused = ask(*client, many);
    EXPECT_EQ(status_of(head_of(*refused)), 431u);
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("a request was refused peer=127.0.0.1:"), std::string::npos) << log;
  EXPECT_NE(log.find("status=431"), std::string::npos) << log;
  EXPECT_EQ(failures(Reason::kHeadersTooLarge), 1u);
}

}  // namespace
}  // namespace weft::proxy
