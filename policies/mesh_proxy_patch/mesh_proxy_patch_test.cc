#include "policies/mesh_proxy_patch/mesh_proxy_patch.h"

#include <gmock/gmock.h>

#include "policies/merge.h"
#include "policies/policy_text.h"
#include "weft/v1/mesh_proxy_patch.pb.h"

namespace weft {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::spec_of;

// Violations of one modification, their fields without what stands before it.
std::vector<Violation> modification(const std::string& text) {
  constexpr std::string_view kBefore = "spec.default.appendModifications[0]";
  Violations violations;
  mesh_proxy_patch_kind().validate(spec_of<v1::MeshProxyPatch>(cat("default { append_modifications { ", text, " } }")),
                                   violations);
  std::vector<Violation> list = violations.list();
  for (Violation& violation : list) {
    EXPECT_TRUE(violation.field.starts_with(kBefore)) << violation.field;
    violation.field.erase(0, kBefore.size());
  }
  return list;
}

TEST(MeshProxyPatch, ThereIsSomethingToChange) {
  Violations violations;
  mesh_proxy_patch_kind().validate(spec_of<v1::MeshProxyPatch>("default {}"), violations);
  EXPECT_THAT(violations.list(), ElementsAre(Violation{"spec.default.appendModifications", "must not be empty"}));
}

TEST(MeshProxyPatch, AModificationIsOfOneKind) {
  const auto reason = [](int count) {
    return cat("exactly one modification can be defined at a time. Currently, ", count, " modifications are defined");
  };
  EXPECT_THAT(modification(""), ElementsAre(Violation{"", reason(0)}));
  EXPECT_THAT(modification("cluster { operation: 'Remove' } listener { operation: 'Remove' }"),
              ElementsAre(Violation{"", reason(2)}));
}

TEST(MeshProxyPatch, EveryKindHasAValueWhereItsOperationTakesOne) {
  for (const std::string kind : {"cluster", "listener", "virtualHost", "networkFilter", "httpFilter"}) {
    const bool is_filter = kind.ends_with("Filter");
    const std::string field = kind == "virtualHost"     ? "virtual_host"
                              : kind == "networkFilter" ? "network_filter"
                              : kind == "httpFilter"    ? "http_filter"
                                                        : kind;
    const auto made = [&](const std::string& text) { return modification(cat(field, " { ", text, " }")); };
    const std::string add = is_filter ? "AddFirst" : "Add";
    EXPECT_THAT(made(cat("operation: '", add, "' value: 'name: x'")), IsEmpty()) << kind;
    EXPECT_THAT(made(cat("operation: '", add, "'")),
                ElementsAre(Violation{cat(".", kind, ".value"), "must be defined"}));
    EXPECT_THAT(made("operation: 'Remove'"), IsEmpty());
    EXPECT_THAT(made("operation: 'Remove' value: 'name: x'"),
                ElementsAre(Violation{cat(".", kind, ".value"), "must not be defined"}));
    const std::string patch = "operation: 'Patch' match { name: 'n' }";
    EXPECT_THAT(made(cat(patch, " value: 'name: x'")), IsEmpty());
    EXPECT_THAT(made(cat(patch, " json_patches { op: 'remove' path: '/a' }")), IsEmpty());
    EXPECT_THAT(made(patch),
                ElementsAre(Violation{cat(".", kind), "patch must have exactly one defined: value, jsonPatches"}));
    EXPECT_THAT(made(cat(patch, " value: 'name: x' json_patches { op: 'remove' path: '/a' }")),
                ElementsAre(Violation{cat(".", kind), "patch must have only one type defined: value, jsonPatches"}));
  }
}

TEST(MeshProxyPatch, WhatIsAddedIsNotMatched) {
  EXPECT_THAT(modification("cluster { operation: 'Add' match { name: 'x' } value: 'name: y' }"),
              ElementsAre(Violation{".cluster.match", "must not be defined"}));
  EXPECT_THAT(modification("listener { operation: 'Add' match {} value: 'name: y' }"),
              ElementsAre(Violation{".listener.match", "must not be defined"}));
  EXPECT_THAT(modification("virtual_host { operation: 'Add' match { name: 'x' } value: 'name: y' }"),
              ElementsAre(Violation{".virtualHost.match.name", "must not be defined"}));
  EXPECT_THAT(modification("virtual_host { operation: 'Add' match { origin: 'x' } value: 'name: y' }"), IsEmpty());
}

TEST(MeshProxyPatch, AFilterBesideAnotherNamesIt) {
  for (const char* operation : {"AddBefore", "AddAfter", "Patch"}) {
    EXPECT_THAT(modification(cat("http_filter { operation: '", operation, "' value: 'name: x' }")),
                ElementsAre(Violation{".httpFilter.match.name", "must be defined"}));
  }
  EXPECT_THAT(modification("network_filter { operation: 'AddLast' value: 'name: x' }"), IsEmpty());
}

TEST(MeshProxyPatch, JsonPatchesHaveWhatTheirOperationTakes) {
  const auto patch = [](const std::string& text, const std::string& path = "/a") {
    std::vector<Violation> list =
        modification(cat("cluster { operation: 'Patch' json_patches { path: '", path, "' ", text, " } }"));
    for (Violation& violation : list) violation.field.erase(0, std::string_view(".cluster.jsonPatches[0]").size());
    return list;
  };
  const std::string value = "value { number_value: 1 } ";
  for (const std::string op : {"add", "replace"}) {
    EXPECT_THAT(patch(cat("op: '", op, "' ", value)), IsEmpty());
    EXPECT_THAT(patch(cat("op: '", op, "'")), ElementsAre(Violation{".value", "must be defined"}));
    EXPECT_THAT(patch(cat("op: '", op, "' from: '/b' ", value)),
                ElementsAre(Violation{".from", "must not be defined"}));
  }
  for (const std::string op : {"move", "copy"}) {
    EXPECT_THAT(patch(cat("op: '", op, "' from: '/b'")), IsEmpty());
    EXPECT_THAT(patch(cat("op: '", op, "'")), ElementsAre(Violation{".from", "must be defined"}));
    EXPECT_THAT(patch(cat("op: '", op, "' from: '/b' ", value)),
                ElementsAre(Violation{".value", "must not be defined"}));
  }
  EXPECT_THAT(patch("op: 'remove'"), IsEmpty());
  EXPECT_THAT(patch(cat("op: 'remove' from: '/b' ", value)),
              ElementsAre(Violation{".value", "must not be defined"}, Violation{".from", "must not be defined"}));
  EXPECT_THAT(patch("op: 'remove'", "/"), ElementsAre(Violation{".path", "must not be the whole resource"}));
}

TEST(MeshProxyPatch, WhatCannotBeAnEnvoyResourceIsRefused) {
  EXPECT_THAT(modification("cluster { operation: 'Add' value: 'name: x\\nconnectTimeout: 5s\\n' }"), IsEmpty());
  EXPECT_THAT(modification("cluster { operation: 'Add' value: 'NAME: x' }"),
              ElementsAre(Violation{".cluster.value", "native Envoy resource is not valid: it has no such field"}));
}

TEST(MeshProxyPatch, ModificationsOfSeveralPoliciesAreJoined) {
  auto merged = spec_of<v1::MeshProxyPatchConf>("append_modifications { cluster { operation: 'Remove' } }");
  merge_conf(spec_of<v1::MeshProxyPatchConf>("append_modifications { listener { operation: 'Remove' } }"), merged);
  EXPECT_EQ(merged.append_modifications_size(), 2);
}

}  // namespace
}  // namespace weft
