// Server names of services of all three kinds.
#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/kri.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Resource service(std::string_view type, std::string_view spec, Labels labels) {
  Decoded decoded = decode(parse_yaml(cat("{type: ", type, ", mesh: shop, name: web, spec: ", spec, "}"))->front());
  EXPECT_TRUE(decoded.ok());
  Resource out;
  out.key = decoded.key;
  out.labels = std::move(labels);
  out.spec = std::move(decoded.spec);
  return out;
}

TEST(Sni, APortIsCalledByItsNameOrItsNumberAndStandsInOrder) {
  const Resource web = service("MeshService", "{ports: [{port: 90, name: admin}, {port: 80}]}", {});
  EXPECT_THAT(snis(web), ElementsAre(Pair(80u, "sni.msvc.shop.web.80"), Pair(90u, "sni.msvc.shop.web.admin")));
}

TEST(Sni, ZoneAndNamespaceStandBeforeTheName) {
  const Labels zone{{"kuma.io/zone", "east"}};
  const Labels both{{"kuma.io/zone", "east"}, {"k8s.kuma.io/namespace", "ns"}};
  const Labels name_space{{"k8s.kuma.io/namespace", "ns"}};
  EXPECT_EQ(sni(service("MeshService", "{}", zone), "80"), "sni.msvc.shop.east.web.80");
  EXPECT_EQ(sni(service("MeshService", "{}", both), "80"), "sni.msvc.shop.east.ns.web.80");
  EXPECT_EQ(sni(service("MeshService", "{}", name_space), "80"), "sni.msvc.shop.web.80");
}

TEST(Sni, OfServicesOfOtherKinds) {
  const Labels zone{{"kuma.io/zone", "east"}};
  EXPECT_THAT(snis(service("MeshExternalService", "{match: {port: 443}}", zone)),
              ElementsAre(Pair(443u, "sni.extsvc.shop.east.web.443")));
  // No zone owns one.
  EXPECT_THAT(snis(service("MeshMultiZoneService",
                           "{selector: {meshService: {matchLabels: {a: b}}}, ports: [{port: 80, name: http}]}", zone)),
              ElementsAre(Pair(80u, "sni.mzsvc.shop.web.http")));
  EXPECT_THAT(snis(service("Workload", "{}", {})), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
