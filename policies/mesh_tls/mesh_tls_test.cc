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

}  // namespace
}  // namespace weft
