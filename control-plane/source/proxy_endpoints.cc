// What a proxy is told, and what it says of itself.
#include "base/document/document.h"
#include "base/document/json_writer.h"
#include "base/document/print.h"
#include "base/text.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

constexpr std::string_view kTitle = "Could not execute admin operation";
constexpr std::chrono::seconds kPatience{5};

HttpResponse json(std::string body) {
  if (!body.ends_with('\n')) body += '\n';
  return {200, std::move(body), "application/json", {}};
}

std::optional<Problem> missing_dataplane(const Call& call, const World& world, std::string_view title) {
  if (world.find({"Mesh", "", call.parameter("mesh")}) == nullptr) return missing("Failed to retrieve Mesh");
  if (world.find({"Dataplane", call.parameter("mesh"), call.parameter("name")}) == nullptr) return missing(title);
  return std::nullopt;
}

Problem unsupported(std::string_view parameter) {
  return bad_request(cat("bad request: unsupported value for query parameter '", parameter, "'"));
}

HttpResponse config(const Call& call, const ApiContext& api) {
  if (auto refused = check_listed(call.caller, api.options.access.view_config_dump, "view config dump")) {
    return to_response(*refused);
  }
  if (api.options.place.is_global) return to_response({405, "Method not allowed", "Not allowed on global CP", {}});
  const std::string_view shadow = call.query.get("shadow");
  if (!shadow.empty() && shadow != "true" && shadow != "false") return to_response(unsupported("shadow"));
  const std::string_view include = call.query.get("include");
  if (!include.empty() && include != "diff") return to_response(unsupported("include"));
  const WorldPtr world = api.world.current();
  if (auto problem = missing_dataplane(call, *world, "Could not retrieve Dataplane")) return to_response(*problem);
  const ResourceKey key{"Dataplane", call.parameter("mesh"), call.parameter("name")};
  Result<std::string> text = api.hooks.proxy_config(*world, key, shadow == "true", include == "diff");
  return text.ok() ? json(*std::move(text)) : to_response(from_status("Could not retrieve Dataplane", text.status()));
}

// The dump without what was not asked for.
HttpResponse dump(const Query& query, const std::string& text) {
  if (query.get("include_eds") == "true") return json(text);
  Result<Node> tree = parse_json(text);
  if (!tree.ok()) return json(text);
  std::erase_if(tree->members, [](const Member& member) { return member.key == "endpointSets"; });
  return json(pretty_json(*tree));
}

HttpResponse plain(std::string text) { return {200, std::move(text), "text/plain", {}}; }

// "name: value" lines, those that count something when only these are wanted.
HttpResponse stats(const Query& query, const std::string& text) {
  const bool used_only = query.get("usedonly") == "true";
  JsonWriter out;
  out.begin_object();
  out.key("stats");
  out.begin_list();
  std::string lines;
  for (const std::string_view line : split(text, '\n')) {
    const size_t colon = line.rfind(": ");
    if (colon == std::string_view::npos || (used_only && line.substr(colon + 2) == "0")) continue;
    append(lines, line, "\n");
    out.begin_object();
    out.member("name", line.substr(0, colon));
    const std::string_view value = line.substr(colon + 2);
    const Result<Node> number = parse_json(value);
    out.key("value");
    if (number.ok() && number->is_number()) {
      out.raw(value);
    } else {
      out.string(value);
    }
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return query.get("format") == "json" ? json(out.take()) : plain(std::move(lines));
}

// "set::address::weight::n" lines.
HttpResponse clusters(const Query& query, const std::string& text) {
  if (query.get("format") != "json") return plain(text);
  JsonWriter out;
  out.begin_object();
  out.key("cluster_statuses");
  out.begin_list();
  std::string_view open;
  for (const std::string_view line : split(text, '\n')) {
    const size_t end = line.find("::");
    if (end == std::string_view::npos) continue;
    if (line.substr(0, end) != open) {
      if (!open.empty()) {
        out.end_list();
        out.end_object();
      }
      open = line.substr(0, end);
      out.begin_object();
      out.member("name", open);
      out.key("host_statuses");
      out.begin_list();
    }
    const std::string_view rest = line.substr(end + 2);
    const size_t weight = rest.find("::weight::");
    if (weight == std::string_view::npos) continue;
    out.begin_object();
    out.member("address", rest.substr(0, weight));
    out.key("weight");
    out.raw(rest.substr(weight + 10));
    out.end_object();
  }
  if (!open.empty()) {
    out.end_list();
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return json(out.take());
}

struct AdminPath {
  std::string_view word;
  ProxyTopic topic;
  AccessList AccessRules::*access;
  std::string_view what;  // completes "cannot view ..."
  HttpResponse (*show)(const Query& query, const std::string& text);
};

constexpr AdminPath kAdminPaths[] = {
    {"xds", ProxyTopic::kConfiguration, &AccessRules::view_config_dump, "view config dump", dump},
    {"stats", ProxyTopic::kStatistics, &AccessRules::view_stats, "view stats", stats},
    {"clusters", ProxyTopic::kEndpoints, &AccessRules::view_clusters, "view clusters", clusters},
};

void ask(const Call& call, const ApiContext& api, const AdminPath& path, const Respond& respond) {
  if (auto refused = check_listed(call.caller, api.options.access.*path.access, path.what)) {
    return respond(to_response(*refused));
  }
  const std::string_view format = call.query.get("format");
  if (!format.empty() && format != "text" && format != "json") return respond(to_response(unsupported("format")));
  if (auto problem = missing_dataplane(call, *api.world.current(), kTitle)) return respond(to_response(*problem));
  const ResourceKey key{"Dataplane", call.parameter("mesh"), call.parameter("name")};
  api.hooks.ask_proxy(key, path.topic, kPatience,
                      [respond, query = call.query, show = path.show](Result<std::string> text) {
                        respond(text.ok() ? show(query, *text) : to_response(from_status(kTitle, text.status())));
                      });
}

}  // namespace

void add_proxy_endpoints(Router& router, ApiContext& api) {
  if (api.hooks.proxy_config) {
    router.add("GET", "/meshes/{mesh}/dataplanes/{name}/_config",
               [&api](const Call& call) { return config(call, api); });
  }
  if (!api.hooks.ask_proxy) return;
  for (const AdminPath& path : kAdminPaths) {
    router.add_late("GET", cat("/meshes/{mesh}/dataplanes/{name}/", path.word),
                    [&api, &path](const Call& call, const Respond& respond) { ask(call, api, path, respond); });
  }
}

}  // namespace weft::cp
