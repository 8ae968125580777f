// Policy objects by what they were made of, so that places with the same conf share them (a thousand services under the
// default policies of a mesh have three in all) and the next version of the configuration goes on using them. So it is
// with the chains they make up. Owned by the snapshot builder, control thread; what it gives out is anybody's.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "policies/chain.h"
#include "policies/policy.h"

namespace weft::proxy {

class SharedPolicies {
 public:
  // `place`: a name of its own for every place; one policy of a kind that remembers something is there for one place
  // only. Error: the policy cannot be made of this conf.
  Result<std::shared_ptr<const Policy>> policy(const PolicyKind& kind, const std::string& conf, bool inbound,
                                               const std::string& place);
  // `policies` in the order of the registry.
  PolicyChain chain(std::vector<std::shared_ptr<const Policy>> policies);
  // What nobody else has any more goes.
  void drop_unused();

  size_t policies() const { return policies_.size(); }

 private:
  struct Key {
    std::string_view kind;  // of the registry
    bool inbound = false;
    std::string conf;
    std::string place;  // empty: any
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, std::shared_ptr<const Policy>> policies_;
  std::map<std::vector<const Policy*>, PolicyChain> chains_;  // a chain owns its key's objects
};

}  // namespace weft::proxy
