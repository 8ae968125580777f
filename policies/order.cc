#include "policies/order.h"

#include <algorithm>
#include <array>
#include <utility>

namespace weft {
namespace {

std::strong_ordering compare_sections(const v1::TargetRef& a, const v1::TargetRef& b) {
  return !a.section_name().empty() <=> !b.section_name().empty();
}

std::strong_ordering compare_names(const PolicyResource& a, const PolicyResource& b) {
  return b.meta.display_name <=> a.meta.display_name;
}

std::strong_ordering compare_entries(const ToEntry& a, const ToEntry& b) {
  if (const auto by_policy = compare_policies(*a.policy, *b.policy); by_policy != 0) return by_policy;
  const v1::TargetRef& left = a.target();
  const v1::TargetRef& right = b.target();
  if (const auto by_kind = kind_precedence(left.kind()) <=> kind_precedence(right.kind()); by_kind != 0) return by_kind;
  if (left.kind() == "MeshService" && right.kind() == "MeshService") {
    if (const auto by_section = compare_sections(left, right); by_section != 0) return by_section;
  }
  return compare_names(*a.policy, *b.policy);
}

}  // namespace

int kind_precedence(std::string_view kind) {
  constexpr std::array<std::pair<std::string_view, int>, 6> kPrecedence = {{{"Mesh", 1},
                                                                            {"Dataplane", 2},
                                                                            {"MeshService", 5},
                                                                            {"MeshExternalService", 6},
                                                                            {"MeshMultiZoneService", 7},
                                                                            {"MeshHTTPRoute", 9}}};
  for (const auto& [name, precedence] : kPrecedence) {
    if (name == kind) return precedence;
  }
  return 0;
}

std::strong_ordering compare_policies(const PolicyResource& a, const PolicyResource& b) {
  const v1::TargetRef& left = a.spec.target_ref();
  const v1::TargetRef& right = b.spec.target_ref();
  if (const auto by_kind = kind_precedence(left.kind()) <=> kind_precedence(right.kind()); by_kind != 0) return by_kind;
  if (left.kind() == "Dataplane" && right.kind() == "Dataplane") {
    if (const auto by_section = compare_sections(left, right); by_section != 0) return by_section;
  }
  if (const auto by_origin = a.meta.origin <=> b.meta.origin; by_origin != 0) return by_origin;
  return a.meta.role <=> b.meta.role;
}

bool is_weaker(const PolicyResource& a, const PolicyResource& b) {
  const auto order = compare_policies(a, b);
  return order != 0 ? order < 0 : compare_names(a, b) < 0;
}

void sort_policies(std::vector<PolicyPtr>& policies) {
  std::stable_sort(policies.begin(), policies.end(),
                   [](const PolicyPtr& a, const PolicyPtr& b) { return is_weaker(*a, *b); });
}

std::vector<ToEntry> sorted_to_entries(const std::vector<PolicyPtr>& policies) {
  std::vector<ToEntry> entries;
  for (const PolicyPtr& policy : policies) {
    for (int i = 0; i < policy->spec.to_size(); ++i) entries.push_back({policy, i});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const ToEntry& a, const ToEntry& b) { return compare_entries(a, b) < 0; });
  return entries;
}

}  // namespace weft
