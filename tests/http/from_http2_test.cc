// Clients of HTTP/2, services of HTTP/1.1 and of HTTP/2.
#include <thread>
#include <utility>

#include "tests/http/test_http2.h"

namespace weft::proxy {
namespace {

using test::Fields;
using test::get;
using test::has_line;
using test::Http2Test;
using test::Peer;
using test::post;
using test::status;
using test::status_of;

std::string status_line(const std::string& head) { return head.substr(0, head.find("\r\n")); }

using FromHttp2 = Http2Test;

TEST_F(FromHttp2, AStreamBecomesARequestAndTheConnectionIsKeptForTheNext) {
  serve_http();
  const auto client = client2();
  Fields fields = get("/a?b");
  fields.push_back({"x-case", "Kept"});
  fields.push_back({"cookie", "a=1"});
  fields.push_back({"cookie", "b=2"});
  Http2StreamPtr stream = ask(*client, fields);
  Peer server = accept();
  const std::string seen = server.head();
  EXPECT_TRUE(seen.starts_with("GET /a?b HTTP/1.1\r\nhost: a\r\nx-case: Kept\r\ncookie: a=1; b=2\r\n")) << seen;
  EXPECT_TRUE(has_line(seen, "x-forwarded-proto: http"));
  EXPECT_EQ(seen.find("transfer-encoding"), std::string::npos);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Order: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhello");
  EXPECT_EQ(head_of(*stream),
            "HTTP/1.1 200\r\ncontent-length: 5\r\nx-order: 1\r\nset-cookie: a\r\nset-cookie: b\r\n\r\n");
  EXPECT_EQ(content_of(*stream), "hello");
  EXPECT_TRUE(stream->peer_ended());
  stream = ask(*client, get("/second"));
  EXPECT_TRUE(server.head().starts_with("GET /second HTTP/1.1\r\n"));
  server.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 204\r\n\r\n");
  Fields head = get("/third");
  head[0].value = "HEAD";
  stream = ask(*client, head);
  EXPECT_TRUE(server.head().starts_with("HEAD /third HTTP/1.1\r\n"));
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n");
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 200\r\ncontent-length: 7\r\n\r\n");
  EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
}

// Many services of HTTP/1.1 answer 411 to a POST that says nothing of its length (RFC 9110 section 8.6).
TEST_F(FromHttp2, APostWithoutContentSaysSo) {
  serve_http();
  const auto client = client2();
  for (const std::string_view method : {"POST", "PUT", "PATCH", "GET", "DELETE"}) {
    Fields fields = get("/");
    fields[0].value = method;
    Http2StreamPtr stream = ask(*client, fields);
    Peer server = accept();
    EXPECT_EQ(has_line(server.head(), "content-length: 0"), method.starts_with('P')) << method;
    server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    EXPECT_EQ(head_of(*stream), "HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n");
  }
}

TEST_F(FromHttp2, ContentOfKnownAndUnknownLengthAndTrailersBothWays) {
  serve_http();
  const auto client = client2();
  Fields sized = post();
  sized.push_back({"content-length", "4"});
  Http2StreamPtr stream = ask(*client, sized, false);
  stream->send_body("body", true);
  flush();
  Peer server = accept();
  const std::string seen = server.message();
  EXPECT_TRUE(has_line(seen, "content-length: 4"));
  EXPECT_TRUE(seen.ends_with("body"));
  server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npong\r\n3\r\nabc\r\n0\r\nX-Back: 2\r\n\r\n");
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 200\r\n\r\n");
  EXPECT_EQ(content_of(*stream), "pongabc");
  EXPECT_EQ(stream->trailers(), "x-back: 2\r\n");

  stream = ask(*client, post(), false);
  EXPECT_TRUE(has_line(server.head(), "transfer-encoding: chunked"));
  stream->send_body("ping", false);
  until([&] { return stream->drained(); });
  EXPECT_EQ(server.exactly(9), "4\r\nping\r\n");
  const Fields trailers{{"x-sum", "1"}};
  stream->send_trailers(trailers);
  flush();
  EXPECT_EQ(server.until("\r\n\r\n"), "0\r\nx-sum: 1\r\n\r\n");
  // Without a length the close ends it.
  server.send("HTTP/1.1 200 OK\r\n\r\nall");
  server.socket().close();
  head_of(*stream);
  EXPECT_EQ(content_of(*stream), "all");
  EXPECT_TRUE(stream->peer_ended());
}

TEST_F(FromHttp2, AnnouncedTrailersOfARequestOfKnownLengthReachTheService) {
  serve_http();
  const auto client = client2();
  for (const bool announced : {true, false}) {
    test::Fields fields = test::post();
    fields.push_back({"content-length", "4"});
    if (announced) fields.push_back({"trailer", "x-sum"});
    Http2StreamPtr stream = ask(*client, fields, false);
    stream->send_body("ping", false);
    until([&] { return stream->drained(); });
    const test::Fields trailers{{"x-sum", "1"}};
    stream->send_trailers(trailers);
    flush();
    Peer server = accept();
    const std::string head = server.head();
    EXPECT_EQ(has_line(head, "transfer-encoding: chunked"), announced) << head;
    EXPECT_EQ(has_line(head, "content-length: 4"), !announced) << head;
    const std::string_view body = announced ? "4\r\nping\r\n0\r\nx-sum: 1\r\n\r\n" : "ping";
    EXPECT_EQ(server.exactly(body.size()), body);
    server.send("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    EXPECT_EQ(status_of(head_of(*stream)), 200u);
  }
}

TEST_F(FromHttp2, CarriesLargeBodiesBothWays) {
  serve_http();
  const auto client = client2();
  std::string up(3000000, 'u');
  for (size_t i = 0; i < up.size(); i += 1000) up[i] = static_cast<char>('a' + i / 1000 % 26);
  Fields fields = post();
  const std::string size = std::to_string(up.size());
  fields.push_back({"content-length", size});
  Http2StreamPtr stream = ask(*client, fields, false);
  Peer server = accept();
  server.head();
  std::string got;
  std::thread service([&] {
    got = server.exactly(up.size());
    server.send(cat("HTTP/1.1 200 OK\r\ncontent-length: ", got.size(), "\r\n\r\n", got));
  });
  stream->send_body(up, true);
  until([&] { return stream->drained(); });
  head_of(*stream);
  EXPECT_TRUE(content_of(*stream) == up);
  service.join();
  EXPECT_TRUE(stream->peer_ended());
}

TEST_F(FromHttp2, InterimAnswersPassAndAnAnswerMayEndFirst) {
  serve_http();
  const auto client = client2();
  Fields fields = post();
  fields.push_back({"expect", "100-continue"});
  Http2StreamPtr stream = ask(*client, fields, false);
  Peer server = accept();
  EXPECT_TRUE(has_line(server.head(), "expect: 100-continue"));
  server.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 100\r\n\r\n");
  stream->next_head();
  EXPECT_EQ(head_of(*stream), "HTTP/1.1 103\r\nlink: </a>\r\n\r\n");
  stream->next_head();
  server.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(status_line(head_of(*stream)), "HTTP/1.1 413");
  EXPECT_TRUE(until([&] { return stream->peer_ended(); }));
  // The connection to the service cannot be used again, the client's can.
  EXPECT_TRUE(server.rest().empty());
  stream = ask(*client, get());
  Peer next = accept();
  next.head();
  next.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(status_line(head_of(*stream)), "HTTP/1.1 200");
}

TEST_F(FromHttp2, OneBadStreamIsRefusedAndTheOthersAreServed) {
  serve_http();
  const auto client = client2();
  Http2StreamPtr good = ask(*client, get("/good"));
  Peer server = accept();
  server.head();
  Http2StreamPtr bad = ask(*client, get("/a%00b"));
  const std::string refusal = head_of(*bad);
  EXPECT_EQ(status_line(refusal), "HTTP/1.1 400");
  EXPECT_NE(refusal.find("x-weft-reason: "), std::string::npos);
  EXPECT_EQ(refusal.find("connection:"), std::string::npos);
  EXPECT_EQ(content_of(*bad), "malformed path");
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(status_line(head_of(*good)), "HTTP/1.1 200");
  Http2StreamPtr after = ask(*client, get("/after"));
  EXPECT_TRUE(server.head().starts_with("GET /after "));
}

TEST_F(FromHttp2, ABreakInTheMiddleOfAnAnswerResetsTheStreamAlone) {
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, get());
  Peer server = accept();
  server.head();
  Http2StreamPtr other = ask(*client, get());
  Peer second = accept();
  second.head();
  server.send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart");
  head_of(*stream);
  EXPECT_EQ(content_of(*stream, 4), "part");
  server.socket().close();
  EXPECT_TRUE(ended(*stream, StreamEnd::kReset));
  EXPECT_EQ(stream->error_code(), 2u);  // INTERNAL_ERROR
  second.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  EXPECT_EQ(status_line(head_of(*other)), "HTTP/1.1 200");
}

// However the end of an answer is told, one that is missing is never an end of the stream.
TEST_F(FromHttp2, AnAnswerThatBreaksOffIsAResetWhateverItsFraming) {
  serve_http();
  const auto client = client2();
  for (const std::string_view framing : {"transfer-encoding: chunked\r\n", ""}) {
    Http2StreamPtr stream = ask(*client, get());
    Peer server = accept();
    server.head();
    server.send(cat("HTTP/1.1 200 OK\r\n", framing, "\r\n", framing.empty() ? "part" : "4\r\npart\r\n"));
    head_of(*stream);
    EXPECT_EQ(content_of(*stream, 4), "part");
    framing.empty() ? server.socket().abort() : server.socket().close();
    EXPECT_TRUE(ended(*stream, StreamEnd::kReset)) << framing;
    EXPECT_EQ(stream->error_code(), 2u);  // INTERNAL_ERROR
    EXPECT_FALSE(stream->peer_ended());
  }
}

// Several times what the connection may hold: answered early, given up by the client, cut by the service.
TEST_F(FromHttp2, UploadsThatEndBeforeTheirTimeGiveTheirWindowBack) {
  destination->direction = Direction::kInbound;  // where clients have the smallest window
  serve_http();
  const auto client = client2();
  const std::string body(250'000, 'u');
  for (int i = 0; i < 18; ++i) {
    Http2StreamPtr stream = ask(*client, post(), false);
    ASSERT_NE(stream, nullptr);
    stream->send_body(body, true);
    Peer server = accept();
    server.head();
    flush();
    if (i % 3 == 0) {
      server.send("HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      EXPECT_EQ(status_of(head_of(*stream)), 413u);
    } else if (i % 3 == 1) {
      server.socket().abort();
      EXPECT_EQ(status_of(head_of(*stream)), 503u);
    }
    stream.reset();
    flush();
  }
  EXPECT_TRUE(until([&] { return client->end.session->open_streams() == 0; }));
  Http2StreamPtr stream = ask(*client, post(), false);
  const std::string large(3'000'000, 'l');
  stream->send_body(large, true);
  Peer server = accept();
  server.head();
  std::string got;
  std::thread reader([&] { got = server.until("\r\n0\r\n\r\n"); });
  EXPECT_TRUE(until([&] { return stream->drained(); }));
  flush();
  reader.join();
  EXPECT_GT(got.size(), large.size());
}

TEST_F(FromHttp2, AClientThatGivesUpClosesTheServicesConnection) {
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, post(), false);
  Peer server = accept();
  server.head();
  stream.reset();
  flush();
  EXPECT_TRUE(server.rest().empty());
  EXPECT_EQ(failures(Reason::kDownstreamClosed), 1u);
}

TEST_F(FromHttp2, ARequestIsRetriedWithItsBody) {
  RetryRule rule;
  rule.limit = 1;
  rule.status.set(503);
  rule.covers_writes = true;
  rule.base_interval = std::chrono::milliseconds(1);
  plan().retry = &rule;
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, post(), false);
  stream->send_body("body", true);
  flush();
  Peer server = accept();
  for (const std::string_view answer : {"503 No", "200 OK"}) {
    server.head();
    EXPECT_EQ(server.until("0\r\n\r\n"), "4\r\nbody\r\n0\r\n\r\n");
    server.send(cat("HTTP/1.1 ", answer, "\r\ncontent-length: 0\r\n\r\n"));
  }
  EXPECT_EQ(status_line(head_of(*stream)), "HTTP/1.1 200");
}

TEST_F(FromHttp2, C4_29_ContentThatDoesNotMatchItsLengthNeverReachesTheServiceWhole) {
  serve_http();
  // By hand: the session at the client's end would not send such a thing.
  Peer client = this->client();
  client.send(cat(test::kPreface, test::settings(),
                  test::request(1, test::post_fields(test::field("content-length", "9")), false),
                  test::frame(test::kDataFrame, 0, 1, "part")));
  Peer server = accept();
  server.until("part");
  client.send(test::frame(test::kDataFrame, test::kEndStream, 1, "ed"));
  // Nothing that a service could take for the end, nor for the next request.
  const std::string rest = server.rest();
  EXPECT_TRUE(rest.empty() || rest == "ed") << rest;
  client.send(cat(test::request(3, test::post_fields(test::field("content-length", "2")), false),
                  test::frame(test::kDataFrame, test::kEndStream, 3, "much too much")));
  client.send(test::request(5, test::get_fields()));
  std::string head;
  for (int i = 0; i < 2 && !head.starts_with("GET / HTTP/1.1\r\n"); ++i) {
    Peer next = accept();
    head = next.head();
    // Begun before its content was seen, and given up.
    if (!head.starts_with("GET")) {
      EXPECT_LT(next.rest().size(), 2u);
    }
  }
  EXPECT_TRUE(head.starts_with("GET / HTTP/1.1\r\n")) << head;
}

TEST_F(FromHttp2, C4_30_TrailersThatFrameOrRouteAreRefusedBothWays) {
  serve_http();
  const auto client = client2();
  Http2StreamPtr stream = ask(*client, post(), false);
  Peer server = accept();
  server.head();
  const Fields forbidden{{"x-weft-identity", "admin"}};
  stream->send_trailers(forbidden);
  flush();
  EXPECT_EQ(status_line(head_of(*stream)), "HTTP/1.1 400");
  EXPECT_TRUE(server.rest().empty());
  stream = ask(*client, get());
  Peer second = accept();
  second.head();
  second.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nContent-Length: 3\r\n\r\n");
  EXPECT_TRUE(ended(*stream, StreamEnd::kReset));
  EXPECT_EQ(failures(Reason::kUpstreamProtocolError), 1u);
}

struct BothHttp2 : Http2Test {
  void serve_http2() {
    destination->protocol = Protocol::kGrpc;
    serve_http();
  }
};

TEST_F(BothHttp2, ACallGoesBothWaysAtOnceAndEndsWithTrailers) {
  serve_http2();
  const auto client = client2();
  Fields fields = post("/pkg.Shop/Chat");
  fields.push_back({"content-type", "application/grpc"});
  fields.push_back({"te", "trailers"});
  Http2StreamPtr mine = ask(*client, fields, false);
  const auto service = service2();
  Http2StreamPtr theirs = next(*service);
  ASSERT_NE(theirs, nullptr);
  EXPECT_TRUE(has_line(theirs->head(), "te: trailers"));
  theirs->send_head(status("200"), false);
  flush();
  EXPECT_EQ(status_line(head_of(*mine)), "HTTP/1.1 200");
  for (int i = 0; i < 5; ++i) {
    mine->send_body("question", false);
    EXPECT_EQ(content_of(*theirs, 8), "question");
    theirs->send_body("answer", false);
    EXPECT_EQ(content_of(*mine, 6), "answer");
    until([&] { return mine->drained() && theirs->drained(); });
  }
  mine->send_body({}, true);
  EXPECT_TRUE(until([&] { return theirs->peer_ended(); }));
  const Fields trailers{{"grpc-status", "0"}, {"grpc-message", "fine"}};
  theirs->send_trailers(trailers);
  EXPECT_TRUE(until([&] { return mine->peer_ended(); }));
  EXPECT_EQ(mine->trailers(), "grpc-status: 0\r\ngrpc-message: fine\r\n");
  EXPECT_EQ(mine->end(), StreamEnd::kNone);
  EXPECT_TRUE(until([&] { return service->end.session->open_streams() == 0; }));
}

TEST_F(BothHttp2, InterimAnswersPassAndAnAnswerMayEndFirst) {
  serve_http2();
  const auto client = client2();
  Fields fields = post();
  fields.push_back({"expect", "100-continue"});
  fields.push_back({"content-length", "4"});
  Http2StreamPtr mine = ask(*client, fields, false);
  const auto service = service2();
  Http2StreamPtr theirs = next(*service);
  ASSERT_NE(theirs, nullptr);
  EXPECT_TRUE(has_line(theirs->head(), "expect: 100-continue"));
  theirs->send_head(status("100"), false);
  flush();
  EXPECT_EQ(status_line(head_of(*mine)), "HTTP/1.1 100");
  mine->next_head();
  mine->send_body("body", true);
  EXPECT_EQ(content_of(*theirs), "body");
  const Fields hints{{":status", "103"}, {"link", "</a>"}};
  theirs->send_head(hints, false);
  answer(*theirs, "200", "x");
  EXPECT_TRUE(has_line(head_of(*mine), "link: </a>"));
  mine->next_head();
  EXPECT_EQ(status_line(head_of(*mine)), "HTTP/1.1 200");
  EXPECT_EQ(content_of(*mine), "x");
  // One that does not want the body.
  mine = ask(*client, fields, false);
  theirs = next(*service);
  answer(*theirs, "417");
  EXPECT_EQ(status_line(head_of(*mine)), "HTTP/1.1 417");
  EXPECT_TRUE(until([&] { return mine->peer_ended(); }));
  mine.reset();
  EXPECT_TRUE(until([&] { return service->end.session->open_streams() == 0; }));
  EXPECT_TRUE(until([&] { return client->end.session->open_streams() == 0; }));
}

// Of a connection that goes away, what the service has not begun is asked of another, what it has begun finishes.
TEST_F(BothHttp2, C4_32_AGoawayInTheMiddleOfThingsCostsNobodyItsRequest) {
  serve_http2();
  const auto client = client2();
  Http2StreamPtr begun = ask(*client, post(), false);
  Peer service = accept();
  service.send(cat(test::settings(), test::frame(test::kSettingsFrame, 1, 0)));
  begun->send_body("start", false);
  flush();
  service.until("start");
  Http2StreamPtr beyond = ask(*client, post(), false);
  beyond->send_body("body", true);
  flush();
  service.until("body");
  service.send(cat(test::frame(test::kHeadersFrame, test::kEndHeaders, 1, test::field(":status", "200")),
                   test::frame(test::kDataFrame, 0, 1, "begun"),
                   test::frame(test::kGoawayFrame, 0, 0, cat(test::number(1), test::number(0)))));
  const auto other = service2();
  Http2StreamPtr again = next(*other);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(content_of(*again), "body");
  answer(*again, "201");
  EXPECT_EQ(status_of(head_of(*beyond)), 201u);
  EXPECT_EQ(content_of(*begun, 5), "begun");
  service.send(test::frame(test::kDataFrame, test::kEndStream, 1, "end"));
  EXPECT_EQ(content_of(*begun), "end");
  EXPECT_EQ(begun->end(), StreamEnd::kNone);
}

TEST_F(BothHttp2, C4_30_TrailersAloneStayInTheHead) {
  serve_http2();
  const auto client = client2();
  Http2StreamPtr mine = ask(*client, post());
  const auto service = service2();
  Http2StreamPtr theirs = next(*service);
  const Fields alone{{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "5"}};
  theirs->send_head(alone, true);
  EXPECT_TRUE(has_line(head_of(*mine), "grpc-status: 5"));
  EXPECT_TRUE(mine->peer_ended());
  EXPECT_EQ(mine->trailers(), "");
}

TEST_F(BothHttp2, ResetsPassWithTheirWord) {
  serve_http2();
  const auto client = client2();
  Http2StreamPtr mine = ask(*client, post(), false);
  const auto service = service2();
  Http2StreamPtr theirs = next(*service);
  theirs->send_head(status("200"), false);
  flush();
  head_of(*mine);
  theirs->reset(11);  // ENHANCE_YOUR_CALM
  EXPECT_TRUE(ended(*mine, StreamEnd::kReset));
  EXPECT_EQ(mine->error_code(), 11u);
  mine = ask(*client, post(), false);
  theirs = next(*service);
  mine.reset();
  EXPECT_TRUE(ended(*theirs, StreamEnd::kReset));
  EXPECT_EQ(theirs->error_code(), 8u);  // CANCEL
}

TEST_F(BothHttp2, ASlowReaderSlowsTheSenderAndNobodyElse) {
  serve_http2();
  const auto client = client2();
  Http2StreamPtr slow = ask(*client, get());
  const auto service = service2();
  Http2StreamPtr sender = next(*service);
  const std::string large(4 << 20, 'x');
  sender->send_head(status("200"), false);
  sender->send_body(large, true);
  head_of(*slow);
  // What nobody reads stays where it is, and other streams go on.
  for (int i = 0; i < 3; ++i) {
    Http2StreamPtr quick = ask(*client, get());
    Http2StreamPtr theirs = next(*service);
    ASSERT_NE(theirs, nullptr);
    answer(*theirs);
    EXPECT_EQ(status_line(head_of(*quick)), "HTTP/1.1 200");
  }
  EXPECT_FALSE(sender->drained());
  EXPECT_TRUE(content_of(*slow) == large);
  EXPECT_TRUE(sender->drained());
}

TEST_F(BothHttp2, DeadlinesAnswerOrReset) {
  plan().request_timeout = std::chrono::milliseconds(300);
  serve_http2();
  const auto client = client2();
  Http2StreamPtr mine = ask(*client, get());
  const auto service = service2();
  Http2StreamPtr theirs = next(*service);
  ASSERT_NE(theirs, nullptr);
  EXPECT_EQ(status_line(head_of(*mine)), "HTTP/1.1 504");
  EXPECT_TRUE(ended(*theirs, StreamEnd::kReset));
  mine = ask(*client, get());
  theirs = next(*service);
  ASSERT_NE(theirs, nullptr);
  theirs->send_head(status("200"), false);
  flush();
  EXPECT_EQ(status_line(head_of(*mine)), "HTTP/1.1 200");
  EXPECT_TRUE(ended(*mine, StreamEnd::kReset));
}

}  // namespace
}  // namespace weft::proxy
