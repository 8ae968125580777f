#include "proxy/upstream/attempt_sign.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::proxy {
namespace {

using Sign = OutlierBoard::Sign;

struct GrpcStatus final : HeaderSource {
  explicit GrpcStatus(std::string code = "") : code(std::move(code)) {}
  void values(std::string_view name, std::vector<std::string_view>& out) const override {
    if (name == "grpc-status" && !code.empty()) out.push_back(code);
  }
  std::string code;
};

std::optional<Sign> of_status(uint16_t status, const std::string& grpc = "") {
  return sign_of({.status = status}, GrpcStatus(grpc));
}
std::optional<Sign> of_failure(Reason failure) { return sign_of({.failure = failure}, GrpcStatus()); }

TEST(AttemptSign, AnAnswerCountsByItsStatus) {
  EXPECT_EQ(of_status(200), Sign::kGood);
  EXPECT_EQ(of_status(404), Sign::kGood);
  EXPECT_EQ(of_status(499), Sign::kGood);
  EXPECT_EQ(of_status(500), Sign::kFailed);
  EXPECT_EQ(of_status(501), Sign::kFailed);
  EXPECT_EQ(of_status(502), Sign::kGatewayFailed);
  EXPECT_EQ(of_status(503), Sign::kGatewayFailed);
  EXPECT_EQ(of_status(504), Sign::kGatewayFailed);
  EXPECT_EQ(of_status(599), Sign::kFailed);
}

TEST(AttemptSign, ACallCountsByItsGrpcStatus) {
  EXPECT_EQ(of_status(200, "0"), Sign::kGood);
  EXPECT_EQ(of_status(200, "5"), Sign::kGood);  // NOT_FOUND
  EXPECT_EQ(of_status(200, "13"), Sign::kFailed);
  EXPECT_EQ(of_status(200, "4"), Sign::kGatewayFailed);
  EXPECT_EQ(of_status(200, "14"), Sign::kGatewayFailed);
  EXPECT_EQ(of_status(200, "x"), Sign::kGood);
}

TEST(AttemptSign, WhoGivesNoAnswerFails) {
  for (const Reason failure : {Reason::kConnectFailure, Reason::kConnectTimeout, Reason::kUpstreamClosed,
                               Reason::kUpstreamReset, Reason::kTlsFailure, Reason::kPerTryTimeout}) {
    EXPECT_EQ(of_failure(failure), Sign::kNoAnswer);
  }
}

TEST(AttemptSign, WhatIsNotItsFaultSaysNothing) {
  for (const Reason failure : {Reason::kDownstreamClosed, Reason::kOverloaded, Reason::kDeadlineExceeded}) {
    EXPECT_EQ(of_failure(failure), std::nullopt);
  }
  EXPECT_EQ(sign_of({.failure = Reason::kUpstreamClosed, .died_on_reused = true}, GrpcStatus()), std::nullopt);
}

TEST(AttemptSign, IsReportedOfTheEndpointItWentTo) {
  auto set = std::make_shared<EndpointSet>();
  set->endpoints.resize(3);
  OutlierRule rule;
  rule.failures_in_a_row = 1;
  Backend backend;
  backend.endpoints = set;
  report_connect(backend, set->endpoints[1], false, TimePoint{});  // nobody is interested
  backend.outliers = std::make_shared<const OutlierBoard>(rule, *set, nullptr);
  report_connect(backend, set->endpoints[1], true, TimePoint{});
  EXPECT_FALSE(backend.outliers->is_out(1));
  report_attempt(backend, set->endpoints[1], {.status = 500}, GrpcStatus(), TimePoint{});
  EXPECT_TRUE(backend.outliers->is_out(1));
  EXPECT_FALSE(backend.outliers->is_out(0));
}

}  // namespace
}  // namespace weft::proxy
