#include "control-plane/inspect_hooks.h"

#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/relations.h"

namespace weft::cp {
namespace {

using Parameters = std::vector<std::string>;

// A document that takes no parameters and cannot fail.
DataplaneDocument plain(std::string_view path, std::string (*write)(const World&, const Resource&)) {
  return {path, [write](const World& world, const Resource& dataplane, const Parameters&) -> Result<std::string> {
            return write(world, dataplane);
          }};
}

DataplaneDocument of_place(std::string_view path,
                           Result<std::string> (*write)(const World&, const Resource&, std::string_view)) {
  return {path, [write](const World& world, const Resource& dataplane, const Parameters& parameters) {
            return write(world, dataplane, parameters.at(0));
          }};
}

}  // namespace

void add_inspect_hooks(ApiHooks& hooks) {
  hooks.dataplane_documents = {
      plain("_layout", layout_document),
      plain("_rules", rules_document),
      plain("_policies", proxy_policies_document),
      plain("policies", matched_policies_document),
      of_place("_inbounds/{inbound}/_policies", inbound_policies_document),
      of_place("_outbounds/{outbound}/_policies", outbound_policies_document),
      {"_outbounds/{outbound}/_routes/{route}/_policies",
       [](const World& world, const Resource& dataplane, const Parameters& parameters) {
         return route_policies_document(world, dataplane, parameters.at(0), parameters.at(1));
       }},
  };
  hooks.dataplanes_of_policy = dataplanes_of_policy;
  hooks.dataplanes_of_service = dataplanes_of_service;
  hooks.clients_of_service = clients_of_service;
}

}  // namespace weft::cp
