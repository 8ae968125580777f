#include "control-plane/engine/proxy_compiler.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "policies/policy.h"

namespace weft::cp {
namespace {

constexpr std::string_view kBalancingKind = "MeshLoadBalancingStrategy";

using Inbound = v1::Dataplane::Networking::Inbound;
using Outbound = v1::Dataplane::Networking::Outbound;

std::string place(const std::string& address, uint32_t port) {
  const bool ipv6 = address.find(':') != std::string::npos;
  return ipv6 ? cat("[", address, "]:", port) : cat(address, ":", port);
}

// A destination that does not exist has a name too: the one it will probably have when it does.
std::string missing_name(const Outbound::BackendRef& ref, const ResourceKey& dataplane) {
  std::string name = ref.name();
  std::vector<std::string> pairs;
  for (const auto& [key, value] : ref.labels()) pairs.push_back(cat(key, "=", value));
  std::sort(pairs.begin(), pairs.end());
  if (name.empty()) name = join(pairs, ",");
  const std::string_view kind =
      ref.kind().empty() || ref.kind() == "MeshService" ? "msvc" : std::string_view(ref.kind());
  return cat("kri_", kind, "_", dataplane.mesh, "___", name, "_", ref.port());
}

std::string missing_warning(const std::string& listener, const Outbound::BackendRef& ref,
                            const OutboundTarget& target) {
  if (target.service != nullptr) {
    return cat(listener, ": MeshService '", target.service->resource->display_name(), "' has no port ", ref.port());
  }
  if (!ref.kind().empty() && ref.kind() != "MeshService")
    return cat(listener, ": backendRef.kind ", ref.kind(), " is not served");
  return cat(listener, ": there is no MeshService ",
             ref.name().empty() ? "with these labels" : cat("'", ref.name(), "'"));
}

// Everything that one call of compile_items builds.
class ProxyCompiler {
 public:
  ProxyCompiler(const ProxyInputs& inputs, ItemTables& tables, CompileCounters& counters)
      : inputs_(inputs), tables_(tables), counters_(counters), spec_(inputs.dataplane->networking()) {}

  ProxyItemsPtr compile();

 private:
  bool add_listener(v1::Direction direction, const std::string& address, uint32_t port, std::string& name);
  void add_inbound(int index);
  void add_outbound(int index);
  void add_missing(const std::string& name);
  void add_application(const std::string& listener, const Inbound& inbound);
  void add_identity();
  void add_destination(const std::string& name, v1::Direction direction, v1::Protocol protocol,
                       const std::string& endpoints, const std::vector<UnitPtr>& units);
  template <typename Make>
  void add_endpoints(MemoKey key, Make&& make);
  UnitPtr outbound_unit(size_t kind, const std::vector<ToEntry>& entries);
  UnitPtr inbound_unit(size_t kind, const InboundPoliciesPtr& policies);

