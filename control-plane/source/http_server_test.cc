#include "control-plane/source/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "control-plane/source/test_client.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<HttpServer> serve(HttpServer::Handler handler, HttpServerOptions options = {}) {
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(options, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

void echo(const HttpRequest& request, const Respond& respond) {
  respond({200,
           cat(request.method, " ", request.target, " ", request.header("x-a"), " ", request.body),
           "text/plain",
           {{"x-b", "2"}}});
}

TEST(HttpServer, AnswersSeveralRequestsOnOneConnection) {
  const auto server = serve(echo);
  TestClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const TestAnswer answer = client.send("PUT", "/x?y=1", "hello", "X-A: one\r\n");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "PUT /x?y=1 one hello");
    EXPECT_EQ(answer.header("x-b"), "2");
    EXPECT_FALSE(client.closed());
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const auto server = serve(echo);
  TestClient client(server->port());
  EXPECT_EQ(
      client.raw("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").body,
      "GET /1  ");
  EXPECT_EQ(client.read_answer().body, "GET /2  ");
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, RefusesWhatIsTooLargeOrNotHttp) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  options.max_header_bytes = 2000;
  const auto server = serve(echo, options);
  EXPECT_EQ(TestClient(server->port()).send("PUT", "/", std::string(1001, 'x')).status, 413);
  EXPECT_EQ(TestClient(server->port()).send("PUT", "/", std::string(1000, 'x')).status, 200);
  EXPECT_EQ(TestClient(server->port()).send("GET", "/", "", cat("X-A: ", std::string(3000, 'x'), "\r\n")).status, 431);
  EXPECT_EQ(TestClient(server->port()).raw("\x16\x03\x01 hello\r\n\r\n").status, 400);
  EXPECT_EQ(TestClient(server->port()).raw("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").status,
            400);
}

TEST(HttpServer, AsksForABodyThatWaitsToBeAskedFor) {
  const auto server = serve(echo);
  TestClient client(server->port());
  const TestAnswer answer =
      client.raw("PUT /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "PUT /x  hi");
}

TEST(HttpServer, GivesUpOnARequestThatNeverEnds) {
  HttpServerOptions options;
  options.read_timeout = std::chrono::seconds(1);
  const auto server = serve(echo, options);
  TestClient client(server->port());
  EXPECT_EQ(client.raw("GET / HTT").status, 0);
  EXPECT_TRUE(client.closed());
}

TEST(HttpServer, AHandlerMayAnswerLaterFromAnotherThread) {
  std::mutex mutex;
  std::condition_variable arrived;
  Respond later;
  const auto server = serve([&](const HttpRequest&, Respond respond) {
    const std::lock_guard lock(mutex);
    later = std::move(respond);
    arrived.notify_one();
  });
  TestClient client(server->port());
  std::thread answering([&] {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return later != nullptr; });
    later({200, "late", "text/plain", {}});
  });
  EXPECT_EQ(client.get("/").body, "late");
  answering.join();
}

TEST(HttpServer, AnAnswerAfterTheServerIsGoneGoesNowhere) {
  std::mutex mutex;
  std::condition_variable arrived;
  Respond later;
  auto server = serve([&](const HttpRequest&, Respond respond) {
    const std::lock_guard lock(mutex);
    later = std::move(respond);
    arrived.notify_one();
  });
  TestClient client(server->port());
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_GT(::send(client.socket(), request.data(), request.size(), 0), 0);
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return later != nullptr; });
  }
  server.reset();
  later({200, "too late", "text/plain", {}});
  EXPECT_EQ(client.read_answer().status, 0);
}

TEST(HttpServer, SaysWhichAddressIsTaken) {
  const auto server = serve(echo);
  HttpServerOptions options;
  options.port = server->port();
  const auto second = HttpServer::start(options, echo);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(reason(second.status()), HasSubstr(cat("cannot listen on 127.0.0.1:", server->port(), ": ")));
  options.interface = "nowhere";
  EXPECT_THAT(reason(HttpServer::start(options, echo).status()), HasSubstr("\"nowhere\" is no IP address"));
}

}  // namespace
}  // namespace weft::cp
