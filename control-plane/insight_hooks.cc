#include "control-plane/insight_hooks.h"

#include "base/document/json_writer.h"
#include "control-plane/engine/hostnames.h"
#include "control-plane/engine/mesh_insight.h"

namespace weft::cp {
namespace {

using Counters = v1::MeshInsight::Counters;
using LiveInsight = decltype(ApiHooks::insight);

// Connections are known in memory where proxies connect, and from the store elsewhere.
InsightOf insight_of(const World& world, const LiveInsight& live_insight) {
  return [&world, &live_insight](const ResourceKey& dataplane) -> std::shared_ptr<const v1::DataplaneInsight> {
    if (live_insight) {
      if (auto live = live_insight(dataplane.mesh, dataplane.name); live != nullptr) return live;
    }
    const ResourcePtr stored = world.find({"DataplaneInsight", dataplane.mesh, dataplane.name});
    if (stored == nullptr) return nullptr;
    return std::dynamic_pointer_cast<const v1::DataplaneInsight>(stored->spec);
  };
}

void write_count(JsonWriter& out, std::string_view name, uint32_t count) {
  out.key(name);
  out.number(count);
}

void write_total(JsonWriter& out, std::string_view name, uint32_t total) {
  out.key(name);
  out.begin_object();
  write_count(out, "total", total);
  out.end_object();
}

void write_counters(JsonWriter& out, std::string_view name, const Counters& counters) {
  out.key(name);
  out.begin_object();
  write_count(out, "online", counters.online());
  write_count(out, "offline", counters.offline());
  write_count(out, "partiallyDegraded", counters.partially_degraded());
  write_count(out, "total", counters.total());
  out.end_object();
}

void write_online(JsonWriter& out, std::string_view name, uint32_t online, uint32_t total) {
  out.key(name);
  out.begin_object();
  write_count(out, "online", online);
  write_count(out, "total", total);
  out.end_object();
}

std::string global_document(const GlobalInsight& insight) {
  JsonWriter out;
  out.begin_object();
  out.member("createdAt", "0001-01-01T00:00:00Z");
  out.key("services");
  out.begin_object();
  write_count(out, "total",
              insight.internal_services.total() + insight.external_services + insight.gateway_delegated.total());
  write_counters(out, "internal", insight.internal_services);
  write_total(out, "external", insight.external_services);
  write_counters(out, "gatewayDelegated", insight.gateway_delegated);
  out.end_object();
  out.key("zones");
  out.begin_object();
  write_online(out, "controlPlanes", insight.zones_online, insight.zones);
  // A zone's proxies are dataplanes like any other.
  write_online(out, "zoneIngresses", 0, 0);
  write_online(out, "zoneEgresses", 0, 0);
  out.end_object();
  out.key("dataplanes");
  out.begin_object();
  write_counters(out, "standard", insight.standard);
  write_counters(out, "gatewayDelegated", insight.gateway_delegated);
  out.end_object();
  write_total(out, "policies", insight.policies);
  write_total(out, "meshes", insight.meshes);
  out.key("resources");
  out.begin_object();
  for (const auto& [type, total] : insight.resources) write_total(out, type, total);
  out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace

void add_insight_hooks(ApiHooks& hooks, const Place& place) {
  hooks.mesh_insight = [live = hooks.insight](const World& world, const std::string& mesh) {
    return std::make_shared<const v1::MeshInsight>(mesh_insight(world, mesh, insight_of(world, live)));
  };
  hooks.global_insight = [live = hooks.insight](const World& world) {
    return global_document(global_insight(world, insight_of(world, live)));
  };
  hooks.hostnames = [place](const World& world, const Resource& service) {
    std::vector<std::pair<std::string, std::vector<std::string>>> all;
    for (ServiceHostname& hostname :
         hostnames_of(*world.table("HostnameGenerator", ""), service, place.zone, place.is_global)) {
      all.emplace_back(std::move(hostname.hostname), std::move(hostname.zones));
    }
    return all;
  };
}

std::shared_ptr<const v1::DataplaneInsight> with_trusts(std::shared_ptr<const v1::DataplaneInsight> insight,
                                                        const World& world, std::string_view mesh) {
  if (insight == nullptr || !insight->has_m_tls()) return insight;
  auto complete = std::make_shared<v1::DataplaneInsight>(*insight);
  const auto trusts = world.table("MeshTrust", mesh);
  for (const auto& [name, trust] : *trusts) complete->mutable_m_tls()->add_supported_backends(kri(*trust));
  return complete;
}

}  // namespace weft::cp
