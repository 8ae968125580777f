#include "policies/inbound_rules.h"

#include <algorithm>

#include "policies/order.h"

namespace weft {
namespace {

// How specific a match is; lower comes first: identity before none, Exact before Prefix, server name before none.
int match_class(const v1::Match* match) {
  if (match == nullptr) return 5;
  const int sni = match->has_sni() ? 0 : 1;
  if (!match->has_spiffe_id()) return 4 + sni;
  return (match->spiffe_id().type() == "Exact" ? 0 : 2) + sni;
}

}  // namespace

std::vector<InboundRule> inbound_rules(const std::vector<PolicyPtr>& policies) {
  std::vector<PolicyPtr> sorted = policies;
  sort_policies(sorted);
  std::vector<InboundRule> rules;
  for (const PolicyPtr& policy : sorted) {
    for (int i = 0; i < policy->spec.rule_size(); ++i) {
      const auto& matches = policy->spec.matches(i);
      const ConfOrigin origin{policy, i};
      if (matches.empty()) rules.push_back({nullptr, policy->spec.rule_conf(i), origin});
      for (const v1::Match* match : matches) rules.push_back({match, policy->spec.rule_conf(i), origin});
    }
  }
  std::stable_sort(rules.begin(), rules.end(), [](const InboundRule& a, const InboundRule& b) {
    return match_class(a.match) < match_class(b.match);
  });
  return rules;
}

EffectiveConf catch_all(std::span<const InboundRule> rules) {
  ConfMerger merger;
  for (const InboundRule& rule : rules) {
    if (rule.match == nullptr) merger.add(rule.origin, rule.conf);
  }
  return merger.take();
}

}  // namespace weft
