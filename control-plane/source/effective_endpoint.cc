// What holds for a proxy, and which policy gave each field.
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

HttpResponse effective(const Call& call, const ApiContext& api) {
  const WorldPtr world = api.world.current();
  const std::string& mesh = call.parameter("mesh");
  if (world->find({"Mesh", "", mesh}) == nullptr) return to_response(missing("Failed to retrieve Mesh"));
  Result<std::string> document =
      api.hooks.effective(*world, {"Dataplane", mesh, call.parameter("name")}, call.query.get("shadow") == "true");
  if (!document.ok()) return to_response(from_status("Could not retrieve Dataplane", document.status()));
  return {200, *std::move(document) + "\n", "application/json", {}};
}

}  // namespace

void add_effective_endpoint(Router& router, ApiContext& api) {
  if (!api.hooks.effective) return;
  router.add("GET", "/meshes/{mesh}/dataplanes/{name}/_effective",
             [&api](const Call& call) { return effective(call, api); });
}

}  // namespace weft::cp
