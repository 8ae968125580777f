// Insights: what is counted when somebody asks. Nothing of it is stored, but the insights that another control plane
// sent here.
#include <algorithm>
#include <functional>

#include "base/text.h"
#include "control-plane/resource/encode.h"
#include "control-plane/source/endpoints.h"
#include "control-plane/source/listing.h"
#include "control-plane/source/service_insights.h"
#include "weft/v1/dataplane_insight.pb.h"
#include "weft/v1/zone.pb.h"

namespace weft::cp {
namespace {

HttpResponse json(std::string body) { return {200, std::move(body) + "\n", "application/json", {}}; }

// All of one kind in a mesh.
using Collect = std::function<std::vector<ResourcePtr>(const World& world, const std::string& mesh)>;

std::vector<ResourcePtr> in_meshes(const Collect& collect, const World& world, const Call& call) {
  if (call.parameters.contains("mesh")) return collect(world, call.parameter("mesh"));
  std::vector<ResourcePtr> all;
  for (const std::string& mesh : world.meshes()) {
    for (ResourcePtr& resource : collect(world, mesh)) all.push_back(std::move(resource));
  }
  return all;
}

bool lacks_mesh(const World& world, const Call& call) {
  return call.parameters.contains("mesh") && world.find({"Mesh", "", call.parameter("mesh")}) == nullptr;
}

std::vector<ResourcePtr> dataplane_insights(const ApiContext& api, const World& world, const std::string& mesh) {
  std::vector<ResourcePtr> all;
  for (const auto& [name, dataplane] : *world.table("Dataplane", mesh)) {
    const ResourcePtr stored = world.find({"DataplaneInsight", mesh, name});
    std::shared_ptr<const google::protobuf::Message> live;
    if (api.hooks.insight) live = api.hooks.insight(mesh, name);
    if (live == nullptr) {
      if (stored != nullptr) all.push_back(stored);
      continue;
    }
    auto insight = std::make_shared<Resource>();
    insight->key = {"DataplaneInsight", mesh, name};
    insight->created = dataplane->created;
    insight->modified = dataplane->modified;
    insight->spec = std::move(live);
    all.push_back(std::move(insight));
  }
  return all;
}

// The one of that name, as a whole answer.
HttpResponse one_of(const std::vector<ResourcePtr>& all, const std::string& name, const WriteItem& write) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one->key.name == name; });
  if (found == all.end()) return to_response(missing("Could not retrieve a resource"));
  JsonWriter out;
  write(out, **found);
  return json(out.take());
}

void add_dataplane_insights(Router& router, ApiContext& api) {
  const auto collect = [&api](const World& world, const std::string& mesh) {
    return dataplane_insights(api, world, mesh);
  };
  const auto list = [&api, collect](const Call& call) {
    const WorldPtr world = api.world.current();
    if (lacks_mesh(*world, call)) return to_response(missing("Failed to retrieve Mesh"));
    return list_response(call, in_meshes(collect, *world, call), write_resource);
  };
  router.add("GET", "/dataplane-insights", list);
  router.add("GET", "/meshes/{mesh}/dataplane-insights", list);
  router.add("GET", "/meshes/{mesh}/dataplane-insights/{name}", [&api, collect](const Call& call) {
    const WorldPtr world = api.world.current();
    if (lacks_mesh(*world, call)) return to_response(missing("Failed to retrieve Mesh"));
    return one_of(collect(*world, call.parameter("mesh")), call.parameter("name"), write_resource);
  });
}

ResourcePtr mesh_insight(const ApiContext& api, const World& world, const Resource& mesh) {
  auto insight = std::make_shared<Resource>();
  insight->key = {"MeshInsight", "", mesh.key.name};
  insight->created = mesh.created;
  insight->modified = mesh.modified;
  insight->spec = api.hooks.mesh_insight(world, mesh.key.name);
  return insight;
}

void add_mesh_insights(Router& router, ApiContext& api) {
  router.add("GET", "/mesh-insights", [&api](const Call& call) {
    const WorldPtr world = api.world.current();
    std::vector<ResourcePtr> meshes;
    for (const auto& [name, mesh] : *world->table("Mesh", "")) meshes.push_back(mesh);
    return list_response(call, meshes, [&](JsonWriter& out, const Resource& mesh) {
      write_resource(out, *mesh_insight(api, *world, mesh));
    });
  });
  router.add("GET", "/mesh-insights/{name}", [&api](const Call& call) {
    const WorldPtr world = api.world.current();
    const ResourcePtr mesh = world->find({"Mesh", "", call.parameter("name")});
    if (mesh == nullptr) return to_response(missing("Could not retrieve a resource"));
    return json(encode(*mesh_insight(api, *world, *mesh)));
  });
}

void write_zone_overview(JsonWriter& out, const World& world, const Resource& zone) {
  out.begin_object();
  write_meta(out, zone, "ZoneOverview");
  out.key("zone");
  write_message(out, *zone.spec, v1::INLINE);
  out.key("zoneInsight");
  const ResourcePtr insight = world.find({"ZoneInsight", "", zone.key.name});
  write_message(out, insight == nullptr ? v1::ZoneInsight::default_instance() : *insight->spec, v1::INLINE);
  out.end_object();
}

void add_zone_overviews(Router& router, ApiContext& api) {
  const auto many = [&api](const Call& call) {
    const WorldPtr world = api.world.current();
    return list_response(call, world->list("Zone"),
                         [&](JsonWriter& out, const Resource& zone) { write_zone_overview(out, *world, zone); });
  };
  const auto one = [&api](const Call& call) {
    const WorldPtr world = api.world.current();
    const ResourcePtr zone = world->find({"Zone", "", call.parameter("name")});
    if (zone == nullptr) return to_response(missing("Could not retrieve a resource"));
    JsonWriter out;
    write_zone_overview(out, *world, *zone);
    return json(out.take());
  };
  router.add("GET", "/zones/_overview", many);
  router.add("GET", "/zones+insights", many);
  router.add("GET", "/zones/{name}/_overview", one);
  router.add("GET", "/zones+insights/{name}", one);
}

void add_service_insights(Router& router, ApiContext& api) {
  const auto list = [&api](const Call& call) {
    const WorldPtr world = api.world.current();
    if (lacks_mesh(*world, call)) return to_response(missing("Failed to retrieve Mesh"));
    const Result<ServiceTypes> types = service_types(call.query.get("type"));
    if (!types.ok()) return to_response(bad_request(cat("bad request: ", reason(types.status()))));
    const auto collect = [&](const World& from, const std::string& mesh) {
      return service_insights(from, mesh, *types);
    };
    return list_response(call, in_meshes(collect, *world, call), write_service_insight);
  };
  router.add("GET", "/service-insights", list);
  router.add("GET", "/meshes/{mesh}/service-insights", list);
  router.add("GET", "/meshes/{mesh}/service-insights/{name}", [&api](const Call& call) {
    const WorldPtr world = api.world.current();
    if (lacks_mesh(*world, call)) return to_response(missing("Failed to retrieve Mesh"));
    return one_of(service_insights(*world, call.parameter("mesh"), {}), call.parameter("name"), write_service_insight);
  });
}

}  // namespace

void add_insight_endpoints(Router& router, ApiContext& api) {
  if (api.hooks.mesh_insight) add_mesh_insights(router, api);
  if (api.hooks.global_insight) {
    router.add("GET", "/global-insight",
               [&api](const Call&) { return json(api.hooks.global_insight(*api.world.current())); });
  }
  add_dataplane_insights(router, api);
  add_zone_overviews(router, api);
  add_service_insights(router, api);
}

}  // namespace weft::cp
