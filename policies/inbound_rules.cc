#include "policies/inbound_rules.h"

#include <algorithm>
#include <set>
#include <string>

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

bool names_caller(const InboundRule& rule) { return rule.match != nullptr && rule.match->has_spiffe_id(); }

bool is_prefix(const v1::Match& match) { return match.spiffe_id().type() == "Prefix"; }

// Everybody whom `inner` fits, `outer` fits too. Both have an identity.
bool subsumes(const v1::Match& outer, const v1::Match& inner) {
  if (outer.has_sni() && (!inner.has_sni() || inner.sni().value() != outer.sni().value())) return false;
  const std::string& value = inner.spiffe_id().value();
  if (is_prefix(outer)) return value.starts_with(outer.spiffe_id().value());
  return !is_prefix(inner) && value == outer.spiffe_id().value();
}

// Tried later, merged earlier. A longer prefix is more specific than a shorter one.
bool less_specific(const v1::Match& a, const v1::Match& b) {
  const int left = match_class(&a);
  const int right = match_class(&b);
  if (left != right) return left > right;
  return is_prefix(a) && a.spiffe_id().value().size() < b.spiffe_id().value().size();
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

std::vector<CallerConf> caller_confs(std::span<const InboundRule> rules, Beneath beneath) {
  std::vector<const InboundRule*> named;
  for (const InboundRule& rule : rules) {
    if (names_caller(rule)) named.push_back(&rule);
  }
  std::vector<const InboundRule*> order = named;  // of merging
  std::stable_sort(order.begin(), order.end(),
                   [](const InboundRule* a, const InboundRule* b) { return less_specific(*a->match, *b->match); });
  std::stable_sort(named.begin(), named.end(),
                   [](const InboundRule* a, const InboundRule* b) { return less_specific(*b->match, *a->match); });
  std::vector<CallerConf> confs;
  std::set<std::string> seen;
  for (const InboundRule* rule : named) {
    if (!seen.insert(rule->match->SerializeAsString()).second) continue;
    ConfMerger merger;
    for (const InboundRule& other : rules) {
      if (beneath == Beneath::kCatchAll && other.match == nullptr) merger.add(other.origin, other.conf);
    }
    for (const InboundRule* other : order) {
      if (subsumes(*other->match, *rule->match)) merger.add(other->origin, other->conf);
    }
    confs.push_back({rule->match, merger.take()});
  }
  return confs;
}

EffectiveConf catch_all(std::span<const InboundRule> rules) {
  ConfMerger merger;
  for (const InboundRule& rule : rules) {
    if (rule.match == nullptr) merger.add(rule.origin, rule.conf);
  }
  return merger.take();
}

}  // namespace weft
