#include "control-plane/source/service_insights.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "control-plane/resource/encode.h"
#include "weft/v1/insights.pb.h"

namespace weft::cp {
namespace {

using Service = v1::ServiceInsight::Service;

constexpr std::string_view kTypes[] = {"internal", "external", "gateway_delegated"};

std::string_view type_of(const Service& service) {
  return service.service_type().empty() ? std::string_view("internal") : std::string_view(service.service_type());
}

ResourcePtr document_of(const std::string& mesh, const std::string& name, const Service& stored) {
  auto service = std::make_shared<Service>(stored);
  if (service->has_dataplanes()) {
    v1::ServiceInsight::Counters& dataplanes = *service->mutable_dataplanes();
    dataplanes.set_total(dataplanes.online() + dataplanes.offline());
  }
  // A gateway has no address within the mesh.
  if (service->address_port().empty() && type_of(*service) != "gateway_delegated") {
    service->set_address_port(cat(name, ".mesh:80"));
  }
  auto resource = std::make_shared<Resource>();
  resource->key = {"ServiceInsight", mesh, name};
  resource->spec = std::move(service);
  return resource;
}

}  // namespace

Result<ServiceTypes> service_types(std::string_view words) {
  ServiceTypes types;
  if (words.empty()) return types;
  for (const std::string_view word : split(words, ',')) {
    if (std::find(std::begin(kTypes), std::end(kTypes), word) == std::end(kTypes)) {
      return invalid("unsupported service type");
    }
    types.emplace(word);
  }
  return types;
}

std::vector<ResourcePtr> service_insights(const World& world, const std::string& mesh, const ServiceTypes& types) {
  std::map<std::string, ResourcePtr> sorted;
  for (const auto& [name, resource] : *world.table("ServiceInsight", mesh)) {
    const auto* insight = google::protobuf::DynamicCastToGenerated<const v1::ServiceInsight>(resource->spec.get());
    if (insight == nullptr) continue;
    for (const auto& [service_name, service] : insight->services()) {
      if (!types.empty() && !types.contains(type_of(service))) continue;
      sorted[service_name] = document_of(mesh, service_name, service);
    }
  }
  std::vector<ResourcePtr> services;
  for (auto& [name, service] : sorted) services.push_back(std::move(service));
  return services;
}

void write_service_insight(JsonWriter& out, const Resource& service) {
  out.begin_object();
  write_meta(out, service, service.key.type);
  write_fields(out, *service.spec, v1::INLINE);
  out.end_object();
}

}  // namespace weft::cp
