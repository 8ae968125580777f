// Which host names a service has.
#include <algorithm>
#include <array>

#include "base/document/json_writer.h"
#include "base/text.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

constexpr std::array<std::string_view, 3> kServices = {"meshservices", "meshexternalservices", "meshmultizoneservices"};

HttpResponse hostnames(const Call& call, const ApiContext& api) {
  const std::string& path = call.parameter("services");
  if (std::find(kServices.begin(), kServices.end(), path) == kServices.end()) {
    return to_response(
        {400,
         cat("only \"", kServices[0], ",", kServices[1], ",", kServices[2], "\" are available for inspection"),
         "Resource is not valid",
         {}});
  }
  const WorldPtr world = api.world.current();
  const std::string& mesh = call.parameter("mesh");
  if (world->find({"Mesh", "", mesh}) == nullptr) return to_response(missing("Failed to retrieve Mesh"));
  const Kind& kind = *find_kind_by_path(path);
  const ResourcePtr service = world->find({std::string(kind.type()), mesh, call.parameter("name")});
  if (service == nullptr) return to_response(missing("could not retrieve service"));
  const auto all = api.hooks.hostnames(*world, *service);
  JsonWriter out;
  out.begin_object();
  out.key("items");
  // Clients know an empty list by this.
  if (all.empty()) out.null();
  if (!all.empty()) out.begin_list();
  for (const auto& [hostname, zones] : all) {
    out.begin_object();
    out.member("hostname", hostname);
    out.key("zones");
    out.begin_list();
    for (const std::string& zone : zones) {
      out.begin_object();
      out.member("name", zone);
      out.end_object();
    }
    out.end_list();
    out.end_object();
  }
  if (!all.empty()) out.end_list();
  out.key("total");
  out.number(all.size());
  out.end_object();
  return {200, out.take() + "\n", "application/json", {}};
}

}  // namespace

void add_hostname_endpoints(Router& router, ApiContext& api) {
  if (!api.hooks.hostnames) return;
  router.add("GET", "/meshes/{mesh}/{services}/{name}/_hostnames",
             [&api](const Call& call) { return hostnames(call, api); });
}

}  // namespace weft::cp
