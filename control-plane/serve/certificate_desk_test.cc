#include "control-plane/serve/certificate_desk.h"

#include <future>

#include <gmock/gmock.h>

#include "base/document/document.h"
#include "base/hash.h"
#include "base/text.h"
#include "control-plane/identity/test_request.h"
#include "control-plane/resource/check.h"
#include "control-plane/store/sqlite_store.h"
#include "weft/v1/dataplane_insight.pb.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;
using testing::make_request;
using testing::make_request_for;
using ::testing::StartsWith;
using testing::verifies;

constexpr char kWeb[] = "spiffe://d/workload/web";

std::chrono::sys_seconds seconds_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

class CertificateDeskTest : public ::testing::Test {
 protected:
  CertificateDeskTest() {
    write(R"({"type":"Mesh","name":"default"})");
    dataplane("web-1", "web");
    identity();
  }

  uint64_t write(const std::string& json, std::shared_ptr<const google::protobuf::Message> status = nullptr) {
    Checked checked = check_document(parse_json(json).value(), "default");
    EXPECT_TRUE(checked.errors.empty()) << sentence(checked.errors.front());
    auto resource = std::make_shared<Resource>(*checked.resource);
    resource->status = std::move(status);
    return store_->write({{.key = resource->key, .resource = resource}}).value();
  }
  void dataplane(const std::string& name, const std::string& workload) {
    write(cat(R"({"type":"Dataplane","name":")", name, R"(","labels":{"kuma.io/workload":")", workload,
              R"("},"networking":{"address":"10.0.0.1"}})"));
  }
  // Of the authority that is in `authority_` now, unless `issuer` says otherwise.
  void identity(std::string issuer = "", const std::string& expiry = "60s") {
    auto status = std::make_shared<v1::MeshIdentityStatus>();
    status->set_issuer(issuer.empty() ? hex64(Issuer::read(authority_).value()->hash()) : issuer);
    write(cat(R"({"type":"MeshIdentity","name":"identity","spec":{"selector":{"dataplane":{}},
                  "spiffeID":{"trustDomain":"d"},"provider":{"type":"Bundled","bundled":{
                  "certificateParameters":{"expiry":")",
              expiry, R"("},
                  "insecureAllowSelfSigned":true,"autogenerate":{"enabled":true}}}}})"),
          std::move(status));
  }
  void remove(const char* type, const char* name) {
    ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = {type, "default", name}}}).ok());
  }

  v1::CertificateAnswer ask(const std::string& csr, const std::string& name = "web-1",
                            std::shared_ptr<const DataplaneToken> token = nullptr) {
    v1::CertificateRequest request;
    request.set_id(++last_id_);
    request.set_csr(csr);
    v1::CertificateAnswer answer = desk_.issue({{"Dataplane", "default", name}, std::move(token)}, request, now_);
    EXPECT_EQ(answer.id(), last_id_);
    EXPECT_EQ(answer.chain().empty(), !answer.refused().empty());
    EXPECT_EQ(answer.retry_after_milliseconds() > 0, !answer.refused().empty());
    return answer;
  }
  std::string why(const std::string& csr, const std::string& name = "web-1") { return ask(csr, name).refused(); }
  uint64_t refused(CertificateRefusal reason) { return metrics_.certificates_refused[static_cast<size_t>(reason)]; }

  MeshAuthority authority_ = make_mesh_authority("d", seconds_now()).value();
  std::unique_ptr<Store> store_ = open_sqlite_store(":memory:").value();
  std::unique_ptr<WorldPublisher> worlds_ = WorldPublisher::start(*store_).value();
  Time utc_ = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  SteadyTime now_{std::chrono::hours(1)};
  uint64_t last_id_ = 0;
  int fetched_ = 0;
  std::function<void()> while_fetching_ = [] {};
  Status broken_ = ok();
  ServeMetrics metrics_;
  Insights insights_{"cp-1", [this] { return utc_; }};
  CertificateDesk desk_{*worlds_,
                        [this](const World&, const Resource&) -> Result<MeshAuthority> {
                          ++fetched_;
                          while_fetching_();
                          if (!broken_.ok()) return broken_;
                          return authority_;
                        },
                        [this] { return utc_; }, insights_, metrics_};
};

