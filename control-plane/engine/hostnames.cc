#include "control-plane/engine/hostnames.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/names.h"
#include "policies/match.h"

namespace weft::cp {
namespace {

// Its message in its own type, and which kind of service it selects.
HostnameRule read_rule(ResourcePtr resource, const v1::HostnameGenerator& spec) {
  HostnameRule rule{std::move(resource), {}, nullptr, NameTemplate::parse(spec.template_())};
  const v1::HostnameGenerator::Selector& selector = spec.selector();
  if (selector.has_mesh_service()) {
    rule.service_type = "MeshService";
    rule.selector = &selector.mesh_service();
  } else if (selector.has_mesh_external_service()) {
    rule.service_type = "MeshExternalService";
    rule.selector = &selector.mesh_external_service();
  } else if (selector.has_mesh_multi_zone_service()) {
    rule.service_type = "MeshMultiZoneService";
    rule.selector = &selector.mesh_multi_zone_service();
  }
  return rule;
}

auto rank(const Resource& generator) {
  const bool elsewhere = label_value(generator.labels, kOriginLabel) == "global";
  return std::tuple<bool, Time, std::string_view>(elsewhere, generator.created, generator.key.name);
}

// The names taken so far, and by whom.
using Taken = std::unordered_map<std::string, const Resource*>;

HostnameOutcome apply(const HostnameRule& rule, const Resource& service, std::string_view zone, Taken& taken) {
  Result<std::string> hostname = hostname_of(rule, service, zone);
  if (!hostname.ok()) return {&rule, "", "TemplateError", reason(hostname.status())};
  if (!is_dns_subdomain(*hostname)) {
    return {&rule, "", "TemplateError", cat("\"", *hostname, "\" is not a host name (a lowercase RFC 1123 subdomain)")};
  }
  const auto [holder, is_new] = taken.try_emplace(*hostname, &service);
  if (is_new) return {&rule, *std::move(hostname), "Generated", ""};
  return {&rule, "", "Collision",
          cat("hostname \"", *hostname, "\" is taken by ", holder->second->key.type, " \"", holder->second->key.name,
              "\"")};
}

// The zone a service came from. Before labels said it, it was the first part of the name.
std::string zone_of(const Resource& service) {
  const std::string_view zone = label_value(service.labels, kZoneLabel);
  const std::string_view name = service.key.name;
  return std::string(zone.empty() ? name.substr(0, name.find('.')) : zone);
}

// Whether the rule selects the service in some zone.
bool selects_somewhere(const HostnameRule& rule, const Resource& service) {
  const Labels& own = rule.resource->labels;
  const std::string_view home = label_value(service.labels, kZoneLabel);
  const std::string_view place = label_value(own, kZoneLabel);
  const bool of_a_zone = label_value(own, kOriginLabel) == "zone";
  Labels labels = service.labels;
  std::string& origin = labels[std::string(kOriginLabel)];
  if (!home.empty() && (!of_a_zone || place == home)) {
    origin = "zone";
    if (selects(rule, service.key.type, labels)) return true;
  }
  if (of_a_zone && !home.empty() && place == home) return false;
  origin = "global";
  return selects(rule, service.key.type, labels);
}

}  // namespace

std::vector<HostnameRule> hostname_rules(const World::Table& generators) {
  std::vector<HostnameRule> rules;
  for (const auto& [name, resource] : generators) {
    const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::HostnameGenerator>(resource->spec.get());
    if (spec != nullptr) rules.push_back(read_rule(resource, *spec));
  }
  std::sort(rules.begin(), rules.end(),
            [](const HostnameRule& a, const HostnameRule& b) { return rank(*a.resource) < rank(*b.resource); });
  return rules;
}

bool selects(const HostnameRule& rule, std::string_view service_type, const Labels& labels) {
  return rule.service_type == service_type && has_labels(labels, rule.selector->match_labels());
}

Result<std::string> hostname_of(const HostnameRule& rule, const Resource& service, std::string_view zone) {
  if (!rule.name.ok()) return rule.name.status();
  const std::string_view own_zone = label_value(service.labels, kZoneLabel);
  const NameTemplate::Field fields[] = {{"Name", service.key.name},
                                        {"DisplayName", service.display_name()},
                                        {"Namespace", label_value(service.labels, kNamespaceLabel)},
                                        {"Mesh", service.key.mesh},
                                        {"Zone", own_zone.empty() ? zone : own_zone}};
  return rule.name->render(fields, service.labels);
}

std::map<ResourceKey, std::vector<HostnameOutcome>> assign_hostnames(const std::vector<HostnameRule>& rules,
                                                                     std::vector<ResourcePtr> services,
                                                                     std::string_view zone) {
  const auto age = [](const ResourcePtr& service) {
    // One that is not stored yet is the youngest.
    return std::tuple<bool, Time, const ResourceKey&>(service->revision == 0, service->created, service->key);
  };
  std::sort(services.begin(), services.end(),
            [&](const ResourcePtr& a, const ResourcePtr& b) { return age(a) < age(b); });
  std::map<ResourceKey, std::vector<HostnameOutcome>> outcomes;
  Taken taken;
  for (const HostnameRule& rule : rules) {
    for (const ResourcePtr& service : services) {
      if (!selects(rule, service->key.type, service->labels)) continue;
      outcomes[service->key].push_back(apply(rule, *service, zone, taken));
    }
  }
  return outcomes;
}

std::vector<ServiceHostname> hostnames_of(const World::Table& generators, const Resource& service,
                                          std::string_view zone, bool is_global) {
  std::vector<HostnameRule> rules = hostname_rules(generators);
  std::sort(rules.begin(), rules.end(),
            [](const HostnameRule& a, const HostnameRule& b) { return a.resource->key.name < b.resource->key.name; });
  std::vector<ServiceHostname> hostnames;
  for (const HostnameRule& rule : rules) {
    const bool applies = is_global ? selects_somewhere(rule, service) : selects(rule, service.key.type, service.labels);
    if (!applies) continue;
    Result<std::string> hostname = hostname_of(rule, service, zone);
    if (!hostname.ok()) continue;
    const auto same = [&](const ServiceHostname& known) { return known.hostname == *hostname; };
    if (std::any_of(hostnames.begin(), hostnames.end(), same)) continue;
    hostnames.push_back({*std::move(hostname), {zone_of(service)}});
  }
  return hostnames;
}

}  // namespace weft::cp
