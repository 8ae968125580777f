#include "control-plane/resource/pem.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/resource/special_forms.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string block(const std::string& der) {
  return cat("-----BEGIN CERTIFICATE-----\n", print_base64(der), "\r\n-----END CERTIFICATE-----\n");
}
std::string sequence(size_t size) {
  std::string head("\x30\x82");
  head += static_cast<char>(size >> 8);
  head += static_cast<char>(size & 0xff);
  return head + std::string(size, 'x');
}

TEST(Pem, CertificatesComeInTheOrderOfTheTextWhateverStandsBetweenThem) {
  const std::string a = sequence(300), b("\x30\x01x", 3);
  EXPECT_THAT(pem_certificates(cat("# ours\n", block(a), "subject: x\n", block(b))), ElementsAre(a, b));
}

TEST(Pem, WhatIsNoSequenceOfItsLengthIsLeftOut) {
  const std::string good("\x30\x01x", 3);
  EXPECT_THAT(pem_certificates(cat(block("x"), block(good + "x"), block(sequence(300).substr(0, 200)), block(good))),
              ElementsAre(good));
  EXPECT_THAT(pem_certificates("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----"), IsEmpty());
  EXPECT_THAT(pem_certificates("-----BEGIN CERTIFICATE-----\nMAA="), IsEmpty());
  EXPECT_THAT(pem_certificates("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----"), IsEmpty());
  EXPECT_THAT(pem_certificates(""), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
