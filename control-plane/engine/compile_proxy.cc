#include "control-plane/engine/compile_proxy.h"

#include <map>
#include <utility>

#include "base/text.h"
#include "control-plane/engine/proxy_compiler.h"

namespace weft::cp {

struct Memo::State {
  // What a proxy got the last time, and from what.
  struct Proxy {
    uint64_t policies_generation = 0;
    uint64_t services_generation = 0;
    uint64_t dataplanes_generation = 0;
    uint64_t identities_generation = 0;
    ProxyInputs inputs;
    ProxyItemsPtr items;
  };
  struct Mesh {
    explicit Mesh(const std::string& name) : index(name) {}
    MeshIndex index;
    std::map<std::string, Proxy, std::less<>> proxies;
  };

  std::map<std::string, Mesh, std::less<>> meshes;
  explicit State(Shadow s) : shadow(s) {}

  const Shadow shadow;
  PolicyTables policies;
  ItemTables items;
  CompileCounters counters;

  Mesh& follow(const World& world, const std::string& name);
  ProxyItemsPtr compile(Mesh& mesh, const DataplaneViewPtr& dataplane);
};

Memo::Memo(Shadow shadow) : state_(std::make_unique<State>(shadow)) {}
Memo::~Memo() = default;

const CompileCounters& Memo::counters() const { return state_->counters; }

Memo::State::Mesh& Memo::State::follow(const World& world, const std::string& name) {
  Mesh& mesh = meshes.try_emplace(name, name).first->second;
  const uint64_t dataplanes_before = mesh.index.dataplanes_generation();
  counters.indexes += mesh.index.follow(world);
  if (mesh.index.dataplanes_generation() != dataplanes_before) {
    std::erase_if(mesh.proxies, [&](const auto& proxy) { return mesh.index.dataplane(proxy.first) == nullptr; });
  }
  return mesh;
}

ProxyItemsPtr Memo::State::compile(Mesh& mesh, const DataplaneViewPtr& dataplane) {
  MeshIndex& index = mesh.index;
  Proxy& proxy = mesh.proxies[dataplane->resource->key.name];
  const bool other_dataplane = proxy.inputs.dataplane != dataplane;
  const bool other_policies = proxy.policies_generation != index.policies_generation();
  const bool other_services = proxy.services_generation != index.services_generation() ||
                              proxy.dataplanes_generation != index.dataplanes_generation();
  const bool other_identities = proxy.identities_generation != index.identities_generation();
  ProxyInputs inputs = proxy.inputs;
  inputs.dataplane = dataplane;
  inputs.mesh_visible = index.mesh_visible();
  if (other_dataplane || other_policies) inputs.policies = gather_policies(*dataplane, index, policies, shadow);
  if (other_dataplane || other_services) inputs.outbounds = gather_outbounds(*dataplane, index);
  if (other_dataplane || other_identities) inputs.identity = index.identity_of(*dataplane);
  inputs.trusts = index.trusts();
  proxy.policies_generation = index.policies_generation();
  proxy.services_generation = index.services_generation();
  proxy.dataplanes_generation = index.dataplanes_generation();
  proxy.identities_generation = index.identities_generation();
  if (proxy.items != nullptr && inputs == proxy.inputs) return proxy.items;
  ++counters.proxies;
  ProxyItemsPtr now = compile_items(inputs, items, counters);
  if (proxy.items == nullptr || *now != *proxy.items) proxy.items = std::move(now);
  proxy.inputs = std::move(inputs);
  return proxy.items;
}

Result<ProxyItemsPtr> compile_proxy(const World& world, const ResourceKey& key, Memo& memo) {
  if (world.find({"Dataplane", key.mesh, key.name}) == nullptr) {
    if (world.table("Dataplane", key.mesh)->empty()) memo.state_->meshes.erase(key.mesh);
    return not_found(cat("there is no Dataplane '", key.name, "' in mesh '", key.mesh, "'"));
  }
  Memo::State::Mesh& mesh = memo.state_->follow(world, key.mesh);
  const DataplaneViewPtr dataplane = mesh.index.dataplane(key.name);
  if (dataplane == nullptr) return internal(cat("Dataplane '", key.name, "' in mesh '", key.mesh, "' cannot be read"));
  return memo.state_->compile(mesh, dataplane);
}

}  // namespace weft::cp
