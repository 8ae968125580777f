#include "policies/effective_conf.h"

#include <algorithm>
#include <utility>

#include "policies/merge.h"

namespace weft {

void ConfMerger::add(const ConfOrigin& origin, const google::protobuf::Message* conf) {
  if (std::find(origins_.begin(), origins_.end(), origin) == origins_.end()) origins_.push_back(origin);
  if (conf == nullptr) return;
  if (merged_ == nullptr) merged_.reset(conf->New());
  merge_conf(*conf, *merged_);
}

EffectiveConf ConfMerger::take() { return {std::move(merged_), std::move(origins_)}; }

EffectiveConf effective_single_conf(std::span<const PolicyPtr> policies) {
  ConfMerger merger;
  for (const PolicyPtr& policy : policies) merger.add({policy, 0}, policy->spec.single_conf());
  return merger.take();
}

}  // namespace weft
