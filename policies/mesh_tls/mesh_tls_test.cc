#include "policies/mesh_tls/mesh_tls.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_tls.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

std::vector<Violation> validated(const std::string& conf, const std::string& target = "") {
  Violations violations;
  mesh_tls_kind().validate(spec_of<v1::MeshTLS>(target + " rules { default { " + conf + " } }"), violations);
  return violations.list();
}

constexpr char kDataplane[] = "target_ref { kind: 'Dataplane' }";
constexpr char kCipher[] = "tls_ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' ";

TEST(MeshTLS, EveryConfOfTheMeshIsFine) {
  EXPECT_THAT(validated(""), IsEmpty());
  EXPECT_THAT(validated(std::string(kCipher) + "mode: 'Strict' tls_version { min: 'TLS11' max: 'TLS12' }"), IsEmpty());
  EXPECT_THAT(validated(kCipher, "target_ref { kind: 'Mesh' }"), IsEmpty());
  EXPECT_THAT(validated("mode: 'Permissive'", kDataplane), IsEmpty());
}

TEST(MeshTLS, VersionsAndCiphersAreForTheWholeMeshOnly) {
  EXPECT_THAT(validated(std::string(kCipher) + "tls_version { }", kDataplane),
              ElementsAre(Violation{"spec.rules[0].default.tlsCiphers",
                                    "tlsCiphers can only be defined with top level targetRef kind: Mesh"},
                          Violation{"spec.rules[0].default.tlsVersion",
                                    "tlsVersion can only be defined with top level targetRef kind: Mesh"}));
}

TEST(MeshTLS, TheLowestVersionIsNotAboveTheHighest) {
  EXPECT_THAT(validated("tls_version { min: 'TLS13' max: 'TLS12' }"),
              ElementsAre(Violation{"spec.rules[0].default.tlsVersion.min", "min version must be lower than max"}));
  EXPECT_THAT(validated("tls_version { min: 'TLS12' max: 'TLS12' }"), IsEmpty());
  EXPECT_THAT(validated("tls_version { min: 'TLSAuto' max: 'TLS10' }"), IsEmpty());
  EXPECT_THAT(validated("tls_version { min: 'TLS13' max: 'TLSAuto' }"), IsEmpty());
  EXPECT_THAT(validated("tls_version { min: 'TLS13' }"), IsEmpty());
}

TEST(MeshTLS, UnknownWordsAreNamedWithoutTheSchemaToo) {
  EXPECT_THAT(
      validated("mode: 'Off' tls_ciphers: 'RC4' tls_version { min: 'SSL3' max: 'TLS9' }"),
      ElementsAre(
          Violation{"spec.rules[0].default.mode", R"("mode" must be one of ["Strict", "Permissive"])"},
          Violation{"spec.rules[0].default.tlsCiphers",
                    R"("tlsCiphers" must be one of ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", )"
                    R"("ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256", )"
                    R"("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"])"},
          Violation{"spec.rules[0].default.tlsVersion.min",
                    R"("min" must be one of ["TLSAuto", "TLS10", "TLS11", "TLS12", "TLS13"])"},
          Violation{"spec.rules[0].default.tlsVersion.max",
                    R"("max" must be one of ["TLSAuto", "TLS10", "TLS11", "TLS12", "TLS13"])"}));
}

TEST(MeshTLS, PermissiveIsRemarkedOn) {
  const auto remarks = [](const std::string& conf) {
    std::vector<std::string> out;
    mesh_tls_kind().remark(spec_of<v1::MeshTLS>("rules { } rules { default { " + conf + " } }"), out);
    return out;
  };
  EXPECT_THAT(remarks("mode: 'Strict'"), IsEmpty());
  EXPECT_THAT(remarks("mode: 'Permissive'"),
              ElementsAre(::testing::StartsWith("spec.rules[1].default.mode is Permissive: ")));
}

Result<TlsRule> rule(const std::string& conf) { return tls_rule(spec_of<v1::MeshTLSConf>(conf).SerializeAsString()); }

TEST(MeshTLSRule, WithoutAWordItIsStrictWithTheLibrarysVersions) {
  const TlsRule strict = *tls_rule("");
  EXPECT_EQ(strict.mode, TlsRule::Mode::kStrict);
  EXPECT_EQ(strict.min_version, TlsRule::Version::kDefault);
  EXPECT_EQ(strict.max_version, TlsRule::Version::kDefault);
  EXPECT_EQ(strict.ciphers, "");
}

TEST(MeshTLSRule, EveryFieldReachesTheConnectionsPlan) {
  const std::string conf =
      "mode: 'Permissive' tls_version { min: 'TLS12' max: 'TLSAuto' } tls_ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' "
      "tls_ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305'";
  const auto policy = mesh_tls_kind().make(spec_of<v1::MeshTLSConf>(conf).SerializeAsString(), true);
  ASSERT_TRUE(policy.ok());
  ConnectionPlan plan;
  plan.idle_timeout = std::chrono::seconds(7);
  (*policy)->prepare_connection(plan);
  EXPECT_EQ(plan.tls.mode, TlsRule::Mode::kPermissive);
  EXPECT_EQ(plan.tls.min_version, TlsRule::Version::kTls12);
  EXPECT_EQ(plan.tls.max_version, TlsRule::Version::kDefault);
  EXPECT_EQ(plan.tls.ciphers, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305");
  EXPECT_EQ(plan.idle_timeout, std::chrono::seconds(7));
}

TEST(MeshTLSRule, WhatItDoesNotUnderstandItRefuses) {
  EXPECT_EQ(reason(tls_rule("\xff\xff").status()), "MeshTLS: the conf cannot be read");
  EXPECT_EQ(reason(rule("mode: 'Off'").status()), R"(MeshTLS: mode: "Off" is not known)");
  EXPECT_EQ(reason(rule("tls_version { min: 'TLS14' }").status()), R"(MeshTLS: tlsVersion.min: "TLS14" is not known)");
  EXPECT_EQ(reason(rule("tls_version { max: 'SSL3' }").status()), R"(MeshTLS: tlsVersion.max: "SSL3" is not known)");
  EXPECT_EQ(reason(rule("tls_ciphers: 'ALL:eNULL'").status()), R"(MeshTLS: tlsCiphers: "ALL:eNULL" is not known)");
  v1::MeshTLSConf conf;
  conf.GetReflection()->MutableUnknownFields(&conf)->AddVarint(9, 1);
  EXPECT_EQ(reason(tls_rule(conf.SerializeAsString()).status()), "MeshTLS: it has an unknown field 9");
}

}  // namespace
}  // namespace weft
