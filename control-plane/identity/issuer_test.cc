#include "control-plane/identity/issuer.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/identity/test_request.h"

namespace weft::cp {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::describe;
using testing::make_request;
using testing::make_request_for;
using testing::make_test_authority;
using testing::TestAuthority;
using testing::verifies;

std::chrono::sys_seconds now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

CertificateRequest request() { return CertificateRequest::parse(make_request_for("spiffe://d/web")).value(); }
std::shared_ptr<const Issuer> read(const TestAuthority& authority) {
  return Issuer::read({authority.certificate_pem, authority.key_pem}).value();
}

TEST(Issuer, ACertificateSaysWhoItIsForAndNothingElseOfTheRequest) {
  const MeshAuthority authority = make_mesh_authority("d", now()).value();
  const auto issuer = Issuer::read(authority).value();
  const auto asked =
      CertificateRequest::parse(make_request({.subject = "root", .other_extension = "codeSigning"})).value();
  const IssuedCertificate issued = issuer->issue(asked, hours(120), now()).value();
  ASSERT_EQ(issued.chain.size(), 1u);
  EXPECT_EQ(describe(issued.chain[0]),
            "uri spiffe://d/web (critical) subject:0 authority:false usage:true server+client:true key ids:true "
            "serial bits:true");
  EXPECT_TRUE(verifies(issued.chain, authority.certificate_pem));
  EXPECT_FALSE(verifies(issued.chain, make_mesh_authority("d", now()).value().certificate_pem));
}

TEST(Issuer, ItIsGoodFromTenSecondsAgoForItsLifetime) {
  const auto issuer = Issuer::read(make_mesh_authority("d", now()).value()).value();
  const IssuedCertificate issued = issuer->issue(request(), seconds(60), now()).value();
  EXPECT_EQ(issued.not_after - issued.not_before, seconds(70));
  EXPECT_LE(issued.not_after - now(), seconds(60));
}

TEST(Issuer, SerialsDiffer) {
  const auto issuer = Issuer::read(make_mesh_authority("d", now()).value()).value();
  const std::string one = issuer->issue(request(), hours(1), now())->serial;
  EXPECT_NE(one, issuer->issue(request(), hours(1), now())->serial);
  EXPECT_EQ(one.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_GE(one.size(), 28u);
}

TEST(Issuer, AuthoritiesOfEveryKindSign) {
  for (const char* kind : {"P-256", "P-384", "RSA", "ED25519"}) {
    const TestAuthority authority = make_test_authority(kind);
    const IssuedCertificate issued = read(authority)->issue(request(), hours(1), now()).value();
    EXPECT_TRUE(verifies(issued.chain, authority.certificate_pem)) << kind;
  }
}

TEST(Issuer, WhatStandsBetweenTheAuthorityAndItsRootIsSentAndTheRootIsNot) {
  const TestAuthority root = make_test_authority("P-384");
  const TestAuthority upper = make_test_authority("RSA", root);
  const TestAuthority lower = make_test_authority("P-256", upper);
  const IssuedCertificate issued = read(lower)->issue(request(), hours(1), now()).value();
  EXPECT_EQ(issued.chain.size(), 3u);
  EXPECT_TRUE(verifies(issued.chain, root.certificate_pem));
}

TEST(Issuer, ACertificateEndsWithItsAuthority) {
  const TestAuthority authority = make_test_authority("P-256", {}, 1);
  const auto issuer = read(authority);
  const auto issued = issuer->issue(request(), hours(120), now());
  EXPECT_LE(issued->not_after, now() + hours(24));
  const auto late = issuer->issue(request(), hours(120), now() + hours(25));
  EXPECT_EQ(reason(late.status()), "the authority's certificate has run out");
}

TEST(Issuer, WhatIsNoPairIsRefusedAndTheKeyIsNotQuoted) {
  const TestAuthority a = make_test_authority("P-256"), b = make_test_authority("P-256");
  EXPECT_EQ(reason(Issuer::read({a.certificate_pem, b.key_pem}).status()),
            "the authority's certificate and key do not belong together");
  EXPECT_EQ(reason(Issuer::read({"x", a.key_pem}).status()), "the authority's certificate is not in PEM form");
  EXPECT_EQ(reason(Issuer::read({a.certificate_pem, "secret text"}).status()),
            "not an unencrypted private key in PEM form");
}

TEST(Issuer, ItsHashIsThatOfItsCertificate) {
  const TestAuthority a = make_test_authority("P-256"), b = make_test_authority("P-256");
  EXPECT_EQ(read(a)->hash(), read(a)->hash());
  EXPECT_NE(read(a)->hash(), read(b)->hash());
}

}  // namespace
}  // namespace weft::cp
