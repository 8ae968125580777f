// Dataplanes with what is known of their connection.
#include "base/text.h"
#include "control-plane/resource/encode.h"
#include "control-plane/source/endpoints.h"
#include "control-plane/source/listing.h"
#include "weft/v1/dataplane_insight.pb.h"

namespace weft::cp {
namespace {

std::shared_ptr<const google::protobuf::Message> insight_of(const ApiContext& api, const World& world,
                                                            const ResourceKey& key) {
  if (api.hooks.insight) return api.hooks.insight(key.mesh, key.name);
  const ResourcePtr stored = world.find({"DataplaneInsight", key.mesh, key.name});
  return stored == nullptr ? nullptr : stored->spec;
}

void write_overview(JsonWriter& out, const ApiContext& api, const World& world, const Resource& dataplane) {
  out.begin_object();
  write_meta(out, dataplane, "DataplaneOverview");
  out.key("dataplane");
  write_message(out, *dataplane.spec, v1::INLINE);
  out.key("dataplaneInsight");
  const auto insight = insight_of(api, world, dataplane.key);
  write_message(out, insight == nullptr ? v1::DataplaneInsight::default_instance() : *insight, v1::INLINE);
  out.end_object();
}

HttpResponse overviews(const Call& call, const ApiContext& api) {
  const WorldPtr world = api.world.current();
  std::vector<ResourcePtr> all;
  const auto mesh = call.parameters.find("mesh");
  if (mesh != call.parameters.end()) {
    if (world->find({"Mesh", "", mesh->second}) == nullptr) return to_response(missing("Failed to retrieve Mesh"));
    for (const auto& [name, resource] : *world->table("Dataplane", mesh->second)) all.push_back(resource);
  } else {
    all = world->list("Dataplane");
  }
  return list_response(call, all,
                       [&](JsonWriter& out, const Resource& resource) { write_overview(out, api, *world, resource); });
}

HttpResponse overview(const Call& call, const ApiContext& api) {
  const WorldPtr world = api.world.current();
  if (world->find({"Mesh", "", call.parameter("mesh")}) == nullptr)
    return to_response(missing("Failed to retrieve Mesh"));
  const ResourcePtr dataplane = world->find({"Dataplane", call.parameter("mesh"), call.parameter("name")});
  if (dataplane == nullptr) return to_response(missing("Could not retrieve a resource"));
  JsonWriter out;
  write_overview(out, api, *world, *dataplane);
  return {200, out.take() + "\n", "application/json", {}};
}

}  // namespace

void add_dataplane_endpoints(Router& router, ApiContext& api) {
  const auto many = [&api](const Call& call) { return overviews(call, api); };
  const auto one = [&api](const Call& call) { return overview(call, api); };
  for (const std::string_view mesh : {"/meshes/{mesh}", ""}) {
    router.add("GET", cat(mesh, "/dataplanes/_overview"), many);
    router.add("GET", cat(mesh, "/dataplanes+insights"), many);
  }
  router.add("GET", "/meshes/{mesh}/dataplanes/{name}/_overview", one);
  router.add("GET", "/meshes/{mesh}/dataplanes+insights/{name}", one);
  // Below a dataplane a wrong word is answered in JSON.
  router.add("GET", "/meshes/{mesh}/dataplanes/{name}/{word}",
             [](const Call&) { return to_response(missing("Could not retrieve a resource")); });
}

}  // namespace weft::cp
