// What the control plane says of itself.
#include "base/document/json_writer.h"
#include "base/text.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

// What clients of the API look at: they want this product, and are quiet about versions that are a preview.
constexpr std::string_view kProduct = "Kuma";
constexpr std::string_view kApiVersion = "3.0.0";

HttpResponse json(JsonWriter& out) { return {200, out.take() + "\n", "application/json", {}}; }

HttpResponse index(const ApiOptions& options) {
  JsonWriter out;
  out.begin_object();
  out.member("hostname", options.hostname);
  out.member("product", kProduct);
  out.member("version", cat(kApiVersion, "-preview.weft-", options.version));
  out.member("instanceId", options.instance_id);
  out.member("clusterId", options.cluster_id);
  out.member("gui", "");
  out.member("basedOnKuma", kApiVersion);
  out.member("weft", options.version);
  out.end_object();
  return json(out);
}

void write_policy(JsonWriter& out, const v1::PolicyRules& policy) {
  out.key("policy");
  out.begin_object();
  out.member("hasFromTargetRef", false);
  out.member("hasRulesTargetRef", policy.has_rules());
  out.member("hasToTargetRef", policy.to_kinds_size() > 0);
  out.member("isFromAsRules", false);
  out.member("isTargetRef", true);
  out.end_object();
}

HttpResponse resources(const ApiOptions& options) {
  JsonWriter out;
  out.begin_object();
  out.key("resources");
  out.begin_list();
  for (const Kind& kind : kinds()) {
    if (options.types_off.contains(kind.type())) continue;
    out.begin_object();
    out.member("includeInFederation", kind.rules.include_in_federation() && !kind.rules.read_only());
    out.member("name", kind.type());
    out.member("path", kind.rules.path());
    out.member("pluralDisplayName", kind.rules.plural_display_name());
    if (kind.is_policy()) write_policy(out, kind.rules.policy());
    out.member("readOnly", options.read_only || is_written_elsewhere(kind, options.place));
    out.member("scope", kind.is_global() ? "Global" : "Mesh");
    out.member("shortName", kind.rules.short_name());
    out.member("singularDisplayName", kind.rules.singular_display_name());
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return json(out);
}

HttpResponse policies(const ApiOptions& options) {
  JsonWriter out;
  out.begin_object();
  out.key("policies");
  out.begin_list();
  for (const Kind& kind : kinds()) {
    if (!kind.is_policy() || options.types_off.contains(kind.type())) continue;
    out.begin_object();
    out.member("name", kind.type());
    out.member("readOnly", options.read_only || is_written_elsewhere(kind, options.place));
    out.member("path", kind.rules.path());
    out.member("singularDisplayName", kind.rules.singular_display_name());
    out.member("pluralDisplayName", kind.rules.plural_display_name());
    out.member("isExperimental", false);
    out.member("isTargetRefBased", true);
    out.member("isInbound", kind.rules.policy().has_rules());
    out.member("isOutbound", kind.rules.policy().to_kinds_size() > 0);
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return json(out);
}

HttpResponse who_am_i(const Caller& caller) {
  JsonWriter out;
  out.begin_object();
  out.member("name", caller.name);
  out.key("groups");
  out.begin_list();
  for (const std::string& group : caller.groups) out.string(group);
  out.end_list();
  out.end_object();
  return json(out);
}

// How many resources of each global kind there are.
HttpResponse global_insights(const World& world, const ApiOptions& options) {
  JsonWriter out;
  out.begin_object();
  out.member("type", "GlobalInsights");
  out.member("creationTime", "0001-01-01T00:00:00Z");
  out.key("resources");
  out.begin_object();
  for (const Kind& kind : kinds()) {
    // Insights are counted, not kept.
    if (!kind.is_global() || kind.rules.read_only() || options.types_off.contains(kind.type())) continue;
    out.key(kind.type());
    out.begin_object();
    out.key("total");
    out.number(world.table(kind.type(), "")->size());
    out.end_object();
  }
  out.end_object();
  out.end_object();
  return json(out);
}

}  // namespace

void add_information_endpoints(Router& router, ApiContext& api) {
  router.add("GET", "/", [&api](const Call&) { return index(api.options); });
  router.add("GET", "/_resources", [&api](const Call&) { return resources(api.options); });
  router.add("GET", "/policies", [&api](const Call&) { return policies(api.options); });
  router.add("GET", "/who-am-i", [](const Call& call) { return who_am_i(call.caller); });
  router.add("GET", "/global-insights",
             [&api](const Call&) { return global_insights(*api.world.current(), api.options); });
  if (api.hooks.config) {
    router.add("GET", "/config", [&api](const Call& call) {
      const auto refused =
          check_listed(call.caller, api.options.access.control_plane_metadata, "view the configuration");
      if (refused.has_value()) return to_response(*refused);
      return HttpResponse{200, api.hooks.config() + "\n", "application/json", {}};
    });
  }
}

}  // namespace weft::cp
