#include "control-plane/generate/first_resources.h"

#include <vector>

#include "control-plane/generate/complete.h"
#include "control-plane/resource/decode.h"
#include "weft/v1/hostname_generator.pb.h"
#include "weft/v1/zone.pb.h"

namespace weft::cp {
namespace {

struct Generator {
  bool is_of_global;  // made there, otherwise in zones
  std::string_view name;
  std::string_view spec;
};

// "Of origin global" is what came down from there, services of other zones included.
constexpr Generator kGenerators[] = {
    {true, "synced-kube-mesh-service", R"({
      "selector": {"meshService": {"matchLabels": {"kuma.io/origin": "global", "kuma.io/env": "kubernetes",
        "k8s.kuma.io/is-headless-service": "false"}}},
      "template": "{{ .DisplayName }}.{{ .Namespace }}.svc.{{ .Zone }}.mesh.local"})"},
    {true, "synced-headless-kube-mesh-service",
     R"({
      "selector": {"meshService": {"matchLabels": {"kuma.io/origin": "global", "kuma.io/env": "kubernetes",
        "k8s.kuma.io/is-headless-service": "true"}}},
      "template": "{{ label \"statefulset.kubernetes.io/pod-name\" }}.{{ label \"k8s.kuma.io/service-name\" }}.)"
     R"({{ .Namespace }}.svc.{{ .Zone }}.mesh.local"})"},
    {true, "synced-universal-mesh-service", R"({
      "selector": {"meshService": {"matchLabels": {"kuma.io/origin": "global", "kuma.io/env": "universal"}}},
      "template": "{{ .DisplayName }}.svc.{{ .Zone }}.mesh.local"})"},
    {true, "synced-mesh-multi-zone-service", R"({
      "selector": {"meshMultiZoneService": {"matchLabels": {"kuma.io/origin": "global"}}},
      "template": "{{ .DisplayName }}.mzsvc.mesh.local"})"},
    {true, "synced-mesh-external-service", R"({
      "selector": {"meshExternalService": {"matchLabels": {"kuma.io/origin": "global"}}},
      "template": "{{ .DisplayName }}.extsvc.mesh.local"})"},
    {false, "local-mesh-external-service", R"({
      "selector": {"meshExternalService": {"matchLabels": {"kuma.io/origin": "zone"}}},
      "template": "{{ .DisplayName }}.extsvc.mesh.local"})"},
    {false, "local-universal-mesh-service", R"({
      "selector": {"meshService": {"matchLabels": {"kuma.io/origin": "zone", "kuma.io/env": "universal"}}},
      "template": "{{ .DisplayName }}.svc.mesh.local"})"},
};

}  // namespace

Status create_own_zone(Store& store, const World& world, const Place& place) {
  if (place.is_global) return ok();
  std::vector<Write> writes;
  for (const ResourcePtr& zone : world.list("Zone")) {
    if (zone->key.name != place.zone) writes.push_back({Write::Kind::kDelete, zone->key, nullptr, std::nullopt});
  }
  const ResourceKey own{"Zone", "", place.zone};
  if (world.find(own) == nullptr) {
    auto spec = std::make_shared<v1::Zone>();
    spec->set_enabled(true);
    writes.push_back(create(complete(own, std::move(spec), place)));
  }
  return writes.empty() ? ok() : unless_there(store.write(writes));
}

Status create_hostname_generators(Store& store, const World& world, const Place& place) {
  std::vector<Write> writes;
  for (const Generator& generator : kGenerators) {
    const ResourceKey key{"HostnameGenerator", "", std::string(generator.name)};
    if (generator.is_of_global != place.is_global || world.find(key) != nullptr) continue;
    auto spec = std::make_shared<v1::HostnameGenerator>();
    if (Status decoded = decode_message(generator.spec, *spec); !decoded.ok()) return annotate(decoded, generator.name);
    writes.push_back(create(complete(key, std::move(spec), place)));
  }
  return writes.empty() ? ok() : unless_there(store.write(writes));
}

}  // namespace weft::cp
