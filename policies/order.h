// Who wins when several policies speak about the same thing: everything is sorted from the weakest to the strongest, so
// the last one of a merge wins. Pure functions, any thread.
#pragma once

#include <compare>
#include <string_view>
#include <vector>

#include "policies/policy_resource.h"

namespace weft {

// How specific a targetRef kind is; higher wins. 0: unknown.
int kind_precedence(std::string_view kind);

// By target kind, then (both Dataplane) section, then origin, then role. Names are not compared.
std::strong_ordering compare_policies(const PolicyResource& a, const PolicyResource& b);

// Weakest first; among equals the name that sorts last comes first, so the smallest name wins.
bool is_weaker(const PolicyResource& a, const PolicyResource& b);
void sort_policies(std::vector<PolicyPtr>& policies);

// One to-item of one policy.
struct ToEntry {
  PolicyPtr policy;
  int index = 0;
  const v1::TargetRef& target() const { return policy->spec.to_target(index); }
  const google::protobuf::Message* conf() const { return policy->spec.to_conf(index); }
};

// All to-items of `policies` (in any order), weakest first.
std::vector<ToEntry> sorted_to_entries(const std::vector<PolicyPtr>& policies);

}  // namespace weft
