// Rules, origins and policies in the form in which golden data write them. Pure functions.
#pragma once

#include <span>

#include "policies/inbound_rules.h"
#include "policies/order.h"
#include "policies/to_rules.h"
#include "tests/conformance/compare.h"

namespace weft::conformance {

// The fields of a message; an empty object for null.
Node message_tree(const google::protobuf::Message* message);
Node meta_tree(const PolicyMeta& meta);
Node meta_tree(const TargetResource& resource);
// {Resource, RuleIndex}.
Node origin_tree(const ConfOrigin& origin);
// The whole policy as the API prints it.
Node policy_tree(const PolicyResource& policy);
Node inbound_rules_tree(std::span<const InboundRule> rules);
Node to_rules_tree(const ToRules& rules);

}  // namespace weft::conformance
