// Create, read, update, delete and list, alike for every kind, and reading by identifier.
#include "base/text.h"
#include "control-plane/resource/encode.h"
#include "control-plane/resource/encode_kubernetes.h"
#include "control-plane/resource/kri.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"
#include "control-plane/source/listing.h"

namespace weft::cp {
namespace {

constexpr std::string_view kRevisionHeader = "x-weft-revision";

HttpResponse json(std::string body) { return {200, std::move(body) + "\n", "application/json", {}}; }

std::string mesh_of(const Call& call) {
  const auto mesh = call.parameters.find("mesh");
  return mesh == call.parameters.end() ? std::string() : mesh->second;
}

HttpResponse written_response(const std::variant<Written, Problem>& result) {
  if (const auto* problem = std::get_if<Problem>(&result)) return to_response(*problem);
  const Written& written = std::get<Written>(result);
  JsonWriter out;
  out.begin_object();
  if (!written.warnings.empty()) {
    out.key("warnings");
    out.begin_list();
    for (const std::string& warning : written.warnings) out.string(warning);
    out.end_list();
  }
  out.end_object();
  HttpResponse response = json(out.take());
  response.status = written.created ? 201 : 200;
  if (written.revision != 0) response.headers.emplace_back(kRevisionHeader, cat(written.revision));
  return response;
}

bool is_for_kubernetes(const Call& call) {
  const std::string_view format = call.query.get("format");
  return format == "k8s" || format == "kubernetes";
}

std::optional<Problem> check_format(const Call& call) {
  const std::string_view format = call.query.get("format");
  if (format.empty() || format == "universal" || is_for_kubernetes(call)) return std::nullopt;
  return bad_request(cat("bad request: format \"", format, "\" is none of universal, k8s, kubernetes"));
}

// Kinds of which nothing is stored as it is shown: insight_endpoints.cc.
bool is_counted(const Kind& kind) {
  return kind.type() == "DataplaneInsight" || kind.type() == "MeshInsight" || kind.type() == "ServiceInsight";
}

ResourcePtr shown(const ApiContext& api, const World& world, const ResourcePtr& resource) {
  return api.hooks.shown ? api.hooks.shown(world, resource) : resource;
}

// In the form that was asked for.
HttpResponse one_response(const Call& call, const Resource& resource) {
  if (!is_for_kubernetes(call)) return json(encode(resource));
  const std::string_view name_space = call.query.get("namespace");
  return json(encode_kubernetes(resource, name_space.empty() ? kSystemNamespace : name_space));
}

HttpResponse item(const Call& call, const ApiContext& api, const Kind& kind) {
  if (std::optional<Problem> problem = check_access(call.caller, kind, api.options.access))
    return to_response(*problem);
  if (std::optional<Problem> problem = check_format(call)) return to_response(*problem);
  const WorldPtr world = api.world.current();
  const std::string mesh = mesh_of(call);
  if (!kind.is_global() && world->find({"Mesh", "", mesh}) == nullptr)
    return to_response(missing("Failed to retrieve Mesh"));
  const ResourcePtr found = world->find({std::string(kind.type()), mesh, call.parameter("name")});
  return found == nullptr ? to_response(missing("Could not retrieve a resource"))
                          : one_response(call, *shown(api, *world, found));
}

HttpResponse list(const Call& call, const ApiContext& api, const Kind& kind) {
  if (std::optional<Problem> problem = check_access(call.caller, kind, api.options.access))
    return to_response(*problem);
  const WorldPtr world = api.world.current();
  std::vector<ResourcePtr> all;
  if (call.parameters.contains("mesh")) {
    const std::string mesh = mesh_of(call);
    if (world->find({"Mesh", "", mesh}) == nullptr) return to_response(missing("Failed to retrieve Mesh"));
    for (const auto& [name, resource] : *world->table(kind.type(), mesh)) all.push_back(resource);
  } else {
    all = world->list(kind.type());
  }
  return list_response(call, all, [&](JsonWriter& out, const Resource& resource) {
    write_resource(out, *shown(api, *world, world->find(resource.key)));
  });
}

void add_kind(Router& router, ApiContext& api, const Kind& kind, const std::string& path) {
  const auto put = [&api, &kind](const Call& call) {
    if (std::optional<Problem> problem = check_access(call.caller, kind, api.options.access))
      return to_response(*problem);
    const bool dry_run = call.query.get("dryRun") == "true";
    return written_response(api.service.put(kind, mesh_of(call), call.parameter("name"), call.request.body, dry_run));
  };
  const auto remove = [&api, &kind](const Call& call) {
    if (std::optional<Problem> problem = check_access(call.caller, kind, api.options.access))
      return to_response(*problem);
    return written_response(api.service.remove(kind, mesh_of(call), call.parameter("name")));
  };
  const std::string collection = kind.is_global() ? cat("/", path) : cat("/meshes/{mesh}/", path);
  const std::string one = cat(collection, "/{name}");
  router.add("GET", collection, [&api, &kind](const Call& call) { return list(call, api, kind); });
  if (!kind.is_global()) {
    router.add("GET", cat("/", path), [&api, &kind](const Call& call) { return list(call, api, kind); });
  }
  router.add("GET", one, [&api, &kind](const Call& call) { return item(call, api, kind); });
  if (kind.rules.read_only()) return;
  router.add("PUT", one, put);
  router.add("DELETE", one, remove);
}

HttpResponse by_kri(const Call& call, const ApiContext& api) {
  const Result<Kri> kri = parse_kri(call.parameter("kri"));
  if (!kri.ok()) return to_response(bad_request(cat("bad request: ", reason(kri.status()))));
  if (std::optional<Problem> problem = check_access(call.caller, *kri->kind, api.options.access))
    return to_response(*problem);
  if (std::optional<Problem> problem = check_format(call)) return to_response(*problem);
  const WorldPtr world = api.world.current();
  const auto table = world->table(kri->kind->type(), kri->mesh);
  for (const auto& [name, resource] : *table) {
    if (names(*kri, *resource)) return one_response(call, *shown(api, *world, resource));
  }
  return to_response(missing("Could not retrieve a resource"));
}

}  // namespace

void add_resource_endpoints(Router& router, ApiContext& api) {
  for (const Kind& kind : kinds()) {
    if (is_counted(kind)) continue;
    add_kind(router, api, kind, kind.rules.path());
    if (kind.type() == "GlobalSecret") add_kind(router, api, kind, "global-secrets");
  }
  router.add("GET", "/_kri/{kri}", [&api](const Call& call) { return by_kri(call, api); });
}

}  // namespace weft::cp
