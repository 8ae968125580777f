#include "control-plane/engine/placed_confs.h"

#include <map>

#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

using google::protobuf::Message;

void add_origins(const EffectiveConf& effective, const std::vector<const Message*>& confs, PlacedConf& out) {
  out.conf = effective.conf;
  out.origins = effective.origins;
  out.fields = field_origins(confs);
}

PlacedConf at_proxy(const KindRules& rules, const Resource& dataplane) {
  PlacedConf out{.kind = rules.kind->name, .side = Side::kProxy, .place = kri(dataplane)};
  out.type = dataplane.key.type;
  out.name = dataplane.display_name();
  std::vector<const Message*> confs;
  for (const ConfOrigin& origin : rules.proxy.origins) confs.push_back(origin.policy->spec.single_conf());
  add_origins(rules.proxy, confs, out);
  return out;
}

PlacedConf at_destination(const KindRules& rules, const std::string& kri, const ToRule& rule) {
  PlacedConf out{.kind = rules.kind->name, .side = Side::kOutbound, .place = kri};
  out.type = rule.resource->type;
  out.name = rule.resource->name;
  out.section = rule.section;
  std::vector<const Message*> confs;
  for (const ConfOrigin& origin : rule.effective.origins) confs.push_back(origin.policy->spec.to_conf(origin.index));
  add_origins(rule.effective, confs, out);
  return out;
}

// The rules of one port for one kind of caller, merged.
struct CallerRules {
  ConfMerger merger;
  std::vector<const Message*> confs;
};

void add_inbound(const KindRules& rules, const PortRules& port, const DataplaneView& dataplane,
                 std::vector<PlacedConf>& out) {
  std::vector<std::string> order;
  std::map<std::string, CallerRules> callers;
  for (const InboundRule& rule : port.rules) {
    const std::string match = rule.match == nullptr ? std::string() : encode_message(*rule.match);
    const auto [at, added] = callers.try_emplace(match);
    if (added) order.push_back(match);
    at->second.merger.add(rule.origin, rule.conf);
    at->second.confs.push_back(rule.conf);
  }
  const std::string section = dataplane.proxy.ports[port.port].section();
  for (const std::string& match : order) {
    CallerRules& caller = callers[match];
    PlacedConf placed{.kind = rules.kind->name, .side = Side::kInbound, .place = kri(*dataplane.resource, section)};
    placed.type = dataplane.resource->key.type;
    placed.name = dataplane.resource->display_name();
    placed.section = section;
    placed.match = match;
    add_origins(caller.merger.take(), caller.confs, placed);
    out.push_back(std::move(placed));
  }
}

}  // namespace

std::string_view side_name(Side side) {
  switch (side) {
    case Side::kProxy: return "proxy";
    case Side::kInbound: return "inbound";
    case Side::kOutbound: return "outbound";
  }
  return "";
}

std::vector<PlacedConf> placed_confs(const EffectiveRules& rules) {
  std::vector<PlacedConf> out;
  for (const KindRules& kind : rules.kinds) {
    if (kind.proxy.conf != nullptr) out.push_back(at_proxy(kind, *rules.dataplane->resource));
    for (const PortRules& port : kind.inbounds) add_inbound(kind, port, *rules.dataplane, out);
    for (const auto& [kri, rule] : kind.to) out.push_back(at_destination(kind, kri, rule));
  }
  return out;
}

}  // namespace weft::cp
