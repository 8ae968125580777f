#include "proxy/http/head_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::proxy {
namespace {

HeadStatus request(std::string_view bytes) {
  Head head;
  return head.parse_request(bytes);
}
HeadStatus response(std::string_view bytes) {
  Head head;
  return head.parse_response(bytes);
}

TEST(HeadParser, FindsThePartsOfARequest) {
  const std::string bytes = "GET /a?b=c HTTP/1.1\r\nHost: example\r\nX-Thing:  two words \t\r\n\r\nbody";
  Head head;
  ASSERT_EQ(head.parse_request(bytes), HeadStatus::kComplete);
  EXPECT_EQ(head.method(bytes.data()), "GET");
  EXPECT_EQ(head.target(bytes.data()), "/a?b=c");
  EXPECT_EQ(head.minor_version(), 1u);
  ASSERT_EQ(head.field_count(), 2u);
  EXPECT_EQ(head.field(0).id, HeaderId::kHost);
  EXPECT_EQ(head.name(bytes.data(), head.field(1)), "X-Thing");
  EXPECT_EQ(head.value(bytes.data(), head.field(1)), "two words");
  EXPECT_EQ(head.size(), bytes.size() - 4);
  EXPECT_TRUE(head.has(HeaderId::kHost));
  EXPECT_FALSE(head.has(HeaderId::kContentLength));
}

TEST(HeadParser, ReadsAHeadThatComesByteByByteOnce) {
  const std::string bytes = "\r\nPUT /long HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nEmpty:\r\n\r\n";
  Head head;
  for (size_t size = 1; size < bytes.size(); ++size) {
    ASSERT_EQ(head.parse_request(std::string_view(bytes).substr(0, size)), HeadStatus::kIncomplete) << size;
  }
  ASSERT_EQ(head.parse_request(bytes), HeadStatus::kComplete);
  EXPECT_EQ(head.field_count(), 3u);
  EXPECT_EQ(head.value(bytes.data(), head.field(2)), "");
  EXPECT_EQ(head.minor_version(), 0u);
}

TEST(HeadParser, ReadsAStatusLineWithAndWithoutAPhrase) {
  Head head;
  ASSERT_EQ(head.parse_response("HTTP/1.1 200 OK\r\n\r\n"), HeadStatus::kComplete);
  EXPECT_EQ(head.status(), 200u);
  EXPECT_EQ(response("HTTP/1.0 404 \r\n\r\n"), HeadStatus::kComplete);
  EXPECT_EQ(response("HTTP/1.1 500\r\n\r\n"), HeadStatus::kComplete);
  EXPECT_EQ(response("HTTP/1.1 200 caf\xc3\xa9\r\n\r\n"), HeadStatus::kComplete);
  EXPECT_EQ(response("HTTP/1."), HeadStatus::kIncomplete);
  EXPECT_EQ(response("HTTP/2 200 OK\r\n\r\n"), HeadStatus::kMalformed);
  EXPECT_EQ(response("HTTP/1.1 99 OK\r\n\r\n"), HeadStatus::kMalformed);
  EXPECT_EQ(response("HTTP/1.1 600 OK\r\n\r\n"), HeadStatus::kMalformed);
  EXPECT_EQ(response("220 smtp ready\r\n"), HeadStatus::kMalformed);
}

TEST(HeadParser, AnyTokenIsAMethod) {
  EXPECT_EQ(request("FROB-1 / HTTP/1.1\r\n\r\n"), HeadStatus::kComplete);
  EXPECT_EQ(request("GE(T / HTTP/1.1\r\n\r\n"), HeadStatus::kMalformed);
  EXPECT_EQ(request(" / HTTP/1.1\r\n\r\n"), HeadStatus::kMalformed);
  EXPECT_EQ(request(std::string(100, 'A') + " / HTTP/1.1\r\n\r\n"), HeadStatus::kMalformed);
}

TEST(HeadParser, RefusesWhatParsersReadDifferently) {
  for (const std::string_view bytes : {
           "GET /  HTTP/1.1\r\n\r\n",               // two spaces
           "GET  / HTTP/1.1\r\n\r\n",               //
           "GET / HTTP/1.1 \r\n\r\n",               //
           "GET /a b HTTP/1.1\r\n\r\n",             //
           "GET / HTTP/1.1\n\n",                    // bare LF
           "GET / HTTP/1.1\r\nA: b\n\r\n",          //
           "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",     // bare CR
           "GET / HTTP/1.1\r\nA : b\r\n\r\n",       // space before the colon
           "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",  // folded
           "GET / HTTP/1.1\r\n A: b\r\n\r\n",       //
           "GET / HTTP/1.1\r\n: b\r\n\r\n",         // no name
           "GET / HTTP/1.1\r\nA\r\n\r\n",           // no colon
           "GET / HTTP/1.1\r\nA(: b\r\n\r\n",       //
           "GET / HTTP/1.1\r\nA: b\x01\r\n\r\n",    // control
           "GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n",    //
           "GET /\x80 HTTP/1.1\r\n\r\n",            // raw non-ASCII
           "GET /\r\n",                             // HTTP/0.9
           "GET / http/1.1\r\n\r\n",                //
           "\n\nGET / HTTP/1.1\r\n\r\n",            //
           "\r\n\r\nGET / HTTP/1.1\r\n\r\n",        // more than one blank line
           "\x16\x03\x01\x02",                      // a TLS ClientHello
       }) {
    EXPECT_EQ(request(bytes), HeadStatus::kMalformed) << bytes;
  }
  EXPECT_EQ(request(std::string_view("GET / HTTP/1.1\r\nA: b\0c\r\n\r\n", 25)), HeadStatus::kMalformed);
  EXPECT_EQ(request(std::string_view("GET /\0 HTTP/1.1\r\n\r\n", 19)), HeadStatus::kMalformed);
}

TEST(HeadParser, KnowsOtherVersions) {
  EXPECT_EQ(request("PRI * HTTP/2.0\r\n\r\n"), HeadStatus::kUnknownVersion);
  EXPECT_EQ(request("GET / HTTP/1.2\r\n\r\n"), HeadStatus::kUnknownVersion);
}

TEST(HeadParser, BoundsLinesBytesAndFields) {
  EXPECT_EQ(request("GET /" + std::string(kMaxRequestLine, 'a')), HeadStatus::kLineTooLong);
  EXPECT_EQ(request("GET / HTTP/1.1\r\nA: " + std::string(kHeadRoom, 'a')), HeadStatus::kTooLarge);
  EXPECT_EQ(request("GET / HTTP/1.1\r\n" + std::string(300, 'a') + ": b\r\n\r\n"), HeadStatus::kMalformed);
  std::string many = "GET / HTTP/1.1\r\n";
  for (size_t i = 0; i < kFieldRoom; ++i) many += "a: b\r\n";
  Head head;
  ASSERT_EQ(head.parse_request(many + "\r\n"), HeadStatus::kComplete);
  EXPECT_FALSE(head.too_many_fields());
  head.reset();
  ASSERT_EQ(head.parse_request(many + "c: d\r\n\r\n"), HeadStatus::kComplete);
  EXPECT_TRUE(head.too_many_fields());
  EXPECT_FALSE(head.framing_lost());
  head.reset();
  ASSERT_EQ(head.parse_request(many + "content-length: 1\r\n\r\n"), HeadStatus::kComplete);
  EXPECT_TRUE(head.framing_lost());
}

TEST(HeadParser, FindsControlsWhereverTheyStand) {
  for (size_t at = 0; at < 70; ++at) {
    std::string value(70, 'v');
    value[at] = '\x02';
    EXPECT_EQ(request("GET / HTTP/1.1\r\nname: " + value + "\r\n\r\n"), HeadStatus::kMalformed) << at;
    value[at] = '\xff';
    EXPECT_EQ(request("GET / HTTP/1.1\r\nname: " + value + "\r\n\r\n"), HeadStatus::kComplete) << at;
    value[at] = '\t';
    EXPECT_EQ(request("GET / HTTP/1.1\r\nname: " + value + "\r\n\r\n"), HeadStatus::kComplete) << at;
  }
}

}  // namespace
}  // namespace weft::proxy
