#include "policies/order.h"

#include <gmock/gmock.h>

#include "policies/policy_text.h"
#include "weft/v1/mesh_timeout.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using testing::policy_of;

constexpr char kToMesh[] = "to { target_ref { kind: 'Mesh' } }";

PolicyPtr timeout(const std::string& name, const std::string& spec, const Labels& labels = {}) {
  return policy_of<v1::MeshTimeout>(name, spec, labels);
}

std::vector<std::string> names_in_order(std::vector<PolicyPtr> policies) {
  sort_policies(policies);
  std::vector<std::string> names;
  for (const PolicyPtr& policy : policies) names.push_back(policy->meta.name);
  return names;
}

std::vector<std::string> entries_in_order(const std::vector<PolicyPtr>& policies) {
  std::vector<std::string> out;
  for (const ToEntry& entry : sorted_to_entries(policies))
    out.push_back(cat(entry.policy->meta.name, "#", entry.index));
  return out;
}

TEST(PolicyOrder, TheSmallestNameWins) {
  EXPECT_THAT(names_in_order({timeout("aaa", kToMesh), timeout("zzz", kToMesh), timeout("mmm", kToMesh)}),
              ElementsAre("zzz", "mmm", "aaa"));
}

TEST(PolicyOrder, TheDisplayNameCountsAndNotTheStoredName) {
  EXPECT_THAT(names_in_order({timeout("a-stored", kToMesh, {{"kuma.io/display-name", "z"}}),
                              timeout("z-stored", kToMesh, {{"kuma.io/display-name", "a"}})}),
              ElementsAre("a-stored", "z-stored"));
}

TEST(PolicyOrder, ADataplaneBeatsAMeshWhateverTheName) {
  EXPECT_THAT(names_in_order({timeout("zzz", "target_ref { kind: 'Dataplane' }"),
                              timeout("aaa", "target_ref { kind: 'Mesh' }"), timeout("bbb", kToMesh)}),
              ElementsAre("bbb", "aaa", "zzz"));
}

TEST(PolicyOrder, ASectionOfADataplaneBeatsTheWholeOfIt) {
  EXPECT_THAT(names_in_order({timeout("with-section", "target_ref { kind: 'Dataplane' section_name: 'http' }"),
                              timeout("all", "target_ref { kind: 'Dataplane' }")}),
              ElementsAre("all", "with-section"));
}

TEST(PolicyOrder, AZoneBeatsAnUnknownOriginWhichBeatsTheGlobalOne) {
  EXPECT_THAT(names_in_order({timeout("a", kToMesh, {{"kuma.io/origin", "zone"}}), timeout("b", kToMesh),
                              timeout("c", kToMesh, {{"kuma.io/origin", "global"}})}),
              ElementsAre("c", "b", "a"));
}

TEST(PolicyOrder, RolesRiseFromSystemToWorkloadOwner) {
  const auto with_role = [](const char* role) { return timeout(role, kToMesh, {{"kuma.io/policy-role", role}}); };
  EXPECT_THAT(
      names_in_order({with_role("workload-owner"), with_role("consumer"), with_role("producer"), with_role("system")}),
      ElementsAre("system", "producer", "consumer", "workload-owner"));
}

TEST(PolicyOrder, OriginComesBeforeRole) {
  EXPECT_THAT(
      names_in_order({timeout("a", kToMesh, {{"kuma.io/origin", "zone"}, {"kuma.io/policy-role", "system"}}),
                      timeout("b", kToMesh, {{"kuma.io/origin", "global"}, {"kuma.io/policy-role", "consumer"}})}),
      ElementsAre("b", "a"));
}

TEST(EntryOrder, MoreSpecificDestinationsComeLater) {
  const auto policy =
      timeout("p",
              "to { target_ref { kind: 'MeshHTTPRoute' } } to { target_ref { kind: 'MeshMultiZoneService' } }"
              "to { target_ref { kind: 'MeshExternalService' } } to { target_ref { kind: 'MeshService' } }"
              "to { target_ref { kind: 'Mesh' } }");
  EXPECT_THAT(entries_in_order({policy}), ElementsAre("p#4", "p#3", "p#2", "p#1", "p#0"));
}

TEST(EntryOrder, WhoThePolicyIsForBeatsWhereTheTrafficGoes) {
  EXPECT_THAT(entries_in_order({timeout("d", "target_ref { kind: 'Dataplane' } to { target_ref { kind: 'Mesh' } }"),
                                timeout("m", "target_ref { kind: 'Mesh' } to { target_ref { kind: 'MeshService' } }")}),
              ElementsAre("m#0", "d#0"));
}

TEST(EntryOrder, APortOfAServiceBeatsTheServiceBeforeNamesAreCompared) {
  EXPECT_THAT(entries_in_order({timeout("zzz", "to { target_ref { kind: 'MeshService' section_name: 'http' } }"),
                                timeout("aaa", "to { target_ref { kind: 'MeshService' } }")}),
              ElementsAre("aaa#0", "zzz#0"));
}

TEST(EntryOrder, SectionsOfMultiZoneServicesDoNotCount) {
  EXPECT_THAT(entries_in_order({timeout("zzz", "to { target_ref { kind: 'MeshMultiZoneService' section_name: '80' } }"),
                                timeout("aaa", "to { target_ref { kind: 'MeshMultiZoneService' } }")}),
              ElementsAre("zzz#0", "aaa#0"));
}

TEST(EntryOrder, LaterItemsOfOnePolicyComeLater) {
  EXPECT_THAT(entries_in_order({timeout("p", "to { target_ref { kind: 'Mesh' } } to { target_ref { kind: 'Mesh' } }")}),
              ElementsAre("p#0", "p#1"));
}

}  // namespace
}  // namespace weft
