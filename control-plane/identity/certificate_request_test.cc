#include "control-plane/identity/certificate_request.h"

#include <gtest/gtest.h>

#include "control-plane/identity/test_request.h"

namespace weft::cp {
namespace {

using testing::make_request;
using testing::make_request_for;

// The name it asks for, or why it is refused.
std::string read(const std::string& der) {
  const Result<CertificateRequest> request = CertificateRequest::parse(der);
  return request.ok() ? request->uri() : reason(request.status());
}

TEST(CertificateRequest, TheNameAndAP256KeyAreTakenFromIt) {
  EXPECT_EQ(read(make_request_for("spiffe://default.east.mesh.local/workload/web")),
            "spiffe://default.east.mesh.local/workload/web");
  EXPECT_EQ(read(make_request({.subject = "root", .other_extension = "codeSigning"})), "spiffe://d/web")
      << "the rest is ignored";
}

TEST(CertificateRequest, OneUriIsAskedForAndNothingElse) {
  EXPECT_EQ(read(make_request({.names = {}})), "it asks for no name");
  EXPECT_EQ(read(make_request({.names = {}, .other_extension = "serverAuth"})), "it asks for no name");
  EXPECT_EQ(read(make_request({.names = {"URI:spiffe://d/web,URI:spiffe://d/admin"}})),
            "it must ask for one name alone");
  EXPECT_EQ(read(make_request({.names = {"URI:spiffe://d/web,DNS:web"}})), "it must ask for one name alone");
  EXPECT_EQ(read(make_request({.names = {"URI:spiffe://d/web", "URI:spiffe://d/admin"}})), "it asks for names twice");
  EXPECT_EQ(read(make_request({.names = {"DNS:spiffe://d/web"}})), "the name it asks for is not a URI");
  EXPECT_EQ(read(make_request({.names = {"email:spiffe://d/web"}})), "the name it asks for is not a URI");
}

TEST(CertificateRequest, OnlyAP256KeyWillDo) {
  for (const char* key : {"RSA", "P-384", "P-521", "ED25519", "secp256k1"}) {
    EXPECT_EQ(read(make_request({.key = key})), "its key is not a P-256 key") << key;
  }
  EXPECT_EQ(read(make_request({.explicit_curve = true})), "its key is not a P-256 key");
}

TEST(CertificateRequest, TheKeyMustHaveSignedIt) {
  EXPECT_EQ(read(make_request({.wrong_signature = true})), "its signature is not by its key");
  std::string changed = make_request_for("spiffe://d/web");
  changed.replace(changed.find("spiffe://d/web"), 14, "spiffe://d/adm");
  EXPECT_EQ(read(changed), "its signature is not by its key");
}

TEST(CertificateRequest, APointThatIsNotOnTheCurveIsNoKey) {
  std::string der = make_request_for("spiffe://d/web");
  const size_t point = der.find(std::string("\x03\x42\x00\x04", 4));
  ASSERT_NE(point, std::string::npos);
  der.replace(point + 4, 64, 64, '\x01');
  EXPECT_EQ(read(der), "its key is not a point of P-256");
}

TEST(CertificateRequest, WhatIsNoRequestIsRefused) {
  const std::string good = make_request_for("spiffe://d/web");
  EXPECT_EQ(read(""), "it is not a PKCS #10 request");
  EXPECT_EQ(read("spiffe://d/web"), "it is not a PKCS #10 request");
  EXPECT_EQ(read(good.substr(0, good.size() - 1)), "it is not a PKCS #10 request");
  EXPECT_EQ(read(good + '\0'), "something stands behind it");
  EXPECT_EQ(read(good + good), "something stands behind it");
  EXPECT_EQ(read(std::string(CertificateRequest::kMaxBytes + 1, '0')), "it has more than 4096 bytes");
  EXPECT_EQ(read(make_request_for("spiffe://d/" + std::string(5000, 'a'))), "it has more than 4096 bytes");
}

TEST(CertificateRequest, TheLongestSpiffeIdFits) {
  const std::string id = "spiffe://d/" + std::string(2037, 'a');
  EXPECT_EQ(read(make_request_for(id)), id);
}

}  // namespace
}  // namespace weft::cp
