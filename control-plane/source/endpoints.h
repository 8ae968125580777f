// The groups of routes that make up the API; each file adds its own. Everything an endpoint needs stands in ApiContext,
// which lives as long as the server.
#pragma once

#include "control-plane/source/api_server.h"
#include "control-plane/source/resource_service.h"
#include "control-plane/source/router.h"

namespace weft::cp {

struct ApiContext {
  ApiOptions options;
  ApiHooks hooks;
  const WorldPublisher& world;
  ResourceService service;

  ApiContext(const ApiOptions& o, ApiHooks h, Store& store, const WorldPublisher& w)
      : options(o), hooks(std::move(h)), world(w), service(options, hooks, store, w) {}
};

void add_resource_endpoints(Router& router, ApiContext& api);
void add_dataplane_endpoints(Router& router, ApiContext& api);
void add_information_endpoints(Router& router, ApiContext& api);
void add_insight_endpoints(Router& router, ApiContext& api);
void add_hostname_endpoints(Router& router, ApiContext& api);
void add_token_endpoints(Router& router, ApiContext& api);
void add_inspect_endpoints(Router& router, ApiContext& api);
void add_proxy_endpoints(Router& router, ApiContext& api);
void add_delivery_endpoint(Router& router, ApiContext& api);
void add_trust_endpoints(Router& router, ApiContext& api);
void add_effective_endpoint(Router& router, ApiContext& api);
void add_diff_endpoint(Router& router, ApiContext& api);
// Describes the routes of `router`, those added later included; both must outlive it.
void add_openapi_endpoint(Router& router, ApiContext& api);

void add_all_endpoints(Router& router, ApiContext& api);

}  // namespace weft::cp
