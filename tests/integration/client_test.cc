// The HTTP client of weftctl against servers that come, go and answer late.
#include "tools/weftctl/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/source/http_server.h"

namespace weft::test {
namespace {

using testing::HasSubstr;

cp::HttpServer::Handler echo(std::string name) {
  return [name = std::move(name)](const cp::HttpRequest& request, const cp::Respond& respond) {
    respond({200,
             cat(name, " ", request.method, " ", request.target, " ", request.header("authorization"), " ",
                 request.header("x-team"), " ", request.body),
             "text/plain",
             {{"x-weft-revision", "7"}}});
  };
}

std::unique_ptr<cp::HttpServer> start(uint16_t port, cp::HttpServer::Handler handler) {
  auto server = cp::HttpServer::start({.port = port}, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

ctl::ControlPlane plane_at(uint16_t port) {
  return {.url = cat("http://127.0.0.1:", port, "/base/"),
          .auth_type = "tokens",
          .auth_conf = {{"token", "T"}},
          .headers = {{"X-Team", "a"}}};
}

TEST(ClientTest, SendsWhatItIsConfiguredTo) {
  const auto server = start(0, echo("s"));
  ctl::Client client(plane_at(server->port()), std::chrono::seconds(20));
  const auto answer = client.put("/x?y=1", "{}");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "s PUT /base/x?y=1 Bearer T a {}");
  EXPECT_EQ(answer->revision, 7u);
}

TEST(ClientTest, AServerThatWasRestartedIsAskedAgain) {
  auto server = start(0, echo("first"));
  const uint16_t port = server->port();
  ctl::Client client(plane_at(port), std::chrono::seconds(20));
  EXPECT_THAT(client.get("/")->body, HasSubstr("first"));
  server.reset();
  server = start(port, echo("second"));
  const auto answer = client.get("/");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->body, HasSubstr("second"));
}

TEST(ClientTest, AnAnswerThatDoesNotComeInTimeIsAnErrorThatNamesTheServer) {
  const auto server = start(0, [](const cp::HttpRequest&, const cp::Respond&) {});
  ctl::Client client(plane_at(server->port()), std::chrono::milliseconds(50));
  const auto answer = client.get("/");
  EXPECT_THAT(reason(answer.status()), HasSubstr(cat("127.0.0.1:", server->port())));
  EXPECT_THAT(reason(answer.status()), HasSubstr("no answer in time (--api-timeout)"));
  EXPECT_EQ(reason(answer.status()).find("Bearer"), std::string::npos);
}

TEST(ClientTest, WhatStandsInAFileOfTheConfigurationMustBeReadable) {
  ctl::ControlPlane plane{.url = "https://127.0.0.1:1", .ca_cert_file = "/none.pem", .auth_conf = {}, .headers = {}};
  EXPECT_THAT(reason(ctl::Client(plane, std::chrono::seconds(20)).get("/").status()),
              HasSubstr("caCertFile /none.pem"));
}

TEST(ClientTest, ADocumentMayComeFromTheWeb) {
  const auto server = start(0, [](const cp::HttpRequest& request, const cp::Respond& respond) {
    respond({request.target == "/a.yaml" ? 200 : 404, "type: Mesh", "text/plain", {}});
  });
  const std::string site = cat("http://127.0.0.1:", server->port());
  EXPECT_EQ(ctl::fetch(site + "/a.yaml", std::chrono::seconds(20)).value_or(""), "type: Mesh");
  EXPECT_THAT(reason(ctl::fetch(site + "/b.yaml", std::chrono::seconds(20)).status()),
              HasSubstr("/b.yaml: answered 404"));
}

TEST(ClientTest, ValuesOfAQueryAreEncoded) {
  ctl::Query query;
  EXPECT_EQ(query.text(), "");
  query.add("tag", "a:b c");
  query.add("size", "1");
  EXPECT_EQ(query.text(), "?tag=a%3Ab%20c&size=1");
}

}  // namespace
}  // namespace weft::test
