// Requests through a data plane over loopback sockets: what services and clients see when nothing is wrong.
#include "proxy/http/exchange.h"

#include "proxy/http/test_exchange.h"

namespace weft::proxy {
namespace {

using test::has_line;
using test::HttpTest;
using test::Peer;
using test::status_of;

using ExchangeTest = HttpTest;

TEST_F(ExchangeTest, PassesARequestAndItsAnswerAndKeepsBothConnections) {
  serve_http();
  Peer client = this->client();
  client.send("GET /a?b HTTP/1.1\r\nHost: backend\r\nX-Case: Kept\r\n\r\n");
  Peer server = accept();
  const std::string seen = server.head();
  EXPECT_TRUE(seen.starts_with("GET /a?b HTTP/1.1\r\nHost: backend\r\nX-Case: Kept\r\n"));
  EXPECT_TRUE(has_line(seen, "x-forwarded-proto: http"));
  EXPECT_NE(seen.find("x-request-id: "), std::string::npos);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Order: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhello");
  EXPECT_EQ(client.message(),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Order: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhello");
  client.send("GET /second HTTP/1.1\r\nHost: backend\r\nx-request-id: mine\r\n\r\n");
  const std::string second = server.head();
  EXPECT_TRUE(second.starts_with("GET /second HTTP/1.1\r\n"));
  EXPECT_TRUE(has_line(second, "x-request-id: mine"));
  EXPECT_EQ(second.find("x-request-id"), second.rfind("x-request-id"));
  server.send("HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.head(), "HTTP/1.1 204 No Content\r\n\r\n");
}

}  // namespace
}  // namespace weft::proxy
