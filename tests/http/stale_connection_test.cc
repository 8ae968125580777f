// Case 17 of the fault catalogue, made exact: the service has closed an idle connection, and the proxy learns of it
// only after it wrote the next request there. One loop turned by hand gives the order of events: what became ready
// first is served first.
#include <fcntl.h>
#include <poll.h>

#include <memory>
#include <thread>

#include "proxy/http/server_connection.h"
#include "proxy/upstream/upstreams.h"
#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::Peer;
using test::Socket;
using test::TcpPair;
using test::TestListener;
using test::turn_until;

struct StaleConnection : testing::Test, ListenerView {
  Worker worker;
  Upstreams upstreams{worker};
  TestListener service;
  std::shared_ptr<const Listener> listener = test::listener_on(80, test::HttpTest::http_destination({service.port()}));
  // The side of the client that the proxy accepted; a TcpPair's non-blocking end does for it.
  TcpPair client;
  Connection accepted{worker.loop, client.opened.release()};
  const weft::Peer nobody;
  bool ended = false;

  const std::shared_ptr<const Listener>& current() const override { return listener; }
  Task<void> serve() {
    co_await serve_http1(worker, upstreams, *this, accepted, nobody);
    ended = true;
  }
  void TearDown() override {
    accepted.cancel();
    EXPECT_TRUE(turn_until(worker.loop, [&] { return ended; }));
  }
  // The service's end of a connection that idles in the pool.
  Socket pooled() {
    const int descriptor = test::dial(service.port()).release();
    EXPECT_EQ(fcntl(descriptor, F_SETFL, O_NONBLOCK), 0);
    const timeval none{};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    Socket other = service.accept();
    upstreams.pool.put(service.port(), std::make_unique<Connection>(worker.loop, descriptor), kNever, 0);
    worker.loop.turn(std::chrono::milliseconds(0));  // it is registered and quiet
    return other;
  }
  // What the service reads on the next connection, after the client sent `request` just before the idle one closed.
  std::string sent_again(std::string_view request, bool reset) {
    Socket idle = pooled();
    spawn(serve());
    worker.loop.turn(std::chrono::milliseconds(0));
    client.accepted.send(request);
    if (reset) {
      idle.abort();
    } else {
      idle.close();
    }
    pollfd waiting{service.socket.get(), POLLIN, 0};
    const auto connected = [&] { return poll(&waiting, 1, 0) == 1; };
    const auto answered = [&] {
      pollfd reading{client.accepted.get(), POLLIN, 0};
      return poll(&reading, 1, 0) == 1;
    };
    EXPECT_TRUE(turn_until(worker.loop, [&] { return connected() || answered(); }));
    if (!connected()) return client.accepted.receive();
    Peer server(service.accept());
    std::thread turner([&] { turn_until(worker.loop, [&] { return answered(); }); });
    std::string seen = server.message();
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    turner.join();
    EXPECT_TRUE(client.accepted.receive().starts_with("HTTP/1.1 200 "));
    return seen;
  }
};

constexpr std::string_view kPost = "POST /pay HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n10";
constexpr std::string_view kGet = "GET /see HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(StaleConnection, C4_17_APostThatCrossedAnOrderlyCloseIsSentOnceMoreOnAFreshConnection) {
  const std::string seen = sent_again(kPost, false);
  EXPECT_TRUE(seen.starts_with("POST /pay ") && seen.ends_with("10")) << seen;
}

TEST_F(StaleConnection, C4_17_APostThatWasNotAcceptedBecauseOfAResetIsSentOnceMore) {
  EXPECT_TRUE(sent_again(kPost, true).starts_with("POST /pay "));
}

TEST_F(StaleConnection, C4_17_AGetThatMetAResetIsSentOnceMore) {
  EXPECT_TRUE(sent_again(kGet, true).starts_with("GET /see "));
}

}  // namespace
}  // namespace weft::proxy
