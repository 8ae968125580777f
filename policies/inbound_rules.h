// What policies say about traffic that arrives at one port of a proxy. Rules are not merged: which of them fit depends
// on who calls. Pure functions, any thread.
#pragma once

#include <span>
#include <vector>

#include "policies/effective_conf.h"

namespace weft {

// One rule for one kind of caller.
struct InboundRule {
  // Null: every caller.
  const v1::Match* match = nullptr;
  // Null: the rule says nothing.
  const google::protobuf::Message* conf = nullptr;
  // Keeps `match` and `conf` alive.
  ConfOrigin origin;
};

// All rules of `policies`, which selected the port (in any order), one for each match: the most specific matches first,
// and among equals the weakest policy first.
std::vector<InboundRule> inbound_rules(const std::vector<PolicyPtr>& policies);

// What holds for callers that rules name by identity: the merge of every rule that speaks of all of them. In the order
// in which matches are tried: the first that fits a caller holds.
struct CallerConf {
  const v1::Match* match = nullptr;  // never null; has an identity
  EffectiveConf effective;
};
enum class Beneath {
  kNothing,   // the rules for every caller stay apart
  kCatchAll,  // they come first in every merge
};
std::vector<CallerConf> caller_confs(std::span<const InboundRule> rules, Beneath beneath);

// What holds for a caller that no rule names: the merge of the rules for every caller.
EffectiveConf catch_all(std::span<const InboundRule> rules);

}  // namespace weft
