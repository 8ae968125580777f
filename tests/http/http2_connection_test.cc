// The life of a client's connection with HTTP/2: how it begins, drains and ends.
#include <utility>

#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::Fields;
using test::get;
using test::Http2Test;
using test::Peer;
using test::status_of;

constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";

struct Http2Connection : Http2Test {
  // The connection has ended in order, after GOAWAY.
  bool ends(Wire& client) {
    return until([&] { return client.end.session->finished(); }) && until([&] { return client.end.ended; });
  }
  void serve_with(const std::function<void(ConnectionPlan&)>& change) {
    change(destination->connection);
    serve_http();
  }
};

TEST_F(Http2Connection, ADrainLetsRequestsFinishAndThenEndsIt) {
  serve_http();
  const auto client = client2();
  const Http2StreamPtr stream = ask(*client, get());
  Peer server = accept();
  server.head();
  data_plane->drain_all();
  EXPECT_TRUE(until([&] { return client->end.session->finished(); }));
  EXPECT_FALSE(client->end.ended);
  server.send(kAnswer);
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 204\r\n\r\n");
  EXPECT_EQ(stream->end(), StreamEnd::kNone);
  EXPECT_TRUE(ends(*client));
}

TEST_F(Http2Connection, OneThatComesDuringADrainIsServedWhatItAsksFirst) {
  serve_http();
  data_plane->drain_all();
  const auto client = client2();
  const Http2StreamPtr stream = ask(*client, get());
  Peer server = accept();
  server.head();
  EXPECT_TRUE(until([&] { return client->end.session->finished(); }));
  server.send(kAnswer);
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 204\r\n\r\n");
  EXPECT_TRUE(ends(*client));
}

TEST_F(Http2Connection, AnIdleOneEndsInOrder) {
  serve_with([](ConnectionPlan& plan) { plan.idle_timeout = std::chrono::milliseconds(50); });
  EXPECT_TRUE(ends(*client2()));
}

TEST_F(Http2Connection, OneThatHasLivedLongEnoughEndsInOrder) {
  serve_with([](ConnectionPlan& plan) { plan.max_connection_duration = std::chrono::milliseconds(50); });
  const auto client = client2();
  const Http2StreamPtr stream = ask(*client, get());
  Peer server = accept();
  server.head();
  EXPECT_TRUE(until([&] { return client->end.session->finished(); }));
  server.send(kAnswer);
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 204\r\n\r\n");
  EXPECT_TRUE(ends(*client));
}

TEST_F(Http2Connection, AHeadOverTheLimitsIsAnswered431AndTheConnectionGoesOn) {
  serve_http();
  const auto client = client2();
  Fields many = get();
  for (int i = 0; i < 110; ++i) many.push_back({"x-many", "v"});
  const Http2StreamPtr refused = ask(*client, many);
  EXPECT_EQ(status_of(head_of(*refused)), 431u);
  const Http2StreamPtr stream = ask(*client, get());
  Peer server = accept();
  server.head();
  server.send(kAnswer);
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 204\r\n\r\n");
}

TEST_F(Http2Connection, APrefaceInPiecesIsOne) {
  serve_http();
  Peer client = this->client();
  for (const char byte : test::kPreface) client.send({&byte, 1});
  client.send(test::settings());
  std::string bytes = client.exactly(9);
  ASSERT_EQ(bytes.size(), 9u);
  EXPECT_EQ(bytes[3], static_cast<char>(test::kSettingsFrame));
}

TEST_F(Http2Connection, WhereHttp2IsExpectedOtherBytesEndItWithoutAWord) {
  destination = std::make_shared<Destination>(*destination);
  destination->protocol = Protocol::kHttp2;
  serve_http();
  Peer client = this->client();
  client.send("INVALID CONNECTION PREFACE\r\n\r\n");
  EXPECT_EQ(client.rest(), "");
}

}  // namespace
}  // namespace weft::proxy