TEST_F(CertificateDeskTest, AProxyGetsTheCertificateOfWhoItIs) {
  const v1::CertificateAnswer answer = ask(make_request_for(kWeb));
  EXPECT_EQ(answer.refused(), "");
  EXPECT_EQ(answer.issuer(), Issuer::read(authority_).value()->hash());
  EXPECT_THAT(testing::describe(answer.chain(0)), StartsWith(cat("uri ", kWeb)));
  EXPECT_TRUE(verifies({answer.chain().begin(), answer.chain().end()}, authority_.certificate_pem));
  EXPECT_EQ(metrics_.certificates_issued, 1u);
  EXPECT_THAT(metrics_.print(), HasSubstr("weft_cp_certificate_signing_seconds_count 1"));
}

TEST_F(CertificateDeskTest, NobodyGetsTheCertificateOfAnother) {
  dataplane("admin-1", "admin");
  EXPECT_EQ(why(make_request_for("spiffe://d/workload/admin")),
            cat("this Dataplane may hold ", kWeb, " and nothing else"));
  for (const char* id : {"spiffe://d/workload/web/", "spiffe://D/workload/web", "spiffe://d/workload/we",
                         "spiffe://d/workload/web%00", "https://d/workload/web"}) {
    now_ += std::chrono::minutes(1);
    EXPECT_THAT(why(make_request_for(id)), HasSubstr("nothing else")) << id;
  }
  EXPECT_EQ(refused(CertificateRefusal::kOtherName), 6u);
  EXPECT_EQ(metrics_.certificates_issued, 0u);
}

TEST_F(CertificateDeskTest, WhoTheDataplaneIsIsReadFromTheWorldOfThisMoment) {
  dataplane("web-1", "cart");
  EXPECT_THAT(why(make_request_for(kWeb)), HasSubstr("spiffe://d/workload/cart"));
  EXPECT_EQ(why(make_request_for("spiffe://d/workload/cart")), "");
}

TEST_F(CertificateDeskTest, ABadRequestIsRefusedWithTheReason) {
  EXPECT_EQ(why(make_request({.key = "RSA", .names = {cat("URI:", kWeb)}})), "the request: its key is not a P-256 key");
  EXPECT_EQ(why(make_request({.names = {cat("DNS:", kWeb)}})), "the request: the name it asks for is not a URI");
  EXPECT_EQ(why("nonsense"), "the request: it is not a PKCS #10 request");
  EXPECT_EQ(refused(CertificateRefusal::kMalformed), 3u);
}

TEST_F(CertificateDeskTest, WithoutAnIdentityThereIsNoCertificate) {
  remove("MeshIdentity", "identity");
  EXPECT_EQ(why(make_request_for(kWeb)), "no MeshIdentity selects the Dataplane");
  identity("no number");
  EXPECT_EQ(why(make_request_for(kWeb)), "no identity by MeshIdentity 'identity': it is not ready");
  EXPECT_EQ(why(make_request_for(kWeb), "gone"), "the Dataplane is gone");
  EXPECT_EQ(refused(CertificateRefusal::kNoIdentity), 3u);
}

TEST_F(CertificateDeskTest, AnIdentityThatGoesWhileARequestRunsGivesNoCertificate) {
  while_fetching_ = [this] { remove("MeshIdentity", "identity"); };
  EXPECT_EQ(why(make_request_for(kWeb)), "who the Dataplane is has changed meanwhile");
  identity();
  now_ += Issuers::kFetchAgainAfter;
  while_fetching_ = [this] { dataplane("web-1", "cart"); };
  EXPECT_EQ(why(make_request_for(kWeb)), "who the Dataplane is has changed meanwhile");
  EXPECT_EQ(metrics_.certificates_issued, 0u);
}

TEST_F(CertificateDeskTest, AnAuthorityThatProxiesWereNotToldOfDoesNotSign) {
  authority_ = make_mesh_authority("d", seconds_now()).value();
  const v1::CertificateAnswer answer = ask(make_request_for(kWeb));
  EXPECT_EQ(answer.refused(), "the authority of the MeshIdentity is being replaced");
  EXPECT_LE(answer.retry_after_milliseconds(), 1000u);
  identity();
  EXPECT_EQ(why(make_request_for(kWeb)), "");
}

TEST_F(CertificateDeskTest, AnAuthorityThatRanOutSaysSoAndTheProxyBacksOff) {
  utc_ += std::chrono::hours(24 * 3651);
  EXPECT_EQ(why(make_request_for(kWeb)), "the authority's certificate has run out");
  EXPECT_EQ(why(make_request_for(kWeb)), "the last request failed, and it is too early for another");
  EXPECT_EQ(refused(CertificateRefusal::kAuthority), 1u);
  EXPECT_EQ(refused(CertificateRefusal::kTooOften), 1u);
  utc_ = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  identity();
  EXPECT_EQ(why(make_request_for(kWeb)), "") << "who repaired it does not wait";
}

