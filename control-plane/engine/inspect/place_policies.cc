// What holds at one place of a dataplane: for its whole proxy, an inbound, a destination, a route to a destination.
#include <algorithm>

#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/matched.h"
#include "control-plane/engine/inspect/policy_json.h"

namespace weft::cp {
namespace {

DataplaneViewPtr view_of(const Resource& dataplane) {
  return view_dataplane(std::make_shared<const Resource>(dataplane));
}

std::vector<MatchedKind> matched_in_order(const World& world, const DataplaneView& dataplane) {
  std::vector<MatchedKind> matched = matched_kinds(world, dataplane);
  sort_by_application(matched);
  return matched;
}

// {"policies": [ ... ]}; `write_each` writes what it likes of each kind.
template <typename WriteEach>
std::string policies_document(const std::vector<MatchedKind>& kinds, const WriteEach& write_each) {
  JsonWriter out;
  out.begin_object();
  out.key("policies");
  out.begin_list();
  for (const MatchedKind& matched : kinds) write_each(out, matched);
  out.end_list();
  out.end_object();
  return out.take();
}

// The port of the dataplane that a KRI names; -1: it has none like that.
int port_named(const Kri& wanted, const DataplaneView& dataplane) {
  if (!names(wanted, *dataplane.resource)) return -1;
  const auto& ports = dataplane.proxy.ports;
  const auto found = std::find_if(ports.begin(), ports.end(),
                                  [&](const ProxyView::Port& port) { return port.section() == wanted.section; });
  return found == ports.end() ? -1 : static_cast<int>(found - ports.begin());
}

void write_inbound_kind(JsonWriter& out, const MatchedKind& matched, size_t port) {
  const std::vector<InboundRule> rules = matched.rules_of_port(port);
  if (rules.empty()) return;
  std::vector<ConfOrigin> origins;
  out.begin_object();
  out.member("kind", matched.kind->type());
  out.key("rules");
  out.begin_list();
  for (const InboundRule& rule : rules) {
    out.begin_object();
    out.member("kri", rule.origin.policy->meta.kri);
    out.key("conf");
    write_conf(out, rule.conf);
    out.end_object();
    origins.push_back(rule.origin);
  }
  out.end_list();
  write_origins(out, origins);
  out.end_object();
}

// What a kind says about one destination. A route that it speaks of is asked first, and its answer stands alone.
EffectiveConf effective_for(const MatchedKind& matched, const Targets& targets, const TargetResource* route,
                            const TargetResource* service, const std::string& section) {
  const ToRules rules = to_rules(sorted_to_entries(matched.policies), targets.reader());
  if (route != nullptr) {
    const auto exact = rules.find(route->kri);
    if (exact != rules.end() && exact->second.effective.conf != nullptr) return exact->second.effective;
  }
  const TargetResource* mesh = targets.reader().mesh;
  const TargetResource* asked = service != nullptr ? service : mesh;
  if (asked == nullptr) return {};
  const ToRule* rule = find_to_rule(rules, *asked, service != nullptr ? section : "", targets.reader());
  return rule == nullptr ? EffectiveConf() : rule->effective;
}

bool is_route(const MatchedKind& matched) {
  return matched.kind->type() == "MeshHTTPRoute" || matched.kind->type() == "MeshTCPRoute";
}

std::string destination_document(const World& world, const Resource& dataplane, const Kri* route, const Kri& outbound) {
  const DataplaneViewPtr view = view_of(dataplane);
  const Targets targets(world, dataplane.key.mesh);
  const TargetResource* service = targets.find(outbound);
  const TargetResource* through = route == nullptr ? nullptr : targets.find(*route);
  return policies_document(matched_in_order(world, *view), [&](JsonWriter& out, const MatchedKind& matched) {
    if (matched.kind->rules.policy().to_kinds_size() == 0 || is_route(matched)) return;
    const EffectiveConf effective = effective_for(matched, targets, through, service, outbound.section);
    if (effective.conf == nullptr) return;
    out.begin_object();
    out.member("kind", matched.kind->type());
    out.key("conf");
    out.begin_list();
    write_conf(out, effective.conf.get());
    out.end_list();
    write_origins(out, effective.origins);
    out.end_object();
  });
}

}  // namespace

std::string proxy_policies_document(const World& world, const Resource& dataplane) {
  const DataplaneViewPtr view = view_of(dataplane);
  return policies_document(matched_in_order(world, *view), [](JsonWriter& out, const MatchedKind& matched) {
    if (!matched.kind->rules.policy().has_single_default()) return;
    const EffectiveConf effective = effective_single_conf(matched.policies);
    if (effective.conf == nullptr) return;
    out.begin_object();
    out.member("kind", matched.kind->type());
    out.key("conf");
    write_conf(out, effective.conf.get());
    write_origins(out, effective.origins);
    out.end_object();
  });
}

Result<std::string> inbound_policies_document(const World& world, const Resource& dataplane, std::string_view inbound) {
  const Result<Kri> wanted = parse_kri(inbound);
  if (!wanted.ok()) return wanted.status();
  const DataplaneViewPtr view = view_of(dataplane);
  const int port = port_named(*wanted, *view);
  if (port < 0) return not_found(cat("the dataplane has no inbound ", inbound));
  return policies_document(matched_in_order(world, *view), [&](JsonWriter& out, const MatchedKind& matched) {
    write_inbound_kind(out, matched, static_cast<size_t>(port));
  });
}

Result<std::string> outbound_policies_document(const World& world, const Resource& dataplane,
                                               std::string_view outbound) {
  const Result<Kri> wanted = parse_kri(outbound);
  if (!wanted.ok()) return wanted.status();
  return destination_document(world, dataplane, nullptr, *wanted);
}

Result<std::string> route_policies_document(const World& world, const Resource& dataplane, std::string_view outbound,
                                            std::string_view route) {
  const Result<Kri> wanted = parse_kri(outbound);
  if (!wanted.ok()) return wanted.status();
  const Result<Kri> through = parse_kri(route);
  if (!through.ok()) return through.status();
  return destination_document(world, dataplane, &*through, *wanted);
}

std::string matched_policies_document(const World& world, const Resource& dataplane) {
  const std::vector<MatchedKind> matched = matched_kinds(world, *view_of(dataplane));
  JsonWriter out;
  out.begin_object();
  out.key("total");
  out.number(matched.empty() ? 0 : 1);
  out.member("kind", "SidecarDataplane");
  out.key("items");
  out.begin_list();
  if (!matched.empty()) {
    out.begin_object();
    out.member("type", "dataplane");
    out.member("name", "");
    out.member("service", "");
    out.key("matchedPolicies");
    out.begin_object();
    for (const MatchedKind& of_kind : matched) {
      if (of_kind.policies.empty()) continue;
      out.key(of_kind.kind->type());
      out.begin_list();
      for (const PolicyPtr& policy : of_kind.policies) {
        write_resource(out, *world.find({policy->meta.type, policy->meta.mesh, policy->meta.name}));
      }
      out.end_list();
    }
    out.end_object();
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
