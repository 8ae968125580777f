// From any documents to what policies say about every proxy among them. No input may crash selection, merging,
// compiling or the warnings, and what inspect shows of a destination must be what a proxy is given for it.
#include <cstdint>
#include <cstdlib>

#include <google/protobuf/util/message_differencer.h>

#include "base/document/document.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/engine/effective_rules.h"
#include "control-plane/engine/policy_warnings.h"
#include "control-plane/resource/decode.h"
#include "policies/order.h"

namespace weft::cp {
namespace {

constexpr size_t kMostDocuments = 40;

void must(bool holds) {
  if (!holds) std::abort();
}

bool same(const EffectiveConf& a, const EffectiveConf& b) {
  if (a.origins != b.origins || (a.conf == nullptr) != (b.conf == nullptr)) return false;
  return a.conf == nullptr || google::protobuf::util::MessageDifferencer::Equals(*a.conf, *b.conf);
}

// The look-up of rules made beforehand and the merge for one destination are two ways to the same conf.
void check_look_ups(const World& world, const KindRules& kind, const EffectiveRules& all) {
  const std::vector<ToEntry> entries = sorted_to_entries(kind.policies);
  for (const auto& [name, resource] : *world.table("MeshService", all.dataplane->resource->key.mesh)) {
    const TargetViewPtr view = view_target(resource);
    std::vector<std::string> sections = {""};
    for (const TargetResource::Port& port : view->target.ports) sections.push_back(port.section());
    for (const std::string& section : sections) {
      const EffectiveConf direct = effective_to_conf(entries, view->target, section, all.mesh != nullptr);
      const ToRule* rule = find_to_rule(kind.to, view->target.kri, section, all.mesh_kri());
      must(rule == nullptr ? direct.origins.empty() : same(rule->effective, direct));
    }
  }
}

void check_proxy(const World& world, const ResourceKey& key, RuleIndexes& indexes, Memo& memo) {
  must(compile_proxy(world, key, memo).ok());
  const auto rules = effective_rules(world, key, indexes, Shadow::kInclude);
  must(rules.ok());
  for (const KindRules& kind : rules->kinds) {
    must(!kind.policies.empty());
    check_look_ups(world, kind, *rules);
    for (const PortRules& port : kind.inbounds) {
      must(port.port < rules->dataplane->proxy.ports.size());
      for (const CallerConf& caller : caller_confs(port.rules, Beneath::kCatchAll)) must(caller.match != nullptr);
    }
  }
}

void check_documents(const std::vector<Node>& documents) {
  std::vector<ResourcePtr> resources;
  std::map<ResourceKey, ResourcePtr> by_key;
  for (const Node& document : documents) {
    Decoded decoded = decode(document);
    if (!decoded.unreadable.empty() || decoded.spec == nullptr || by_key.size() == kMostDocuments) continue;
    auto resource = std::make_shared<Resource>();
    resource->key = decoded.key;
    resource->labels = decoded.labels;
    resource->spec = decoded.spec;
    by_key[resource->key] = resource;
  }
  for (const auto& [key, resource] : by_key) resources.push_back(resource);
  const World world(1, resources);
  RuleIndexes indexes;
  Memo memo;
  for (const ResourcePtr& resource : resources) {
    if (resource->key.type == "Dataplane") check_proxy(world, resource->key, indexes, memo);
    policy_warnings(world, *resource);
  }
}

}  // namespace
}  // namespace weft::cp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto documents = weft::parse_yaml({reinterpret_cast<const char*>(bytes), size});
  if (documents.ok()) weft::cp::check_documents(*documents);
  return 0;
}
