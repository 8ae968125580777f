// The conf of a kind of routes taken apart into its rules, as the API lists them. Read by reflection: a conf with
// `rules` holds several, any other is one. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/document/json_writer.h"
#include "policies/policy.h"
#include "policies/to_rules.h"

namespace weft::cp {

struct RouteRule {
  const google::protobuf::Message* rule = nullptr;  // never null; part of the conf
  const google::protobuf::Message* conf = nullptr;  // what happens to requests; null: nothing is said
  std::string hash;                                 // of its matches; empty: the kind has none
  std::string origin;  // KRI of the policy it comes from; empty: the kind does not tell rule by rule
};

// The kind says where traffic goes, not how it is treated.
bool is_route_kind(const PolicyKind& kind);

// Empty for other kinds. Lives as long as `rule`.
std::vector<RouteRule> route_rules(const PolicyKind& kind, const ToRule& rule);

// The list of a rule's matches; null when it has none.
void write_matches(JsonWriter& out, const google::protobuf::Message& rule);

}  // namespace weft::cp
