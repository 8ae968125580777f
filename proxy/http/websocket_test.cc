#include "proxy/http/websocket.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

// RFC 6455 section 1.3.
TEST(WebSocket, AnswersAKeyAsTheRfcDoes) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(websocket_accept(" dGhlIHNhbXBsZSBub25jZQ== "), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocket, MakesKeysOfSixteenBytesThatDiffer) {
  Random random(1);
  const std::string key = make_websocket_key(random);
  EXPECT_EQ(key.size(), 24u);
  EXPECT_TRUE(key.ends_with("=="));
  EXPECT_NE(key, make_websocket_key(random));
}

}  // namespace
}  // namespace weft::proxy
