#include "proxy/tls/trust.h"

#include <gtest/gtest.h>

#include <chrono>

#include "proxy/tls/certificates_for_test.h"

namespace weft::proxy {
namespace {

using test::authority_plan;
using test::bundle;
using test::CertificatePlan;
using test::ec_key;
using test::rsa_key;
using test::TestAuthority;
using test::workload;

struct TrustTest : testing::Test {
  TestAuthority root;
  TestAuthority foreign{authority_plan("foreign")};
  std::shared_ptr<const Trust> trust = make({bundle("td", {&root}), bundle("other", {&foreign})});

  static std::shared_ptr<const Trust> make(const std::vector<TrustBundle>& bundles) {
    auto made = Trust::make(bundles);
    EXPECT_TRUE(made.ok()) << reason(made.status());
    return *made;
  }
  TlsFailure judge(const CertificatePlan& plan) { return judge(root.issue(plan, ec_key()), {}); }
  TlsFailure judge(const CertificatePtr& leaf, const std::vector<X509*>& others) {
    CertificatesPtr chain(sk_X509_new_null());
    for (X509* const other : others) {
      X509_up_ref(other);
      sk_X509_push(chain.get(), other);
    }
    const auto verdict = trust->verify(leaf.get(), chain.get(), TlsSide::kClient, std::time(nullptr));
    EXPECT_EQ(verdict.identity == nullptr, verdict.failure != TlsFailure::kNone);
    EXPECT_EQ(ERR_peek_error(), 0u) << "the queue of errors must be left clean";
    return verdict.failure;
  }
};

TEST_F(TrustTest, AMemberIsWhoItsOnlyUriSays) {
  const auto leaf = root.issue(workload("spiffe://td/ns/a"), ec_key());
  const auto verdict = trust->verify(leaf.get(), nullptr, TlsSide::kClient, std::time(nullptr));
  ASSERT_NE(verdict.identity, nullptr) << verdict.detail;
  EXPECT_EQ(verdict.identity->spiffe_id, "spiffe://td/ns/a");
  EXPECT_NEAR(static_cast<double>(verdict.identity->expires - std::time(nullptr)), 3600, 5);
}

// Case 34.
TEST_F(TrustTest, Case34WhoIsNotVouchedForNowIsRefusedWithTheReason) {
  CertificatePlan expired = workload("spiffe://td/web");
  expired.begins = -100;
  expired.ends = -10;
  EXPECT_EQ(judge(expired), TlsFailure::kExpired);
  CertificatePlan early = workload("spiffe://td/web");
  early.begins = 1000;
  EXPECT_EQ(judge(early), TlsFailure::kNotYetValid);

  TestAuthority stranger(authority_plan("stranger"));
  EXPECT_EQ(judge(stranger.issue(workload("spiffe://td/web"), ec_key()), {}), TlsFailure::kUnknownAuthority);
  EXPECT_EQ(judge(stranger.issue(workload("spiffe://td/web"), ec_key()), {stranger.certificate()}),
            TlsFailure::kUnknownAuthority)
      << "a root that the peer brings along vouches for nobody";
  const auto key = ec_key();
  const TestAuthority self(workload("spiffe://td/web"), key);
  EXPECT_EQ(judge(self.issue(workload("spiffe://td/web"), key), {}), TlsFailure::kUnknownAuthority) << "self-signed";

  const auto member = root.issue(workload("spiffe://td/web"), ec_key());
  EXPECT_EQ(judge(member, {}), TlsFailure::kNone);
  trust = make({bundle("td", {&foreign})});
  EXPECT_EQ(judge(member, {}), TlsFailure::kUnknownAuthority) << "its root was dropped";
}

// Case 35.
TEST_F(TrustTest, Case35OnlyOneWellFormedSpiffeIdIsAnIdentity) {
  for (const char* names :
       {"", "URI:spiffe://td/a,URI:spiffe://td/b", "URI:spiffe://td/a,URI:spiffe://td/a",
        "URI:spiffe://td/a,URI:https://td/a", "DNS:spiffe://td/web", "email:spiffe@td", "URI:https://td/web",
        "URI:spiffe://TD/web", "URI:SPIFFE://td/web", "URI:spiffe://td/we%62", "URI:spiffe://td/a/../web",
        "URI:spiffe://td/web/", "URI:spiffe://td", "URI:spiffe://td/", "URI:spiffe://td/web?x", "URI:spiffe://td/web#x",
        "URI:spiffe://td:443/web", "URI:spiffe://u@td/web"}) {
    CertificatePlan plan;
    plan.names = names;
    EXPECT_EQ(judge(plan), TlsFailure::kNoIdentity) << names;
  }
  CertificatePlan with_dns;
  with_dns.names = "URI:spiffe://td/web,DNS:web.td";
  EXPECT_EQ(judge(with_dns), TlsFailure::kNone) << "other kinds of names are allowed beside it";
}

// Case 35.
TEST_F(TrustTest, Case35ATrustDomainIsVouchedForByItsOwnAuthoritiesAlone) {
  EXPECT_EQ(judge(workload("spiffe://other/web")), TlsFailure::kUnknownAuthority);
  EXPECT_EQ(judge(workload("spiffe://nobody/web")), TlsFailure::kUnknownAuthority);
  EXPECT_EQ(judge(foreign.issue(workload("spiffe://other/web"), ec_key()), {}), TlsFailure::kNone);
  EXPECT_EQ(judge(foreign.issue(workload("spiffe://td/web"), ec_key()), {}), TlsFailure::kUnknownAuthority);
}

// Case 36.
TEST_F(TrustTest, Case36AnIntermediateMustBeAllowedToSign) {
  const TestAuthority good(root, authority_plan("intermediate"));
  EXPECT_EQ(judge(good.issue(workload("spiffe://td/web"), ec_key()), {good.certificate()}), TlsFailure::kNone);
  EXPECT_EQ(judge(good.issue(workload("spiffe://td/web"), ec_key()), {}), TlsFailure::kUnknownAuthority);

  CertificatePlan plan = workload("spiffe://td/ca");
  plan.subject = "not a CA";
  const TestAuthority workload_as_issuer(root, plan);
  EXPECT_EQ(judge(workload_as_issuer.issue(workload("spiffe://td/web"), ec_key()), {workload_as_issuer.certificate()}),
            TlsFailure::kBadCertificate);

  CertificatePlan no_sub = authority_plan("no sub");
  no_sub.constraints = "critical,CA:TRUE,pathlen:0";
  const TestAuthority last(root, no_sub);
  const TestAuthority beyond(last, authority_plan("beyond"));
  EXPECT_EQ(judge(beyond.issue(workload("spiffe://td/web"), ec_key()), {beyond.certificate(), last.certificate()}),
            TlsFailure::kBadCertificate);

  CertificatePlan limited = authority_plan("limited");
  limited.name_constraints = "critical,permitted;URI:elsewhere";
  const TestAuthority elsewhere(root, limited);
  EXPECT_EQ(judge(elsewhere.issue(workload("spiffe://td/web"), ec_key()), {elsewhere.certificate()}),
            TlsFailure::kBadCertificate);
}

// Case 36.
TEST_F(TrustTest, Case36LongChainsBigCertificatesAndHugeKeysAreRefusedWithoutEffort) {
  std::vector<TestAuthority> links;
  std::vector<X509*> chain;
  for (int i = 0; i < 100; ++i) {
    links.emplace_back(i == 0 ? root : links.back(), authority_plan("link " + std::to_string(i)));
    chain.push_back(links.back().certificate());
  }
  const auto leaf = links.back().issue(workload("spiffe://td/web"), ec_key());
  EXPECT_EQ(judge(leaf, chain), TlsFailure::kBadCertificate);

  CertificatePlan big = workload("spiffe://td/web");
  big.padding = std::string(64 * 1024, 'x');
  EXPECT_EQ(judge(big), TlsFailure::kBadCertificate);

  EXPECT_EQ(judge(root.issue(workload("spiffe://td/web"), rsa_key(1024)), {}), TlsFailure::kBadCertificate);
  EXPECT_EQ(judge(root.issue(workload("spiffe://td/web"), rsa_key(2048)), {}), TlsFailure::kNone);
}

TEST_F(TrustTest, ALeafSignsMessagesAndNothingElse) {
  CertificatePlan plan = workload("spiffe://td/web");
  plan.usage = "critical,keyEncipherment";
  EXPECT_EQ(judge(plan), TlsFailure::kBadCertificate);
  plan.usage = "critical,digitalSignature,keyCertSign";
  EXPECT_EQ(judge(plan), TlsFailure::kBadCertificate);
  plan.usage = "critical,digitalSignature";
  plan.constraints = "critical,CA:TRUE";
  EXPECT_EQ(judge(plan), TlsFailure::kBadCertificate);
  plan.constraints = "critical,CA:FALSE";
  plan.extended_usage = "codeSigning";
  EXPECT_EQ(judge(plan), TlsFailure::kBadCertificate);
  plan.extended_usage = "clientAuth,serverAuth";
  EXPECT_EQ(judge(plan), TlsFailure::kNone);
}

// Case 41.
TEST_F(TrustTest, Case41WhatIsRememberedIsStillJudgedByTheTime) {
  const auto leaf = root.issue(workload("spiffe://td/web"), ec_key());
  const int64_t now = std::time(nullptr);
  const auto at = [&](int64_t when) { return trust->verify(leaf.get(), nullptr, TlsSide::kClient, when).failure; };
  EXPECT_EQ(at(now), TlsFailure::kNone);
  EXPECT_EQ(at(now + 24 * 3600), TlsFailure::kExpired);
  EXPECT_EQ(at(now - 24 * 3600), TlsFailure::kNotYetValid);
  EXPECT_EQ(at(now), TlsFailure::kNone) << "no reading of a clock condemns it for good";
}

TEST_F(TrustTest, ItsVersionIsThatOfWhatItBelieves) {
  EXPECT_EQ(make({bundle("td", {&root})})->version(), make({bundle("td", {&root, &root})})->version());
  EXPECT_NE(make({bundle("td", {&root})})->version(), make({bundle("td", {&root, &foreign})})->version());
  EXPECT_NE(make({bundle("td", {&root})})->version(), make({bundle("te", {&root})})->version());
  EXPECT_NE(make({})->version(), 0u);
}

TEST_F(TrustTest, WhatIsNoAuthorityIsNamed) {
  TrustBundle broken{"td", {"not a certificate"}};
  EXPECT_EQ(reason(Trust::make({broken}).status()), "td: an authority is not a certificate");
  TrustBundle leaf{"td", {test::der_of(root.issue(workload("spiffe://td/web"), ec_key()).get())}};
  EXPECT_FALSE(Trust::make({leaf}).ok());
  EXPECT_FALSE(Trust::make({TrustBundle{"TD", {}}}).ok());
}

}  // namespace
}  // namespace weft::proxy
