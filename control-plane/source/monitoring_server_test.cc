#include "control-plane/source/monitoring_server.h"

#include <gmock/gmock.h>

#include <mutex>

#include "base/document/document.h"
#include "control-plane/source/test_client.h"

namespace weft::cp {
namespace {

constexpr char kPath[] = "/v3/discovery:monitoringassignments";

class MonitoringServerTest : public ::testing::Test {
 protected:
  MonitoringServerTest() {
    MonitoringOptions options;
    options.interface = "127.0.0.1";
    options.port = 0;
    options.refresh_interval = std::chrono::nanoseconds::zero();
    options.assignments = [this](std::string_view client) {
      const std::lock_guard lock(mutex_);
      return MonitoringAnswer{version_, cat("[{\"for\": \"", client, "\"}]")};
    };
    server_ = MonitoringServer::start(std::move(options)).value();
  }
  void become(const std::string& version) {
    {
      const std::lock_guard lock(mutex_);
      version_ = version;
    }
    server_->changed();
  }
  TestAnswer ask(const std::string& body, const std::string& query = "") {
    return TestClient(server_->port()).post(cat(kPath, query), body);
  }

  std::mutex mutex_;
  std::string version_ = "v1";
  std::unique_ptr<MonitoringServer> server_;
};

TEST_F(MonitoringServerTest, AClientThatHasNothingIsAnsweredAtOnce) {
  const TestAnswer answer = ask(R"({"version_info":"", "node":{"id":"prom"}, "resource_names":[], "response_nonce":"",)"
                                R"("type_url":"type.googleapis.com/kuma.observability.v1.MonitoringAssignment"})",
                                "?fetch-timeout=2m0s");
  EXPECT_EQ(answer.status, 200);
  const Node body = parse_json(answer.body).value();
  EXPECT_EQ(body.find("version_info")->text, "v1");
  EXPECT_EQ(body.find("type_url")->text, "type.googleapis.com/kuma.observability.v1.MonitoringAssignment");
  EXPECT_NE(body.find("nonce"), nullptr);
  EXPECT_EQ(body.find("resources")->items.at(0).find("for")->text, "prom");
}

TEST_F(MonitoringServerTest, WhoHasEverythingIsToldThatNothingIsNew) {
  const TestAnswer answer = ask(R"({"versionInfo":"v1","node":{"id":"prom"}})", "?fetch-timeout=1ms");
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(ask(R"({"version_info":"v0"})").status, 200);
}

TEST_F(MonitoringServerTest, WhoWaitsIsAnsweredWhenSomethingIsNew) {
  TestClient waiting(server_->port());
  const std::string body = R"({"version_info":"v1","node":{"id":"prom"}})";
  const std::string request = cat("POST ", kPath, "?fetch-timeout=10m HTTP/1.1\r\nHost: x\r\n",
                                  "Content-Type: application/json\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
  ASSERT_GT(::send(waiting.socket(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  become("v1");  // a change that changes nothing
  become("v2");
  const TestAnswer answer = waiting.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(parse_json(answer.body).value().find("version_info")->text, "v2");
}

TEST_F(MonitoringServerTest, WhatIsNoRequestIsRefused) {
  EXPECT_EQ(ask("nonsense").status, 400);
  EXPECT_EQ(ask("[]").status, 400);
  EXPECT_EQ(ask(R"({"type_url":"type.googleapis.com/envoy.config.cluster.v3.Cluster"})").status, 400);
  EXPECT_EQ(ask("{}", "?fetch-timeout=soon").status, 400);
  EXPECT_EQ(TestClient(server_->port()).get(kPath).status, 405);
  EXPECT_EQ(TestClient(server_->port()).post("/v3/discovery:clusters", "{}").status, 404);
}

TEST_F(MonitoringServerTest, StoppingDoesNotWaitForWhoWaits) {
  TestClient waiting(server_->port());
  const std::string request = cat("POST ", kPath, " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n",
                                  "Content-Length: 21\r\n\r\n{\"version_info\":\"v1\"}");
  ASSERT_GT(::send(waiting.socket(), request.data(), request.size(), MSG_NOSIGNAL), 0);
  server_.reset();
  EXPECT_EQ(waiting.read_answer().status, 0);
}

}  // namespace
}  // namespace weft::cp
