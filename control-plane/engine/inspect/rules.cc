// Every policy that is for a dataplane, kind by kind.
#include <set>

#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/matched.h"
#include "control-plane/engine/inspect/policy_json.h"

namespace weft::cp {
namespace {

// What one kind comes to, before it is printed: a kind without any of it is left out.
struct KindRules {
  ToRules to;
  // By position in ProxyView::ports; empty where nothing is said.
  std::vector<std::vector<InboundRule>> inbound;
  EffectiveConf single;

  bool is_empty() const {
    for (const auto& rules : inbound) {
      if (!rules.empty()) return false;
    }
    return to.empty() && single.conf == nullptr;
  }
};

KindRules rules_of(const MatchedKind& matched, const DataplaneView& dataplane, const Targets& targets) {
  KindRules rules;
  const v1::PolicyRules& shape = matched.kind->rules.policy();
  if (shape.to_kinds_size() > 0) rules.to = to_rules(sorted_to_entries(matched.policies), targets.reader());
  for (size_t port = 0; port < dataplane.proxy.ports.size(); ++port) {
    rules.inbound.push_back(matched.rules_of_port(port));
  }
  if (shape.has_single_default()) rules.single = effective_single_conf(matched.policies);
  return rules;
}

void write_origin(JsonWriter& out, std::span<const ConfOrigin> origins) {
  out.key("origin");
  out.begin_list();
  for (const ConfOrigin& origin : origins) {
    out.begin_object();
    out.key("resourceMeta");
    write_resource_meta(out, origin.policy->meta);
    out.key("ruleIndex");
    out.number(origin.index);
    out.end_object();
  }
  out.end_list();
}

void write_conf_list(JsonWriter& out, const google::protobuf::Message* conf) {
  out.key("conf");
  out.begin_list();
  write_conf(out, conf);
  out.end_list();
}

void write_to_rules(JsonWriter& out, const ToRules& rules) {
  out.key("toResourceRules");
  out.begin_list();
  for (const auto& [kri, rule] : rules) {
    const TargetResource& target = *rule.resource;
    out.begin_object();
    out.key("resourceMeta");
    write_resource_meta(out, target.type, target.type == "Mesh" ? "" : target.mesh, target.name, target.labels);
    out.member("resourceSectionName", rule.section);
    write_conf_list(out, rule.effective.conf.get());
    write_origin(out, rule.effective.origins);
    out.end_object();
  }
  out.end_list();
}

// A listener of a zone proxy goes by its port alone.
void write_inbound(JsonWriter& out, const DataplaneView& dataplane, size_t port) {
  const bool is_inbound = port < static_cast<size_t>(dataplane.networking().inbound_size());
  const ProxyView::Port& place = dataplane.proxy.ports[port];
  out.key("inbound");
  out.begin_object();
  if (is_inbound && !place.name.empty()) out.member("name", place.name);
  out.key("port");
  out.number(place.port);
  out.key("tags");
  out.null();
  out.end_object();
}

void write_inbound_rules(JsonWriter& out, const DataplaneView& dataplane,
                         const std::vector<std::vector<InboundRule>>& ports) {
  out.key("inboundRules");
  out.begin_list();
  for (size_t port = 0; port < ports.size(); ++port) {
    if (ports[port].empty()) continue;
    out.begin_object();
    write_inbound(out, dataplane, port);
    out.key("rules");
    out.begin_list();
    for (const InboundRule& rule : ports[port]) {
      out.begin_object();
      write_conf_list(out, rule.conf);
      if (rule.match != nullptr) {
        out.key("match");
        write_message(out, *rule.match, v1::SPEC);
      }
      write_origin(out, {&rule.origin, 1});
      out.end_object();
    }
    out.end_list();
    out.end_object();
  }
  out.end_list();
}

void write_proxy_rule(JsonWriter& out, const EffectiveConf& effective) {
  if (effective.conf == nullptr) return;
  out.key("proxyRule");
  out.begin_object();
  out.key("conf");
  write_conf(out, effective.conf.get());
  out.key("origin");
  out.begin_list();
  for (const ConfOrigin& origin : effective.origins) write_resource_meta(out, origin.policy->meta);
  out.end_list();
  out.end_object();
}

void write_kind(JsonWriter& out, const MatchedKind& matched, const KindRules& rules, const DataplaneView& dataplane) {
  out.begin_object();
  out.member("type", matched.kind->type());
  out.key("warnings");
  out.begin_list();
  for (const std::string& warning : matched.warnings) out.string(warning);
  out.end_list();
  write_to_rules(out, rules.to);
  write_inbound_rules(out, dataplane, rules.inbound);
  write_proxy_rule(out, rules.single);
  out.end_object();
}

}  // namespace

std::string rules_document(const World& world, const Resource& dataplane) {
  const DataplaneViewPtr view = view_dataplane(std::make_shared<const Resource>(dataplane));
  const Targets targets(world, dataplane.key.mesh);
  JsonWriter out;
  out.begin_object();
  out.key("httpMatches");
  out.begin_list();
  out.end_list();
  out.key("resource");
  write_resource_meta(out, dataplane.key.type, dataplane.key.mesh, dataplane.key.name, dataplane.labels);
  out.key("rules");
  out.begin_list();
  for (const MatchedKind& matched : matched_kinds(world, *view)) {
    const KindRules rules = rules_of(matched, *view, targets);
    if (!rules.is_empty() || !matched.warnings.empty()) write_kind(out, matched, rules, *view);
  }
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
