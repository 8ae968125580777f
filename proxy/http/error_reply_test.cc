#include "proxy/http/error_reply.h"

#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

std::string text(const ErrorReply& reply, const ReplyContext& context = {}) { return write_reply(reply, context); }

bool holds(std::string_view text, std::string_view piece) { return text.find(piece) != std::string_view::npos; }

TEST(ErrorReply, SaysStatusReasonSideAndFlag) {
  EXPECT_EQ(text(reply_to_failure(Reason::kNoHealthyUpstream, false, true, {})),
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 19\r\ncontent-type: text/plain\r\n"
            "x-weft-reason: no_healthy_upstream; by=outbound; flag=UH\r\n\r\nno healthy upstream");
}

TEST(ErrorReply, CarriesTheLastCauseWhenRetriesAreUsedUp) {
  EXPECT_TRUE(holds(text(reply_to_failure(Reason::kUpstreamReset, true, true, {})),
                    "x-weft-reason: upstream_reset; by=outbound; flag=URX,UR\r\n"));
}

TEST(ErrorReply, BlamesTheClientForATimeoutWhileItsRequestWasStillComing) {
  EXPECT_EQ(reply_to_failure(Reason::kStreamIdleTimeout, false, true, {}).status, 504);
  EXPECT_EQ(reply_to_failure(Reason::kStreamIdleTimeout, false, false, {}).status, 408);
  EXPECT_EQ(reply_to_failure(Reason::kRequestTimeout, false, true, {}).status, 504);
}

TEST(ErrorReply, HasAnAnswerForEveryReason) {
  for (size_t i = 1; i < static_cast<size_t>(Reason::kCount); ++i) {
    const ErrorReply reply = reply_to_failure(static_cast<Reason>(i), false, true, {});
    EXPECT_GE(reply.status, 400) << i;
    EXPECT_LE(reply.status, 504) << i;
    EXPECT_NE(status_phrase(reply.status), "Error") << reply.status;
  }
}

TEST(ErrorReply, NamesThePolicyThatRefused) {
  const Refusal refusal{403, Reason::kDenied, "MeshTrafficPermission", "kri_mtp_x", "RBAC: access denied"};
  ReplyContext context;
  context.direction = Direction::kInbound;
  const std::string reply = text(reply_to_refusal(refusal), context);
  EXPECT_TRUE(holds(reply, "x-weft-reason: denied; by=inbound; flag=DENY; policy=kri_mtp_x\r\n"));
  EXPECT_TRUE(reply.ends_with("\r\n\r\nRBAC: access denied"));
}

TEST(ErrorReply, KeepsTheLengthButNotTheBodyForHead) {
  ReplyContext context;
  context.without_body = true;
  context.close = true;
  const std::string reply = text(reply_to_bad_request(400, "no host"), context);
  EXPECT_TRUE(holds(reply, "content-length: 7\r\n"));
  EXPECT_TRUE(reply.ends_with("connection: close\r\n\r\n"));
}

TEST(ErrorReply, MarksOverflow) {
  EXPECT_TRUE(holds(text(reply_to_failure(Reason::kOverflow, false, true, {})), "x-envoy-overloaded: true\r\n"));
}

}  // namespace
}  // namespace weft::proxy
