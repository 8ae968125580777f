#include "proxy/config/shared_policies.h"

#include <utility>

namespace weft::proxy {

Result<std::shared_ptr<const Policy>> SharedPolicies::policy(const PolicyKind& kind, const std::string& conf,
                                                             bool inbound, const std::string& place) {
  Key key{kind.name, inbound, conf, kind.remembers_nothing ? std::string() : place};
  if (const auto known = policies_.find(key); known != policies_.end()) return known->second;
  Result<std::unique_ptr<const Policy>> made = kind.make(conf, inbound);
  if (!made.ok()) return made.status();
  return policies_.emplace(std::move(key), *std::move(made)).first->second;
}

PolicyChain SharedPolicies::chain(std::vector<std::shared_ptr<const Policy>> policies) {
  if (policies.empty()) return {};
  std::vector<const Policy*> key;
  for (const auto& policy : policies) key.push_back(policy.get());
  const auto known = chains_.find(key);
  if (known != chains_.end()) return known->second;
  return chains_.emplace(std::move(key), PolicyChain(std::move(policies))).first->second;
}

void SharedPolicies::drop_unused() {
  std::erase_if(chains_, [](const auto& entry) { return !entry.second.has_copies(); });
  std::erase_if(policies_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

}  // namespace weft::proxy
