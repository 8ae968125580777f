// What the network between a proxy and its services does, and bytes that are no HTTP: cases 61 and 63 of the fault
// catalogue.
#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::free_port;
using test::HttpTest;
using test::Peer;
using test::Socket;
using test::status_of;
using test::TestListener;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

struct C4Network : HttpTest {
  std::string answered(std::string_view request = kGet) {
    Peer client = this->client();
    client.send(request);
    return client.rest();
  }
  // The route leads to `ports`.
  void lead_to(const std::vector<uint16_t>& ports) { destination = http_destination(ports); }
};

// Answers no SYN: its queue is full.
struct BlackHole {
  TestListener listener{0};
  std::vector<Socket> queued;
  BlackHole() {
    for (int i = 0; i < 4; ++i) {
      queued.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      connect(queued.back().get(), listener.raw(), sizeof listener.address);
    }
  }
};

TEST_F(C4Network, C4_61_AServiceThatAnswersNoSynIsAConnectTimeout) {
  BlackHole hole;
  lead_to({hole.listener.port()});
  plan().connect_timeout = std::chrono::milliseconds(30);
  serve_http();
  const std::string answer = answered();
  EXPECT_EQ(status_of(answer), 503u);
  EXPECT_NE(answer.find("connect_timeout"), std::string::npos) << answer;
  EXPECT_EQ(failures(Reason::kConnectTimeout), 1u);
}

TEST_F(C4Network, C4_61_OneBlackHoleOfTwoCostsATryAndNoRequest) {
  BlackHole hole;
  lead_to({hole.listener.port(), service.port()});
  plan().connect_timeout = std::chrono::milliseconds(30);
  RetryRule rule;
  rule.limit = 1;
  rule.on_connect_failure = true;
  plan().retry = &rule;
  serve_http();
  for (int i = 0; i < 4; ++i) {
    Peer client = this->client();
    client.send(kGet);
    Peer server = accept();
    server.head();
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    EXPECT_EQ(status_of(client.rest()), 200u);
  }
  EXPECT_GE(retries(), 1u);
}

TEST_F(C4Network, C4_61_AServiceThatResetsWhatItAcceptedIsA503) {
  serve_http();
  Peer client = this->client();
  client.send(kGet);
  {
    Peer server = accept();
    server.head();
    server.socket().abort();
  }
  EXPECT_EQ(status_of(client.rest()), 503u);
  EXPECT_EQ(failures(Reason::kUpstreamReset), 1u);
}

TEST_F(C4Network, C4_61_WhereNoneAcceptsTheClientHearsItAtOnce) {
  lead_to({free_port(), free_port(), free_port()});
  serve_http();
  EXPECT_EQ(status_of(answered()), 503u);
  lead_to({});
  serve_http();
  EXPECT_EQ(status_of(answered()), 503u);
  EXPECT_EQ(failures(Reason::kNoHealthyUpstream), 1u);
}

// A proxy and a service that have no IPv4 address.
TEST_F(C4Network, C4_62_ANetworkOfIPv6Alone) {
  Socket there(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  socklen_t length = sizeof address;
  if (bind(there.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) GTEST_SKIP() << "no IPv6 here";
  ASSERT_EQ(listen(there.get(), 8), 0);
  ASSERT_EQ(getsockname(there.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  auto endpoints = std::make_shared<EndpointSet>();
  Endpoint& endpoint = endpoints->endpoints.emplace_back();
  endpoint.address = *SocketAddress::parse("::1", ntohs(address.sin6_port));
  destination->routes[0].backends[0].endpoints = endpoints;
  const auto listener = test::listener_on(port, destination);
  listener->address = "::1";
  start(1);
  serve(test::snapshot_of({listener}));
  Socket dialled = test::patient(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  address.sin6_port = htons(port);
  ASSERT_EQ(connect(dialled.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  Peer client(std::move(dialled));
  client.send("GET / HTTP/1.0\r\n\r\n");  // names nobody: the listener's own address stands for it
  Peer server(test::patient(::accept4(there.get(), nullptr, nullptr, SOCK_CLOEXEC)));
  const std::string seen = server.head();
  EXPECT_TRUE(test::has_line(lower(seen), cat("host: [::1]:", port))) << seen;
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(status_of(client.rest()), 200u);
}

// Of a load balancer in front that is set up for another kind of port, well or badly formed.
TEST_F(C4Network, C4_63_AProxyProtocolHeaderIsNoHttp) {
  serve_http();
  const std::string v2("\r\n\r\n\0\r\nQUIT\n", 12);
  for (const std::string& header :
       {std::string("PROXY TCP4 10.0.0.1 10.0.0.2 1000 80\r\n"), std::string("PROXY TCP9 garbage\r\n"),
        std::string("PROXY UNKNOWN\r\n"), v2 + std::string("\x21\x11\x00\x0c", 4) + std::string(12, '\1'),
        v2 + std::string("\x21\x11\xff\xff\x04\xff\xff", 7)}) {
    EXPECT_EQ(status_of(answered(cat(header, kGet))), 400u) << header;
  }
  EXPECT_EQ(data_plane->counters()[0]->connections_accepted.value(), 5u);
}

}  // namespace
}  // namespace weft::proxy