TEST_F(CertificateDeskTest, AnAuthorityThatFailsEverybodyIsTriedNowAndThen) {
  broken_ = not_found("the Secret is gone");
  for (int i = 0; i < 12; ++i) dataplane(cat("p-", i), "web");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(why(make_request_for(kWeb), cat("p-", i)), "the Secret is gone");
  EXPECT_THAT(why(make_request_for(kWeb), "p-10"), HasSubstr("tried now and then"));
  EXPECT_EQ(fetched_, 10);
  broken_ = ok();
  now_ += IssueLimits::kProbeEvery;
  EXPECT_EQ(why(make_request_for(kWeb), "p-10"), "");
  EXPECT_EQ(why(make_request_for(kWeb), "p-11"), "");
}

TEST_F(CertificateDeskTest, TheAuthorityIsReadOnceAndAgainWhenSomethingChanged) {
  for (int i = 0; i < 20; ++i) {
    dataplane(cat("p-", i), "web");
    EXPECT_EQ(why(make_request_for(kWeb), cat("p-", i)), "");
  }
  EXPECT_EQ(fetched_, 1);
  now_ += Issuers::kFetchAgainAfter;
  ask(make_request_for(kWeb));
  EXPECT_EQ(fetched_, 2) << "it may be a file";
  write(R"({"type":"Secret","name":"x","data":"YQ=="})");
  ask(make_request_for(kWeb));
  EXPECT_EQ(fetched_, 3);
}

TEST_F(CertificateDeskTest, AskingInALoopIsStopped) {
  const std::string csr = make_request_for(kWeb);
  for (int i = 0; i < 100; ++i) ask(csr);
  EXPECT_EQ(metrics_.certificates_issued, static_cast<uint64_t>(IssueLimits::kBurst));
  EXPECT_EQ(why(csr), "certificates are asked for too often");
}

TEST_F(CertificateDeskTest, WhatTheTokenSaysHoldsForCertificatesToo) {
  const auto bound = std::make_shared<const DataplaneToken>(DataplaneToken{.workload = "web", .id = "t1"});
  EXPECT_EQ(ask(make_request_for(kWeb), "web-1", bound).refused(), "");
  dataplane("web-1", "cart");
  EXPECT_EQ(ask(make_request_for("spiffe://d/workload/cart"), "web-1", bound).refused(),
            "the token is for workload \"web\", not \"cart\"");
  dataplane("web-1", "web");
  write(R"({"type":"GlobalSecret","name":"dataplane-token-revocations-default","data":"dDE="})");
  EXPECT_EQ(ask(make_request_for(kWeb), "web-1", bound).refused(), "the token was revoked");
  EXPECT_EQ(refused(CertificateRefusal::kToken), 2u);
}

TEST_F(CertificateDeskTest, TheInsightSaysWhichCertificateAProxyHas) {
  insights_.connected({"Dataplane", "default", "web-1"}, "1", "0.1.0");
  EXPECT_FALSE(insights_.find("default", "web-1")->has_m_tls());
  ask(make_request_for(kWeb));
  ask(make_request_for(kWeb));
  const auto mtls = insights_.find("default", "web-1")->m_tls();
  EXPECT_EQ(mtls.certificate_regenerations(), 2u);
  EXPECT_EQ(mtls.issued_backend(), "kri_mid_default___identity_");
  const int64_t now = std::chrono::floor<std::chrono::seconds>(utc_).time_since_epoch().count();
  EXPECT_EQ(mtls.last_certificate_regeneration().seconds(), now);
  EXPECT_EQ(mtls.certificate_expiration_time().seconds(), now + 60);
  insights_.shows_none({"Dataplane", "default", "web-1"});
  EXPECT_FALSE(insights_.find("default", "web-1")->has_m_tls());
}

TEST_F(CertificateDeskTest, RequestsAreAnsweredOnThreadsOfTheDesk) {
  v1::CertificateRequest request;
  request.set_id(5);
  request.set_csr(make_request_for(kWeb));
  std::promise<std::pair<v1::CertificateAnswer, bool>> got;
  desk_.request({{"Dataplane", "default", "web-1"}, nullptr}, request,
                [&, here = std::this_thread::get_id()](v1::CertificateAnswer answer) {
                  got.set_value({std::move(answer), std::this_thread::get_id() != here});
                });
  const auto [answer, elsewhere] = got.get_future().get();
  EXPECT_EQ(answer.id(), 5u);
  EXPECT_EQ(answer.chain_size(), 1);
  EXPECT_TRUE(elsewhere);
}

}  // namespace
}  // namespace weft::cp
