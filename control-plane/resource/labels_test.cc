// Labels by the place of the control plane: the global one, a zone on its own, a federated zone.
#include "control-plane/resource/labels.h"

#include <gmock/gmock.h>

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const Place kGlobal{.is_global = true};
const Place kAlone{.zone = "east"};
const Place kFederated{.is_federated = true, .zone = "east"};

std::vector<std::string> problems(std::string_view type, const Labels& labels, const Place& place) {
  Violations violations;
  check_labels(*find_kind(type), {std::string(type), "shop", "x"}, labels, place, violations);
  std::vector<std::string> out;
  for (const Violation& violation : violations.list()) out.push_back(violation.reason);
  return out;
}

TEST(LabelsByPlace, TheGlobalControlPlaneHasNoZone) {
  EXPECT_THAT(
      computed_labels(*find_kind("MeshTimeout"), {"MeshTimeout", "shop", "t"}, {}, kGlobal),
      ElementsAre(Pair("kuma.io/display-name", "t"), Pair("kuma.io/mesh", "shop"), Pair("kuma.io/origin", "global")));
  EXPECT_THAT(computed_labels(*find_kind("MeshTimeout"), {"MeshTimeout", "shop", "t"}, {}, kFederated),
              ElementsAre(Pair("kuma.io/display-name", "t"), Pair("kuma.io/env", "universal"),
                          Pair("kuma.io/mesh", "shop"), Pair("kuma.io/origin", "zone"), Pair("kuma.io/zone", "east")));
}

TEST(LabelsByPlace, WhatOnlyTheGlobalControlPlaneOwnsHasNoZoneAnywhere) {
  EXPECT_THAT(
      computed_labels(*find_kind("MeshMultiZoneService"), {"MeshMultiZoneService", "shop", "m"}, {}, kAlone),
      ElementsAre(Pair("kuma.io/display-name", "m"), Pair("kuma.io/mesh", "shop"), Pair("kuma.io/origin", "zone")));
  EXPECT_THAT(computed_labels(*find_kind("HostnameGenerator"), {"HostnameGenerator", "", "g"}, {}, kAlone),
              ElementsAre(Pair("kuma.io/display-name", "g"), Pair("kuma.io/env", "universal"),
                          Pair("kuma.io/origin", "zone"), Pair("kuma.io/zone", "east")));
}

TEST(LabelsByPlace, TheOriginIsThePlace) {
  const Labels zone{{"kuma.io/origin", "zone"}};
  const Labels global{{"kuma.io/origin", "global"}};
  EXPECT_THAT(problems("MeshTimeout", global, kGlobal), IsEmpty());
  EXPECT_THAT(problems("MeshTimeout", {}, kGlobal), IsEmpty());
  EXPECT_THAT(problems("MeshTimeout", zone, kGlobal), ElementsAre("the origin label must be set to 'global'"));
  EXPECT_THAT(problems("MeshTimeout", zone, kFederated), IsEmpty());
  EXPECT_THAT(problems("MeshTimeout", {}, kFederated), ElementsAre("the origin label must be set to 'zone'"));
  EXPECT_THAT(problems("MeshTimeout", global, kFederated), ElementsAre("the origin label must be set to 'zone'"));
  EXPECT_THAT(problems("MeshTimeout", global, kAlone), IsEmpty());
  EXPECT_THAT(problems("MeshTimeout", {}, kAlone), IsEmpty());
}

TEST(LabelsByPlace, AnOriginNobodyKnowsIsNoneAnywhere) {
  const Labels bogus{{"kuma.io/origin", "bogus"}};
  constexpr char unknown[] = "unknown resource origin \"bogus\"";
  EXPECT_THAT(problems("MeshTimeout", bogus, kGlobal),
              ElementsAre(unknown, "the origin label must be set to 'global'"));
  EXPECT_THAT(problems("MeshTimeout", bogus, kFederated),
              ElementsAre(unknown, "the origin label must be set to 'zone'"));
  EXPECT_THAT(problems("MeshTimeout", bogus, kAlone), ElementsAre(unknown));
}

TEST(LabelsByPlace, AFederatedZoneAsksForTheOriginOfSpecShapesAloneAndCanBeToldNotTo) {
  EXPECT_THAT(problems("Dataplane", {}, kFederated), IsEmpty());
  const Place trusting{.is_federated = true, .zone = "east", .checks_origin = false};
  EXPECT_THAT(problems("MeshTimeout", {}, trusting), IsEmpty());
}

TEST(LabelsByPlace, ZoneAndMeshAreComparedInZones) {
  const Labels west{{"kuma.io/zone", "west"}};
  const Labels other{{"kuma.io/mesh", "other"}};
  EXPECT_THAT(problems("MeshTimeout", west, kAlone), ElementsAre("kuma.io/zone label should have east value"));
  EXPECT_THAT(problems("MeshTimeout", other, kAlone),
              ElementsAre("kuma.io/mesh label must not differ from mesh set on resource"));
  EXPECT_THAT(problems("MeshTimeout", west, kGlobal), IsEmpty());
  EXPECT_THAT(problems("MeshTimeout", other, kGlobal), IsEmpty());
}

TEST(WrittenElsewhere, FollowsWhoOwnsTheType) {
  const auto elsewhere = [](std::string_view type, const Place& place) {
    return is_written_elsewhere(*find_kind(type), place);
  };
  for (const std::string_view of_global : {"Mesh", "MeshMultiZoneService", "Zone"}) {
    EXPECT_TRUE(elsewhere(of_global, kFederated)) << of_global;
    EXPECT_FALSE(elsewhere(of_global, kGlobal)) << of_global;
    EXPECT_FALSE(elsewhere(of_global, kAlone)) << of_global;
  }
  for (const std::string_view of_zones : {"Dataplane", "MeshService", "MeshZoneAddress", "Workload"}) {
    EXPECT_TRUE(elsewhere(of_zones, kGlobal)) << of_zones;
    EXPECT_FALSE(elsewhere(of_zones, kFederated)) << of_zones;
  }
  for (const std::string_view of_both : {"MeshTimeout", "MeshExternalService", "Secret", "HostnameGenerator"}) {
    for (const Place& place : {kGlobal, kAlone, kFederated}) EXPECT_FALSE(elsewhere(of_both, place)) << of_both;
  }
  EXPECT_TRUE(elsewhere("DataplaneInsight", kAlone));
}

}  // namespace
}  // namespace weft::cp
