#include "proxy/http/grpc.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "proxy/http/head_parser.h"

namespace weft::proxy {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Grpc, ReadsATimeoutInEveryUnit) {
  EXPECT_EQ(parse_grpc_timeout("2H"), hours(2));
  EXPECT_EQ(parse_grpc_timeout("3M"), std::chrono::minutes(3));
  EXPECT_EQ(parse_grpc_timeout("10S"), seconds(10));
  EXPECT_EQ(parse_grpc_timeout("250m"), milliseconds(250));
  EXPECT_EQ(parse_grpc_timeout("1000u"), milliseconds(1));
  EXPECT_EQ(parse_grpc_timeout("7n"), nanoseconds(7));
}

TEST(Grpc, C4_30_ATimeoutThatIsGarbageIsNone) {
  for (const std::string_view value : {"", "S", "10", "10s", "-1S", "+1S", "1.5S", "1 S", " 1S", "0x1S", "123456789S",
                                       "1SS", "S1", "99999999999999999999n", "\xff\xffS"}) {
    EXPECT_EQ(parse_grpc_timeout(value), std::nullopt) << value;
  }
}

TEST(Grpc, C4_30_ATimeoutHasABound) {
  EXPECT_EQ(parse_grpc_timeout("99999999H"), hours(24 * 365));
  EXPECT_EQ(parse_grpc_timeout("99999999S"), hours(24 * 365));
  EXPECT_EQ(parse_grpc_timeout("0S"), nanoseconds(1));
}

nanoseconds timeout_of(std::string_view lines) {
  const std::string text = cat("POST /s/m HTTP/1.1\r\nhost: a\r\n", lines, "\r\n");
  Head head;
  EXPECT_EQ(head.parse_request(text), HeadStatus::kComplete);
  return grpc_timeout(head, text.data());
}

TEST(Grpc, OnlyACallHasATimeoutAndOnlyOne) {
  EXPECT_EQ(timeout_of("Content-Type: application/grpc+proto\r\nGrpc-Timeout: 1S\r\n"), seconds(1));
  EXPECT_EQ(timeout_of("content-type: application/json\r\ngrpc-timeout: 1S\r\n"), seconds(0));
  EXPECT_EQ(timeout_of("grpc-timeout: 1S\r\n"), seconds(0));
  EXPECT_EQ(timeout_of("content-type: application/grpc\r\n"), seconds(0));
  EXPECT_EQ(timeout_of("content-type: application/grpc\r\ngrpc-timeout: 1S\r\ngrpc-timeout: 1S\r\n"), seconds(0));
  EXPECT_EQ(timeout_of("content-type: application/grpc\r\ngrpc-timeout: soon\r\n"), seconds(0));
}

TEST(Grpc, KnowsACallByItsContentType) {
  for (const std::string_view type :
       {"application/grpc", "application/grpc+proto", "application/grpc;charset=x", "Application/GRPC"}) {
    EXPECT_TRUE(is_grpc_content_type(type)) << type;
  }
  for (const std::string_view type :
       {"", "application/grp", "application/grpc-web", "application/grpcx", "text/plain"}) {
    EXPECT_FALSE(is_grpc_content_type(type)) << type;
  }
}

TEST(Grpc, FindsTheStatusAmongTrailers) {
  EXPECT_EQ(grpc_status_in("grpc-status: 0\r\n"), 0);
  EXPECT_EQ(grpc_status_in("a: b\r\nGRPC-Status:14\r\ngrpc-message: x\r\n"), 14);
  EXPECT_EQ(grpc_status_in("grpc-status: 99\r\n"), 99);
  for (const std::string_view lines :
       {"", "a: b\r\n", "grpc-status: \r\n", "grpc-status: x\r\n", "grpc-status: -1\r\n", "grpc-status: 014\r\n",
        "grpc-status: 0\r\ngrpc-status: 0\r\n", "grpc-status-details: 1\r\n"}) {
    EXPECT_EQ(grpc_status_in(lines), Outcome::kNoGrpcStatus) << lines;
  }
}

TEST(Grpc, MapsRepliesAsTheContractSays) {
  const std::pair<uint16_t, uint8_t> table[] = {{400, 13}, {401, 16}, {403, 7},  {404, 12}, {429, 14},
                                                {502, 14}, {503, 14}, {504, 14}, {408, 2},  {500, 2}};
  for (const auto& [http, grpc] : table) EXPECT_EQ(grpc_status_for(http, Reason::kOverflow), grpc) << http;
  EXPECT_EQ(grpc_status_for(504, Reason::kDeadlineExceeded), 4);
}

TEST(Grpc, EncodesMessages) { EXPECT_EQ(grpc_message("50% of \xC3\xA9\n"), "50%25 of %C3%A9%0A"); }

}  // namespace
}  // namespace weft::proxy
