#include "control-plane/engine/mesh_insight.h"

#include <algorithm>
#include <string_view>

#include "control-plane/engine/views.h"
#include "control-plane/resource/kind.h"
#include "weft/v1/mesh_service.pb.h"
#include "weft/v1/zone.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;
using Counters = v1::MeshInsight::Counters;

void count(ProxyState state, Counters& counters) {
  counters.set_total(counters.total() + 1);
  switch (state) {
    case ProxyState::kOnline: return counters.set_online(counters.online() + 1);
    case ProxyState::kOffline: return counters.set_offline(counters.offline() + 1);
    case ProxyState::kPartiallyDegraded: return counters.set_partially_degraded(counters.partially_degraded() + 1);
  }
}

// What stands where a proxy did not say its version, or never connected.
std::string known(const std::string& version) { return version.empty() ? "unknown" : version; }

void count_versions(const v1::DataplaneInsight& insight, ProxyState state, v1::MeshInsight::Versions& versions) {
  const int last = insight.subscriptions_size() - 1;
  const v1::DataplaneInsight::Version none;
  const v1::DataplaneInsight::Version& version = last < 0 ? none : insight.subscriptions(last).version();
  count(state, (*versions.mutable_kuma_dp())[known(version.kuma_dp().version())]);
  count(state, (*versions.mutable_envoy())[known(version.envoy().version())]);
}

void count_identity(const v1::DataplaneInsight& insight, ProxyState state, v1::MeshInsight::Mtls& mtls) {
  if (!insight.has_m_tls()) return;
  if (const std::string& issued = insight.m_tls().issued_backend(); !issued.empty()) {
    count(state, (*mtls.mutable_issued_backends())[issued]);
  }
  for (const std::string& trust : insight.m_tls().supported_backends()) {
    count(state, (*mtls.mutable_supported_backends())[trust]);
  }
}

void count_dataplane(const v1::Dataplane& dataplane, const v1::DataplaneInsight& insight, v1::MeshInsight& out) {
  const ProxyState state = state_of(dataplane, &insight);
  count(state, *out.mutable_dataplanes());
  if (dataplane.networking().has_gateway()) {
    count(state, *out.mutable_dataplanes_by_type()->mutable_gateway());
    count(state, *out.mutable_dataplanes_by_type()->mutable_gateway_delegated());
  } else {
    count(state, *out.mutable_dataplanes_by_type()->mutable_standard());
  }
  count_versions(insight, state, *out.mutable_dp_versions());
  count_identity(insight, state, *out.mutable_m_tls());
}

bool is_connected(const v1::ZoneInsight& insight) {
  return std::any_of(insight.subscriptions().begin(), insight.subscriptions().end(), [](const auto& subscription) {
    return subscription.has_connect_time() && !subscription.has_disconnect_time();
  });
}

void add(const Counters& more, Counters& sum) {
  sum.set_total(sum.total() + more.total());
  sum.set_online(sum.online() + more.online());
  sum.set_offline(sum.offline() + more.offline());
  sum.set_partially_degraded(sum.partially_degraded() + more.partially_degraded());
}

void count_services(const World& world, GlobalInsight& out) {
  for (const ResourcePtr& resource : world.list("MeshService")) {
    const auto* service = DynamicCastToGenerated<const v1::MeshService>(resource->spec.get());
    const bool available = service != nullptr && service->state() == "Available";
    count(available ? ProxyState::kOnline : ProxyState::kOffline, out.internal_services);
  }
  out.external_services = static_cast<uint32_t>(world.list("MeshExternalService").size());
}

void count_zones(const World& world, GlobalInsight& out) {
  for (const auto& [name, zone] : *world.table("Zone", "")) {
    ++out.zones;
    const ResourcePtr stored = world.find({"ZoneInsight", "", name});
    if (stored == nullptr) continue;
    const auto* insight = DynamicCastToGenerated<const v1::ZoneInsight>(stored->spec.get());
    if (insight != nullptr && is_connected(*insight)) ++out.zones_online;
  }
}

}  // namespace

bool is_online(const v1::DataplaneInsight& insight) {
  return std::any_of(insight.subscriptions().begin(), insight.subscriptions().end(), [](const auto& subscription) {
    return subscription.has_connect_time() && !subscription.has_disconnect_time();
  });
}

ProxyState state_of(const v1::Dataplane& dataplane, const v1::DataplaneInsight* insight) {
  if (insight == nullptr || !is_online(*insight)) return ProxyState::kOffline;
  const v1::Dataplane::Networking& networking = dataplane.networking();
  if (networking.has_gateway()) return ProxyState::kOnline;
  int ready = 0;
  int all = 0;
  for (const auto& inbound : networking.inbound()) {
    if (inbound.state() == "Ignored") continue;
    ++all;
    if (is_ready(inbound)) ++ready;
  }
  for (const auto& listener : networking.listeners()) {
    if (listener.state() == "Ignored") continue;
    ++all;
    if (listener.state().empty() || listener.state() == "Ready") ++ready;
  }
  // One that offers nothing has nothing that could be missing.
  if (ready == all) return ProxyState::kOnline;
  return ready == 0 ? ProxyState::kOffline : ProxyState::kPartiallyDegraded;
}

v1::MeshInsight mesh_insight(const World& world, const std::string& mesh, const InsightOf& insight_of) {
  v1::MeshInsight out;
  for (const auto& [name, resource] : *world.table("Dataplane", mesh)) {
    const auto* dataplane = DynamicCastToGenerated<const v1::Dataplane>(resource->spec.get());
    if (dataplane == nullptr) continue;
    const std::shared_ptr<const v1::DataplaneInsight> insight = insight_of(resource->key);
    count_dataplane(*dataplane, insight == nullptr ? v1::DataplaneInsight::default_instance() : *insight, out);
  }
  for (const Kind& kind : kinds()) {
    if (kind.is_global()) continue;
    const size_t total = world.table(kind.type(), mesh)->size();
    if (total > 0) (*out.mutable_resources())[std::string(kind.type())].set_total(static_cast<uint32_t>(total));
  }
  return out;
}

GlobalInsight global_insight(const World& world, const InsightOf& insight_of) {
  GlobalInsight out;
  for (const std::string& mesh : world.meshes()) {
    const v1::MeshInsight insight = mesh_insight(world, mesh, insight_of);
    ++out.meshes;
    add(insight.dataplanes_by_type().standard(), out.standard);
    add(insight.dataplanes_by_type().gateway_delegated(), out.gateway_delegated);
    for (const auto& [type, resources] : insight.resources()) {
      out.resources[type] += resources.total();
      if (find_kind(type)->is_policy()) out.policies += resources.total();
    }
  }
  for (const Kind& kind : kinds()) {
    if (!kind.is_global()) continue;
    const size_t total = world.table(kind.type(), "")->size();
    if (total > 0) out.resources[std::string(kind.type())] = static_cast<uint32_t>(total);
  }
  count_services(world, out);
  count_zones(world, out);
  return out;
}

}  // namespace weft::cp
