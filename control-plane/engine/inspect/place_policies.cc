// What holds at one place of a dataplane: for its whole proxy, an inbound, a destination, a route to a destination.
#include <algorithm>

#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/kind_order.h"
#include "control-plane/engine/inspect/policy_json.h"
#include "control-plane/engine/inspect/route_rules.h"
#include "control-plane/resource/kri.h"

namespace weft::cp {
namespace {

// {"<list>": [ ... ]}; `write_each` writes what it likes of each kind.
template <typename WriteEach>
std::string document(std::string_view list, const EffectiveRules& rules, const WriteEach& write_each) {
  JsonWriter out;
  out.begin_object();
  out.key(list);
  out.begin_list();
  for (const KindRules* kind : by_application(rules)) write_each(out, *kind);
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

void write_inbound_kind(JsonWriter& out, const KindRules& kind, const std::vector<InboundRule>& rules) {
  std::vector<ConfOrigin> origins;
  out.begin_object();
  out.member("kind", kind.kind->name);
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

// The identifier without a section of what `wanted` names in the mesh; empty when there is nothing like it. What an
// author left out of an identifier is found too.
std::string kri_of_named(const World& world, const Kri& wanted, const std::string& mesh) {
  for (const auto& [name, resource] : *world.table(wanted.kind->type(), mesh)) {
    if (names(wanted, *resource)) return kri(*resource);
  }
  return {};
}

// A destination of the dataplane, as rules are looked up for it.
struct Place {
  std::string kri;  // without a section; empty: there is no such destination
  std::string section;
  std::string route;  // through which a request came; empty: none, or unknown
};

Result<Place> read_place(const World& world, const EffectiveRules& rules, std::string_view outbound) {
  const Result<Kri> wanted = parse_kri(outbound);
  if (!wanted.ok()) return wanted.status();
  return Place{kri_of_named(world, *wanted, rules.dataplane->resource->key.mesh), wanted->section, ""};
}

const ToRule* find_rule(const KindRules& kind, const Place& place, std::string_view mesh_kri) {
  // What is said of everything is said of a destination that is not there, too.
  const std::string_view kri = place.kri.empty() ? mesh_kri : std::string_view(place.kri);
  if (!place.route.empty()) return find_route_rule(kind.to, place.route, kri, place.section, mesh_kri);
  return find_to_rule(kind.to, kri, place.section, mesh_kri);
}

std::string destination_document(const EffectiveRules& rules, const Place& place) {
  return document("policies", rules, [&](JsonWriter& out, const KindRules& kind) {
    const ToRule* rule = is_route_kind(*kind.kind) ? nullptr : find_rule(kind, place, rules.mesh_kri());
    if (rule == nullptr || rule->effective.conf == nullptr) return;
    out.begin_object();
    out.member("kind", kind.kind->name);
    out.key("conf");
    out.begin_list();
    write_conf(out, rule->effective.conf.get());
    out.end_list();
    write_origins(out, rule->effective.origins);
    out.end_object();
  });
}

void write_routes(JsonWriter& out, const KindRules& kind, const ToRule& rule) {
  out.begin_object();
  out.member("kind", kind.kind->name);
  out.key("rules");
  out.begin_list();
  for (const RouteRule& route : route_rules(*kind.kind, rule)) {
    out.begin_object();
    out.member("kri", route.origin);
    out.key("matches");
    write_matches(out, *route.rule);
    out.key("conf");
    write_conf(out, route.conf);
    out.end_object();
  }
  out.end_list();
  write_origins(out, rule.effective.origins);
  out.end_object();
}

}  // namespace

std::string proxy_policies_document(const EffectiveRules& rules) {
  return document("policies", rules, [](JsonWriter& out, const KindRules& kind) {
    if (kind.proxy.conf == nullptr) return;
    out.begin_object();
    out.member("kind", kind.kind->name);
    out.key("conf");
    write_conf(out, kind.proxy.conf.get());
    write_origins(out, kind.proxy.origins);
    out.end_object();
  });
}

Result<std::string> inbound_policies_document(const EffectiveRules& rules, std::string_view inbound) {
  const Result<Kri> wanted = parse_kri(inbound);
  if (!wanted.ok()) return wanted.status();
  const int port = port_named(*wanted, *rules.dataplane);
  if (port < 0) return not_found(cat("the dataplane has no inbound ", inbound));
  return document("policies", rules, [&](JsonWriter& out, const KindRules& kind) {
    for (const PortRules& here : kind.inbounds) {
      if (here.port == static_cast<size_t>(port) && !here.rules.empty()) write_inbound_kind(out, kind, here.rules);
    }
  });
}

Result<std::string> outbound_policies_document(const World& world, const EffectiveRules& rules,
                                               std::string_view outbound) {
  const Result<Place> place = read_place(world, rules, outbound);
  if (!place.ok()) return place.status();
  return destination_document(rules, *place);
}

Result<std::string> route_policies_document(const World& world, const EffectiveRules& rules, std::string_view outbound,
                                            std::string_view route) {
  Result<Place> place = read_place(world, rules, outbound);
  if (!place.ok()) return place.status();
  const Result<Kri> through = parse_kri(route);
  if (!through.ok()) return through.status();
  place->route = kri_of_named(world, *through, rules.dataplane->resource->key.mesh);
  return destination_document(rules, *place);
}

Result<std::string> outbound_routes_document(const World& world, const EffectiveRules& rules,
                                             std::string_view outbound) {
  const Result<Place> place = read_place(world, rules, outbound);
  if (!place.ok()) return place.status();
  return document("routes", rules, [&](JsonWriter& out, const KindRules& kind) {
    const ToRule* rule = is_route_kind(*kind.kind) ? find_rule(kind, *place, rules.mesh_kri()) : nullptr;
    if (rule != nullptr && rule->effective.conf != nullptr) write_routes(out, kind, *rule);
  });
}

std::string matched_policies_document(const World& world, const EffectiveRules& rules) {
  JsonWriter out;
  out.begin_object();
  out.key("total");
  out.number(rules.kinds.empty() ? 0 : 1);
  out.member("kind", "SidecarDataplane");
  out.key("items");
  out.begin_list();
  if (!rules.kinds.empty()) {
    out.begin_object();
    out.member("type", "dataplane");
    out.member("name", "");
    out.member("service", "");
    out.key("matchedPolicies");
    out.begin_object();
    for (const KindRules* kind : by_name(rules)) {
      out.key(kind->kind->name);
      out.begin_list();
      for (const PolicyPtr& policy : kind->policies) {
        if (const ResourcePtr stored = world.find({policy->meta.type, policy->meta.mesh, policy->meta.name})) {
          write_resource(out, *stored);
        }
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
