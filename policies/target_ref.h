// Checks of the parts that all policy kinds share: which proxies (targetRef), which destination (to[].targetRef), which
// caller (Match). What a kind may say comes from its schema (PolicyRules). Pure functions, any thread.
#pragma once

#include <string_view>

#include <google/protobuf/message.h>

#include "policies/violations.h"
#include "weft/v1/common.pb.h"

namespace weft {

// The top-level targetRef and every to[].targetRef of a policy's spec. Paths start at "spec".
void validate_targets(const google::protobuf::Message& spec, Violations& violations);

// How much a kind demands of a Match.
enum class MatchCheck {
  kLoose,   // an empty match is accepted
  kStrict,  // at least one field, and a known type
};
void validate_match(const v1::Match& match, std::string_view field, MatchCheck check, Violations& violations);

}  // namespace weft
