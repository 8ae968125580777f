// Everything policies say about one proxy: for each kind what holds towards every destination somebody named, on every
// inbound, and for the proxy as a whole, and which policies it came from. What the inspect API and `weftctl inspect`
// show. A function of its arguments; RuleIndexes only spares work. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/status.h"
#include "control-plane/engine/rule_index.h"
#include "control-plane/store/world.h"
#include "policies/inbound_rules.h"
#include "policies/match.h"
#include "policies/policy.h"
#include "policies/to_rules.h"

namespace weft::cp {

// The rules of one inbound, or of one listener embedded in the Dataplane.
struct PortRules {
  // Position in DataplaneView::proxy.ports (inbounds first).
  size_t port = 0;
  std::vector<InboundRule> rules;
};

struct KindRules {
  const PolicyKind* kind = nullptr;  // never null
  // Those that are for the proxy, weakest first; never empty.
  std::vector<PolicyPtr> policies;
  // By KRI with section; find_to_rule() looks up.
  ToRules to;
  // Ports that some policy with rules selects, in the order of the ports.
  std::vector<PortRules> inbounds;
  // Kinds with one `default`; no conf for the others.
  EffectiveConf proxy;
};

struct EffectiveRules {
  DataplaneViewPtr dataplane;  // never null
  // Null when there is no Mesh resource; nothing is said of the mesh then.
  TargetViewPtr mesh;
  // Kinds with a policy for this proxy, in the order of policy_kinds().
  std::vector<KindRules> kinds;
  // What the rules of `kinds` point to.
  std::vector<TargetViewPtr> targets;

  const KindRules* find(std::string_view kind) const;
  // Empty when there is no Mesh.
  std::string_view mesh_kri() const { return mesh == nullptr ? std::string_view() : mesh->target.kri; }
};

// Indexes of the meshes that were asked about, of the World asked last.
class RuleIndexes {
 public:
  // Calls `use` with the index of `mesh` at `world`, one caller at a time.
  template <typename Use>
  auto with(const World& world, const std::string& mesh, Use&& use) {
    const std::lock_guard lock(mutex_);
    RuleIndex& index = meshes_.try_emplace(mesh, mesh).first->second;
    index.follow(world);
    return use(static_cast<const RuleIndex&>(index));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, RuleIndex> meshes_;
};

// `dataplane` names a Dataplane. Error: not_found.
Result<EffectiveRules> effective_rules(const World& world, const ResourceKey& dataplane, RuleIndexes& indexes,
                                       Shadow shadow = Shadow::kIgnore);

}  // namespace weft::cp
