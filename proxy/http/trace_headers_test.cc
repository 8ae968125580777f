#include "proxy/http/trace_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::proxy {
namespace {

constexpr std::string_view kTrace = "463ac35c9f6413ad48485a3953bb6124";
constexpr std::string_view kSpan = "a2fb4a1d1a96d312";

std::string b3(std::string_view rest) { return std::string(kTrace) + "-" + std::string(kSpan) + std::string(rest); }

TEST(TraceHeaders, B3InOneFieldMayStopAfterSpanDecisionOrParent) {
  for (const std::string& value : {b3(""), b3("-1"), b3("-0"), b3("-d"), b3("-1-0020000000000001"), std::string("0"),
                                   std::string("1"), std::string("d"), "64fe8b2a57d3eff7-" + std::string(kSpan)}) {
    EXPECT_TRUE(valid_b3(value)) << value;
  }
}

TEST(TraceHeaders, B3ThatIsBrokenIsNotValid) {
  for (const std::string& value :
       {std::string(), std::string("-"), std::string(kTrace), b3("-"), b3("-2"), b3("-1-"), b3("-1-123"),
        b3("-1-0020000000000001-"), b3("-1-0020000000000001-1"), "0000000000000000-" + std::string(kSpan),
        std::string(kTrace) + "-0000000000000000", std::string(kTrace) + "-zzfb4a1d1a96d312",
        std::string(kTrace) + "0-", std::string(5000, 'a')}) {
    EXPECT_FALSE(valid_b3(value)) << value;
  }
}

TEST(TraceHeaders, B3InPiecesIsJudgedByThePiece) {
  EXPECT_TRUE(valid_b3_part(b3_part("X-B3-TraceId"), kTrace));
  EXPECT_TRUE(valid_b3_part(b3_part("x-b3-traceid"), kTrace.substr(16)));
  EXPECT_FALSE(valid_b3_part(b3_part("x-b3-traceid"), kTrace.substr(1)));
  EXPECT_TRUE(valid_b3_part(b3_part("x-b3-spanid"), kSpan));
  EXPECT_FALSE(valid_b3_part(b3_part("x-b3-spanid"), kTrace));
  EXPECT_TRUE(valid_b3_part(b3_part("x-b3-parentspanid"), kSpan));
  EXPECT_TRUE(valid_b3_part(b3_part("x-b3-sampled"), "1"));
  EXPECT_TRUE(valid_b3_part(b3_part("x-b3-sampled"), "true"));
  EXPECT_FALSE(valid_b3_part(b3_part("x-b3-sampled"), "d"));
  EXPECT_TRUE(valid_b3_part(b3_part("x-b3-flags"), "1"));
  EXPECT_FALSE(valid_b3_part(b3_part("x-b3-flags"), "2"));
}

TEST(TraceHeaders, TraceparentIsStrict) {
  EXPECT_TRUE(valid_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_TRUE(valid_traceparent("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
  EXPECT_FALSE(valid_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
  EXPECT_FALSE(valid_traceparent("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  EXPECT_FALSE(valid_traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01"));
  EXPECT_FALSE(valid_traceparent("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"));
}

}  // namespace
}  // namespace weft::proxy
