// What one small request costs in steady state: two receives with data, two sends, nothing else of the calls that are
// counted here, and no allocation. The linker routes these calls of the whole binary through the wrappers below
// (CMakeLists.txt); calls of the test's own thread are left out.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <atomic>
#include <cstddef>
#include <thread>

#include "tests/http/test_exchange.h"

namespace {

struct Calls {
  std::atomic<unsigned> receives{0};
  std::atomic<unsigned> sends{0};
  std::atomic<unsigned> epoll_ctl{0};
  std::atomic<unsigned> timers{0};
  std::atomic<unsigned> allocations{0};
};
Calls calls;
std::atomic<bool> counting{false};
std::atomic<std::thread::id> tester{};

void count(std::atomic<unsigned>& counter) {
  if (counting.load() && std::this_thread::get_id() != tester.load()) counter.fetch_add(1);
}

}  // namespace

extern "C" {
ssize_t __real_recv(int descriptor, void* bytes, size_t size, int flags);
ssize_t __real_recvmsg(int descriptor, msghdr* message, int flags);
ssize_t __real_send(int descriptor, const void* bytes, size_t size, int flags);
ssize_t __real_sendmsg(int descriptor, const msghdr* message, int flags);
int __real_epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event);
int __real_timerfd_settime(int descriptor, int flags, const itimerspec* next, itimerspec* before);
void* __real__Znwm(size_t size);

ssize_t __wrap_recv(int descriptor, void* bytes, size_t size, int flags) {
  const ssize_t result = __real_recv(descriptor, bytes, size, flags);
  if (result > 0) count(calls.receives);
  return result;
}
ssize_t __wrap_recvmsg(int descriptor, msghdr* message, int flags) {
  const ssize_t result = __real_recvmsg(descriptor, message, flags);
  if (result > 0) count(calls.receives);
  return result;
}
ssize_t __wrap_send(int descriptor, const void* bytes, size_t size, int flags) {
  count(calls.sends);
  return __real_send(descriptor, bytes, size, flags);
}
ssize_t __wrap_sendmsg(int descriptor, const msghdr* message, int flags) {
  count(calls.sends);
  return __real_sendmsg(descriptor, message, flags);
}
int __wrap_epoll_ctl(int epoll, int operation, int descriptor, epoll_event* event) {
  count(calls.epoll_ctl);
  return __real_epoll_ctl(epoll, operation, descriptor, event);
}
int __wrap_timerfd_settime(int descriptor, int flags, const itimerspec* next, itimerspec* before) {
  count(calls.timers);
  return __real_timerfd_settime(descriptor, flags, next, before);
}
void* __wrap__Znwm(size_t size) {
  count(calls.allocations);
  return __real__Znwm(size);
}
}

namespace weft::proxy {
namespace {

using test::HttpTest;
using test::Peer;

struct Budget : HttpTest {
  static constexpr unsigned kRequests = 200;
  RetryRule rule;

  // Counts over kRequests requests, after some that fill pools and free lists.
  void run(std::string_view request, std::string_view answer) {
    rule.per_try_timeout = std::chrono::seconds(5);
    rule.status.set(503);
    plan().retry = &rule;
    serve_http();
    tester = std::this_thread::get_id();
    Peer client = this->client();
    client.send(request);
    Peer server = accept();
    const auto serve = [&] {
      server.message();
      server.send(answer);
      client.exactly(answer.size());
    };
    serve();
    const auto once = [&] {
      client.send(request);
      serve();
    };
    for (int i = 0; i < 20; ++i) once();
    reset();
    counting = true;
    for (unsigned i = 0; i < kRequests; ++i) once();
    counting = false;
  }
  static void expect_no_allocations() {
#if !defined(__SANITIZE_ADDRESS__)  // with it the frames of tasks come from the heap
    EXPECT_EQ(calls.allocations, 0u);
#endif
  }
  static void reset() { calls.receives = calls.sends = calls.epoll_ctl = calls.timers = calls.allocations = 0; }
};

TEST_F(Budget, ASmallGetCostsTwoReceivesAndTwoSends) {
  run("GET /small?x=1 HTTP/1.1\r\nHost: backend\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n",
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_EQ(calls.receives, 2 * kRequests);
  EXPECT_EQ(calls.sends, 2 * kRequests);
  EXPECT_EQ(calls.epoll_ctl, 0u);
  EXPECT_EQ(calls.timers, 0u);
  expect_no_allocations();
}

TEST_F(Budget, ASmallPostCostsNoMore) {
  run("POST /small HTTP/1.1\r\nHost: backend\r\nConnection: keep-alive\r\nContent-Length: 4\r\n\r\nbody",
      "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_EQ(calls.receives, 2 * kRequests);
  EXPECT_EQ(calls.sends, 2 * kRequests);
  EXPECT_EQ(calls.epoll_ctl, 0u);
  EXPECT_EQ(calls.timers, 0u);
  expect_no_allocations();
}

}  // namespace
}  // namespace weft::proxy