  const ProxyInputs& inputs_;
  ItemTables& tables_;
  CompileCounters& counters_;
  const v1::Dataplane::Networking& spec_;
  v1::ListenerSet listeners_;
  std::set<std::string> listening_;  // "address:port"
  ProxyItems out_;
};

ProxyItemsPtr ProxyCompiler::compile() {
  for (int i = 0; i < spec_.inbound_size(); ++i) add_inbound(i);
  for (int i = 0; i < spec_.outbound_size(); ++i) add_outbound(i);
  out_.items.push_back(tables_.listeners.get(MemoKey().text(listeners_.SerializeAsString()), [&] {
    ++counters_.listeners;
    return compile_listeners(listeners_);
  }));
  add_identity();
  for (const TrustViewPtr& trust : *inputs_.trusts) {
    out_.items.push_back(tables_.trusts.get(MemoKey().input(trust), [&] {
      ++counters_.trusts;
      return compile_trust(*trust);
    }));
  }
  const auto order = [](const CompiledItemPtr& item) { return std::tie(item->type, item->name); };
  std::sort(out_.items.begin(), out_.items.end(), [&](const auto& a, const auto& b) { return order(a) < order(b); });
  // Two outbounds may lead to the same place.
  const auto same = [&](const auto& a, const auto& b) { return order(a) == order(b); };
  out_.items.erase(std::unique(out_.items.begin(), out_.items.end(), same), out_.items.end());
  return std::make_shared<const ProxyItems>(std::move(out_));
}

void ProxyCompiler::add_identity() {
  const ProxyIdentity& identity = inputs_.identity;
  if (!identity.missing.empty()) out_.warnings.push_back(identity.missing);
  if (identity.spiffe_id.empty()) return;
  UnitPtr tls;
  for (size_t kind = 0; kind < policy_kinds().size(); ++kind) {
    if (policy_kinds()[kind].name == kTlsKind) tls = inbound_unit(kind, inputs_.policies.own_tls);
  }
  MemoKey key;
  key.text(identity.spiffe_id).text(identity.source).number(identity.issuer).input(tls);
  key.number(static_cast<uint64_t>(identity.lifetime_seconds));
  out_.items.push_back(tables_.identities.get(std::move(key), [&] {
    ++counters_.identities;
    return compile_identity(identity, tls);
  }));
}

void ProxyCompiler::add_destination(const std::string& name, v1::Direction direction, v1::Protocol protocol,
                                    const std::string& endpoints, const std::vector<UnitPtr>& units) {
  MemoKey key;
  key.text(name).number(direction).number(protocol).text(endpoints);
  for (const UnitPtr& unit : units) key.input(unit);
  out_.items.push_back(tables_.destinations.get(std::move(key), [&] {
    ++counters_.destinations;
    return compile_destination(name, direction, protocol, endpoints, units);
  }));
}

template <typename Make>
void ProxyCompiler::add_endpoints(MemoKey key, Make&& make) {
  out_.items.push_back(tables_.endpoints.get(std::move(key), [&] {
    ++counters_.endpoints;
    return make();
  }));
}

bool ProxyCompiler::add_listener(v1::Direction direction, const std::string& address, uint32_t port,
                                 std::string& name) {
  name = cat(direction == v1::INBOUND ? "inbound:" : "outbound:", place(address, port));
  if (!is_ip_address(address)) {
    out_.warnings.push_back(cat(name, ": '", address, "' is not an IP address, nothing listens there"));
    return false;
  }
  if (!listening_.insert(place(address, port)).second) {
    out_.warnings.push_back(cat(name, ": the address and port are already in use by this Dataplane"));
    return false;
  }
  v1::Listener& listener = *listeners_.add_listeners();
  listener.set_name(name);
  listener.set_direction(direction);
  listener.set_address(address);
  listener.set_port(port);
  return true;
}

UnitPtr ProxyCompiler::outbound_unit(size_t kind, const std::vector<ToEntry>& entries) {
  if (std::none_of(entries.begin(), entries.end(), [](const ToEntry& e) { return e.conf() != nullptr; }))
    return nullptr;
  MemoKey key;
  key.number(kind).number(v1::OUTBOUND);
  for (const ToEntry& entry : entries) key.input(entry.policy).number(static_cast<uint64_t>(entry.index));
  return tables_.units.get(std::move(key), [&] {
    ++counters_.units;
    return compile_unit(policy_kinds()[kind].name, merge_entries(entries));
  });
}

// Callers that a rule names get what the rule says once they can be told apart; what is made here is for all the
// others.
UnitPtr ProxyCompiler::inbound_unit(size_t kind, const InboundPoliciesPtr& policies) {
  if (policies == nullptr) return nullptr;
  const PolicyKind& about = policy_kinds()[kind];
  const bool says_no = about.denies_by_default() && inputs_.identity.is_selected;
  if (policies->rules.empty() && !says_no) return nullptr;
  if (about.keeps_rules_apart) {
    return tables_.units.get(MemoKey().number(kind).number(v1::INBOUND).input(policies), [&] {
      ++counters_.units;
      return compile_rule_list(about.name, policies->rules);
    });
  }
  const bool all_named = policies->rules.back().match != nullptr;  // the rules for everybody come last
  const auto beside_matches = about.conf_beside_matches;
  if (all_named && beside_matches == nullptr) return nullptr;
  return tables_.units.get(MemoKey().number(kind).number(v1::INBOUND).input(policies), [&] {
    ++counters_.units;
    if (!all_named) return compile_unit(about.name, catch_all(policies->rules));
    v1::PolicyUnit unit;
    unit.set_kind(std::string(about.name));
    unit.set_conf(beside_matches());
    return unit;
  });
}

void ProxyCompiler::add_application(const std::string& listener, const Inbound& inbound) {
  const std::string name = cat("app:", listener);
  const std::string& listening = inputs_.dataplane->address_of(inbound);
  std::string address = inbound.service_address().empty() ? listening : inbound.service_address();
  const uint32_t port = inbound.service_port() == 0 ? inbound.port() : inbound.service_port();
  if (address == listening && port == inbound.port()) {
    // The proxy would call itself. An application beside it can only be on the loopback address then.
    address = listening.find(':') == std::string::npos ? "127.0.0.1" : "::1";
    const bool nowhere = address == listening;
    out_.warnings.push_back(cat(listener, ": serviceAddress and servicePort are where the proxy itself listens; ",
                                nowhere ? "no other address is left to try" : cat("trying ", place(address, port))));
    if (nowhere) return add_endpoints(MemoKey().text(name), [&] { return compile_no_endpoints(name); });
  }
  add_endpoints(MemoKey().text(name).text(address).number(port),
                [&] { return compile_application(name, address, port); });
}

void ProxyCompiler::add_inbound(int index) {
  const Inbound& inbound = spec_.inbound(index);
  std::string listener;
  if (!add_listener(v1::INBOUND, inputs_.dataplane->address_of(inbound), inbound.port(), listener)) return;
  const std::string name =
      kri(*inputs_.dataplane->resource, inputs_.dataplane->proxy.ports[static_cast<size_t>(index)].section());
  listeners_.mutable_listeners(listeners_.listeners_size() - 1)->set_destination(name);

  std::vector<UnitPtr> units;
  for (size_t kind = 0; kind < policy_kinds().size(); ++kind) {
    UnitPtr made = inbound_unit(kind, inputs_.policies.inbound[static_cast<size_t>(index)][kind]);
    if (made != nullptr) units.push_back(std::move(made));
  }
  add_destination(name, v1::INBOUND, protocol_of(inbound.protocol()), cat("app:", listener), units);
  add_application(listener, inbound);
}

void ProxyCompiler::add_missing(const std::string& name) {
  // An HTTP client can be told that nobody is there; for any other the connection ends either way.
  add_destination(name, v1::OUTBOUND, v1::HTTP1, name, {});
  add_endpoints(MemoKey().text(name), [&] { return compile_no_endpoints(name); });
}

void ProxyCompiler::add_outbound(int index) {
  const Outbound& outbound = spec_.outbound(index);
  const OutboundTarget& target = inputs_.outbounds[static_cast<size_t>(index)];
  const std::string address = outbound.address().empty() ? "127.0.0.1" : outbound.address();
  std::string listener;
  if (!add_listener(v1::OUTBOUND, address, outbound.port(), listener)) return;
  v1::Listener& added = *listeners_.mutable_listeners(listeners_.listeners_size() - 1);
  if (target.port < 0) {
    out_.warnings.push_back(missing_warning(listener, outbound.backend_ref(), target));
    added.set_destination(missing_name(outbound.backend_ref(), inputs_.dataplane->resource->key));
    return add_missing(added.destination());
  }
  const v1::MeshService::Port& port = target.service->spec->ports(target.port);
  const std::string section = target.service->target.ports[static_cast<size_t>(target.port)].section();
  const std::string name = cat(target.service->target.kri, section);
  added.set_destination(name);

  std::vector<UnitPtr> units;
  std::string_view balancing;
  for (size_t kind = 0; kind < policy_kinds().size(); ++kind) {
    const OutboundPoliciesPtr& policies = inputs_.policies.outbound[kind];
    if (policies == nullptr) continue;
    UnitPtr made =
        outbound_unit(kind, relevant_entries(policies->entries, target.service->target, section, inputs_.mesh_visible));
    if (made == nullptr) continue;
    if (policy_kinds()[kind].name == kBalancingKind) balancing = made->conf();
    units.push_back(std::move(made));
  }
  add_destination(name, v1::OUTBOUND, protocol_of(port.app_protocol()), name, units);
  const std::string wanted = port.SerializeAsString();
  const std::optional<v1::PeerTls> tls = peer_tls(*target.service, section);
  const mesh_load_balancing_strategy::Nearness nearness(inputs_.dataplane->resource->labels, balancing);
  MemoKey key;
  key.text(name).text(wanted).text(tls.has_value() ? tls->SerializeAsString() : "").text(nearness.key());
  key.input(target.instances);
  add_endpoints(std::move(key), [&] {
    return compile_endpoints(name, port, *target.instances, nearness, tls.has_value() ? &*tls : nullptr);
  });
}

}  // namespace

ProxyItemsPtr compile_items(const ProxyInputs& inputs, ItemTables& tables, CompileCounters& counters) {
  return ProxyCompiler(inputs, tables, counters).compile();
}

}  // namespace weft::cp
