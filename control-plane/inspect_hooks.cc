#include "control-plane/inspect_hooks.h"

#include <memory>

#include "control-plane/engine/inspect/config_document.h"
#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/relations.h"

namespace weft::cp {
namespace {

using Parameters = std::vector<std::string>;
using IndexesPtr = std::shared_ptr<RuleIndexes>;

// A document about what policies say: `write` gets the rules in force.
template <typename Write>
DataplaneDocument about_policies(std::string_view path, const IndexesPtr& indexes, const Write& write) {
  return {path,
          [indexes, write](const World& world, const Resource& dataplane,
                           const Parameters& parameters) -> Result<std::string> {
            const Result<EffectiveRules> rules = effective_rules(world, dataplane.key, *indexes);
            if (!rules.ok()) return rules.status();
            return write(world, *rules, parameters);
          }};
}

}  // namespace

void add_inspect_hooks(ApiHooks& hooks) {
  const auto indexes = std::make_shared<RuleIndexes>();
  const auto add = [&](std::string_view path, const auto& write) {
    hooks.dataplane_documents.push_back(about_policies(path, indexes, write));
  };
  hooks.dataplane_documents.push_back(
      {"_layout", [](const World& world, const Resource& dataplane, const Parameters&) -> Result<std::string> {
         return layout_document(world, dataplane);
       }});
  add("_rules", [](const World&, const EffectiveRules& rules, const Parameters&) { return rules_document(rules); });
  add("_warnings", [](const World& world, const EffectiveRules& rules, const Parameters&) {
    return warnings_document(world, rules);
  });
  add("_policies",
      [](const World&, const EffectiveRules& rules, const Parameters&) { return proxy_policies_document(rules); });
  add("policies", [](const World& world, const EffectiveRules& rules, const Parameters&) {
    return matched_policies_document(world, rules);
  });
  add("_inbounds/{inbound}/_policies", [](const World&, const EffectiveRules& rules, const Parameters& parameters) {
    return inbound_policies_document(rules, parameters.at(0));
  });
  add("_outbounds/{outbound}/_policies",
      [](const World& world, const EffectiveRules& rules, const Parameters& parameters) {
        return outbound_policies_document(world, rules, parameters.at(0));
      });
  add("_outbounds/{outbound}/_routes",
      [](const World& world, const EffectiveRules& rules, const Parameters& parameters) {
        return outbound_routes_document(world, rules, parameters.at(0));
      });
  add("_outbounds/{outbound}/_routes/{route}/_policies",
      [](const World& world, const EffectiveRules& rules, const Parameters& parameters) {
        return route_policies_document(world, rules, parameters.at(0), parameters.at(1));
      });
  hooks.proxy_config = config_document;
  hooks.dataplanes_of_policy = dataplanes_of_policy;
  hooks.dataplanes_of_service = dataplanes_of_service;
  hooks.clients_of_service = clients_of_service;
}

}  // namespace weft::cp
