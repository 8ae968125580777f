// What holds where: the documents about one dataplane, and which dataplanes a policy or a service concerns. Computed by
// main's functions from the World of the moment.
#include "base/text.h"
#include "control-plane/source/endpoints.h"
#include "control-plane/source/listing.h"

namespace weft::cp {
namespace {

HttpResponse json(std::string body) { return {200, std::move(body) + "\n", "application/json", {}}; }

bool has_mesh(const World& world, const Call& call) {
  return world.find({"Mesh", "", call.parameter("mesh")}) != nullptr;
}

// Names in braces, in the order of the path.
std::vector<std::string> parameter_names(std::string_view path) {
  std::vector<std::string> names;
  for (const std::string_view segment : split(path, '/')) {
    if (segment.starts_with('{')) names.emplace_back(segment.substr(1, segment.size() - 2));
  }
  return names;
}

HttpResponse dataplane_document(const Call& call, const ApiContext& api, const DataplaneDocument& document) {
  const WorldPtr world = api.world.current();
  if (!has_mesh(*world, call)) return to_response(missing("Failed to retrieve Mesh"));
  const ResourcePtr dataplane = world->find({"Dataplane", call.parameter("mesh"), call.parameter("name")});
  if (dataplane == nullptr) return to_response(missing("Could not retrieve Dataplane"));
  std::vector<std::string> parameters;
  for (const std::string& name : parameter_names(document.path)) parameters.push_back(call.parameter(name));
  Result<std::string> written = document.write(*world, *dataplane, parameters);
  if (written.ok()) return json(*std::move(written));
  if (is_not_found(written.status())) return to_response(missing("Could not retrieve a resource"));
  return to_response(bad_request(cat("bad request: ", reason(written.status()))));
}

void write_name(JsonWriter& out, const Resource& resource) {
  out.begin_object();
  out.member("type", resource.key.type);
  out.member("mesh", resource.key.mesh);
  out.member("name", resource.key.name);
  out.key("labels");
  out.begin_object();
  for (const auto& [key, value] : resource.labels) out.member(key, value);
  out.end_object();
  out.end_object();
}

// The form that older clients print.
HttpResponse attachments_response(const std::vector<ResourcePtr>& dataplanes) {
  JsonWriter out;
  out.begin_object();
  out.key("total");
  out.number(dataplanes.size());
  out.key("items");
  out.begin_list();
  for (const ResourcePtr& dataplane : dataplanes) {
    out.begin_object();
    out.member("kind", "SidecarDataplane");
    out.key("dataplane");
    out.begin_object();
    out.member("mesh", dataplane->key.mesh);
    out.member("name", dataplane->key.name);
    out.end_object();
    out.key("attachments");
    out.begin_list();
    out.begin_object();
    out.member("type", "dataplane");
    out.member("name", "");
    out.member("service", "");
    out.end_object();
    out.end_list();
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return json(out.take());
}

enum class Form { kPage, kAttachments };

HttpResponse related(const Call& call, const ApiContext& api, const Kind& kind, const RelatedResources& find,
                     Form form) {
  const WorldPtr world = api.world.current();
  if (!has_mesh(*world, call)) return to_response(missing("Failed to retrieve Mesh"));
  const ResourcePtr resource = world->find({std::string(kind.type()), call.parameter("mesh"), call.parameter("name")});
  if (resource == nullptr) {
    return to_response(missing(kind.is_policy() ? "Could not retrieve policy" : "Could not retrieve a resource"));
  }
  const std::vector<ResourcePtr> dataplanes = find(*world, *resource);
  if (form == Form::kAttachments) return attachments_response(dataplanes);
  return list_response(
      call, dataplanes, [](JsonWriter& out, const Resource& dataplane) { write_name(out, dataplane); },
      LastPage::kWithoutNext);
}

void add_related(Router& router, ApiContext& api, const Kind& kind, std::string_view path, const RelatedResources& find,
                 Form form) {
  if (!find) return;
  router.add("GET", cat("/meshes/{mesh}/", kind.rules.path(), "/{name}/", path),
             [&api, &kind, &find, form](const Call& call) { return related(call, api, kind, find, form); });
}

}  // namespace

void add_inspect_endpoints(Router& router, ApiContext& api) {
  for (const DataplaneDocument& document : api.hooks.dataplane_documents) {
    router.add("GET", cat("/meshes/{mesh}/dataplanes/{name}/", document.path),
               [&api, &document](const Call& call) { return dataplane_document(call, api, document); });
  }
  for (const Kind& kind : kinds()) {
    if (kind.is_policy()) {
      add_related(router, api, kind, "_resources/dataplanes", api.hooks.dataplanes_of_policy, Form::kPage);
      add_related(router, api, kind, "dataplanes", api.hooks.dataplanes_of_policy, Form::kAttachments);
    }
    if (kind.type() == "MeshService") {
      add_related(router, api, kind, "_dataplanes", api.hooks.dataplanes_of_service, Form::kPage);
    }
    if (kind.type() == "MeshService" || kind.type() == "MeshMultiZoneService" || kind.type() == "MeshExternalService") {
      add_related(router, api, kind, "_resources/dataplanes", api.hooks.clients_of_service, Form::kPage);
    }
  }
}

}  // namespace weft::cp
