// What one kind says in the end for one place: the merge of everything that applies there, and where it came from.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <google/protobuf/message.h>

#include "policies/policy_resource.h"

namespace weft {

// A policy, and which of its items (index in to[] or rules[]; 0 for a single default).
struct ConfOrigin {
  PolicyPtr policy;
  int index = 0;
  bool operator==(const ConfOrigin&) const = default;
};

struct EffectiveConf {
  // Null: nothing applies.
  std::shared_ptr<const google::protobuf::Message> conf;
  // In merge order (the last wins), each once.
  std::vector<ConfOrigin> origins;
};

// Collects confs in merge order.
class ConfMerger {
 public:
  // A null conf counts as an origin that changes nothing.
  void add(const ConfOrigin& origin, const google::protobuf::Message* conf);
  EffectiveConf take();

 private:
  std::shared_ptr<google::protobuf::Message> merged_;
  std::vector<ConfOrigin> origins_;
};

// Kinds with one `default`: `policies` sorted and matched.
EffectiveConf effective_single_conf(std::span<const PolicyPtr> policies);

}  // namespace weft
