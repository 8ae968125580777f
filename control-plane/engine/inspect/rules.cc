// Every policy that is for a dataplane, kind by kind.
#include <map>

#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/kind_order.h"
#include "control-plane/engine/inspect/policy_json.h"
#include "control-plane/engine/inspect/route_rules.h"

namespace weft::cp {
namespace {

// The matches of routes, by the hash that stands for them elsewhere.
void write_http_matches(JsonWriter& out, const EffectiveRules& rules) {
  std::map<std::string, const google::protobuf::Message*> by_hash;
  for (const KindRules& kind : rules.kinds) {
    for (const auto& [kri, rule] : kind.to) {
      for (const RouteRule& route : route_rules(*kind.kind, rule)) {
        if (!route.hash.empty()) by_hash.emplace(route.hash, route.rule);
      }
    }
  }
  out.key("httpMatches");
  out.begin_list();
  for (const auto& [hash, rule] : by_hash) {
    out.begin_object();
    out.member("hash", hash);
    out.key("match");
    write_matches(out, *rule);
    out.end_object();
  }
  out.end_list();
}

// Nothing that could be shown came out of its policies.
bool is_empty(const KindRules& kind) {
  for (const PortRules& inbound : kind.inbounds) {
    if (!inbound.rules.empty()) return false;
  }
  return kind.to.empty() && kind.proxy.conf == nullptr;
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

void write_inbound_rules(JsonWriter& out, const DataplaneView& dataplane, const std::vector<PortRules>& ports) {
  out.key("inboundRules");
  out.begin_list();
  for (const PortRules& port : ports) {
    if (port.rules.empty()) continue;
    out.begin_object();
    write_inbound(out, dataplane, port.port);
    out.key("rules");
    out.begin_list();
    for (const InboundRule& rule : port.rules) {
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

// `warnings` are of policies that can select nothing; the schema lets none of them in.
void write_kind(JsonWriter& out, const KindRules& kind, const DataplaneView& dataplane) {
  out.begin_object();
  out.member("type", kind.kind->name);
  out.key("warnings");
  out.begin_list();
  out.end_list();
  write_to_rules(out, kind.to);
  write_inbound_rules(out, dataplane, kind.inbounds);
  write_proxy_rule(out, kind.proxy);
  out.end_object();
}

}  // namespace

std::string rules_document(const EffectiveRules& rules) {
  const Resource& dataplane = *rules.dataplane->resource;
  JsonWriter out;
  out.begin_object();
  write_http_matches(out, rules);
  out.key("resource");
  write_resource_meta(out, dataplane.key.type, dataplane.key.mesh, dataplane.key.name, dataplane.labels);
  out.key("rules");
  out.begin_list();
  for (const KindRules* kind : by_name(rules)) {
    if (!is_empty(*kind)) write_kind(out, *kind, *rules.dataplane);
  }
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
