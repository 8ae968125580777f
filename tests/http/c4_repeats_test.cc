// What a failing service is asked, and how often: cases 56 and 61 of the fault catalogue.
#include <poll.h>

#include <atomic>
#include <thread>

#include "tests/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::dial;
using test::free_port;
using test::HttpTest;
using test::Peer;
using test::Socket;
using test::status_of;
using test::TestListener;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr std::string_view kUnavailable = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

// A service that gives every request the same answer; with an empty one it resets the connection instead.
class Answering {
 public:
  explicit Answering(std::string_view answer) : answer_(answer), thread_([this] { serve(); }) {}
  ~Answering() {
    done_ = true;
    thread_.join();
  }
  Answering(const Answering&) = delete;
  Answering& operator=(const Answering&) = delete;
  uint16_t port() const { return listener_.port(); }
  uint64_t asked() const { return asked_; }

 private:
  bool readable(const Socket& socket) const {
    pollfd waiting{socket.get(), POLLIN, 0};
    while (!done_) {
      if (poll(&waiting, 1, 10) > 0) return true;
    }
    return false;
  }
  // One connection at a time: the proxy opens no other while a client asks one thing after the other.
  void serve() {
    while (readable(listener_.socket)) {
      Socket connection = listener_.accept();
      while (readable(connection)) {
        const std::string request = connection.receive();
        if (request.empty() || request[0] == '!') break;
        ++asked_;
        if (answer_.empty()) connection.abort();
        if (answer_.empty()) break;
        connection.send(answer_);
      }
    }
  }

  const std::string answer_;
  TestListener listener_;
  std::atomic<bool> done_{false};
  std::atomic<uint64_t> asked_{0};
  std::thread thread_;
};

struct C4Repeats : HttpTest {
  RetryRule rule;

  C4Repeats() {
    rule.limit = 5;
    rule.base_interval = Nanoseconds(0);
    rule.status.set(503);
    rule.on_reset = rule.on_connect_failure = true;
  }
  void lead_to(const std::vector<uint16_t>& ports) {
    destination = http_destination(ports);
    plan().retry = &rule;
    serve_http();
  }
  // The answers to `count` requests, one after the other, that have this status.
  int answered(int count, unsigned status) {
    Peer client = this->client();
    int as_expected = 0;
    for (int i = 0; i < count; ++i) {
      client.send(kGet);
      as_expected += status_of(client.message()) == status ? 1 : 0;
    }
    return as_expected;
  }
  uint64_t over_budget() {
    return sum([](const DestinationCounters& counters) { return counters.retries_over_budget.value(); });
  }
};

TEST_F(C4Repeats, C4_61_AServiceThatFailsAsAWholeIsAskedAFifthMoreOftenAtMost) {
  Answering a(kUnavailable), b(kUnavailable), c(kUnavailable);
  lead_to({a.port(), b.port(), c.port()});
  EXPECT_EQ(answered(1000, 503), 1000);
  const uint64_t asked = a.asked() + b.asked() + c.asked();
  EXPECT_LE(asked, 1200u);
  EXPECT_GE(asked, 1100u) << "what the budget has is given";
  EXPECT_GT(over_budget(), 0u);
}

TEST_F(C4Repeats, C4_61_SoIsOneThatResetsWhatItAccepted) {
  Answering a(""), b("");
  lead_to({a.port(), b.port()});
  EXPECT_EQ(answered(1000, 503), 1000);
  EXPECT_LE(a.asked() + b.asked(), 1200u);
  EXPECT_GT(over_budget(), 0u);
}

TEST_F(C4Repeats, C4_61_RepeatsThatHelpAreForFree) {
  Answering bad(kUnavailable), good(kOk);
  lead_to({bad.port(), good.port()});
  EXPECT_EQ(answered(600, 200), 600);
  EXPECT_EQ(good.asked(), 600u);
  EXPECT_GE(bad.asked(), 300u);
  EXPECT_EQ(over_budget(), 0u);
}

TEST_F(C4Repeats, C4_61_AFewRequestsAreRepeatedAsOftenAsTheRuleSays) {
  Answering bad(kUnavailable);
  lead_to({bad.port()});
  EXPECT_EQ(answered(10, 503), 10);
  EXPECT_EQ(bad.asked(), 60u);
}

TEST_F(C4Repeats, C4_61_TheBudgetCanBeTakenAway) {
  start(1, {.retry_budget = 0});
  Answering bad(kUnavailable);
  lead_to({bad.port()});
  EXPECT_EQ(answered(100, 503), 100);
  EXPECT_EQ(bad.asked(), 600u);
}

// Nobody listens at one of two; each connection attempt there is a retry.
TEST_F(C4Repeats, C4_56_AfterOneFailedConnectionOthersAreAsked) {
  Answering good(kOk);
  lead_to({free_port(), good.port()});
  const TimePoint begun = Clock::now();
  EXPECT_EQ(answered(200, 200), 200);
  // One more finds out after each second that has passed.
  const auto seconds =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begun).count());
  EXPECT_GE(retries(), 1u);
  EXPECT_LE(retries(), 1 + seconds);
}

TEST_F(C4Repeats, C4_56_WritesGoElsewhereToo) {
  Answering good(kOk);
  lead_to({free_port(), good.port()});
  for (int i = 0; i < 4; ++i) {
    Peer client = this->client();
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(status_of(client.message()), 200u);
  }
  EXPECT_EQ(good.asked(), 4u);
}

TEST_F(C4Repeats, AnInstanceThatIsBackIsAskedAgain) {
  auto later = std::make_unique<TestListener>();
  const uint16_t port = later->port();
  later.reset();
  Answering good(kOk);
  lead_to({port, good.port()});
  EXPECT_EQ(answered(4, 200), 4);
  TestListener back;
  back.socket.close();
  back.socket = Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int again = 1;
  setsockopt(back.socket.get(), SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
  back.address.sin_port = htons(port);
  ASSERT_EQ(bind(back.socket.get(), back.raw(), sizeof back.address), 0);
  ASSERT_EQ(listen(back.socket.get(), 8), 0);
  pollfd waiting{back.socket.get(), POLLIN, 0};
  // A second later at the latest.
  std::vector<Peer> clients;
  const TimePoint limit = Clock::now() + std::chrono::seconds(10);
  while (poll(&waiting, 1, 10) == 0 && Clock::now() < limit) {
    clients.push_back(client());
    clients.back().send(kGet);
  }
  Peer server(back.accept());
  EXPECT_TRUE(server.head().starts_with("GET / "));
}

}  // namespace
}  // namespace weft::proxy
