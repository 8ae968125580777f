#include "control-plane/source/api_server.h"

#include "base/text.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"
#include "control-plane/source/http_server.h"

namespace weft::cp {

void add_all_endpoints(Router& router, ApiContext& api) {
  add_resource_endpoints(router, api);
  add_dataplane_endpoints(router, api);
  add_information_endpoints(router, api);
  add_insight_endpoints(router, api);
  add_hostname_endpoints(router, api);
  add_token_endpoints(router, api);
  add_inspect_endpoints(router, api);
  add_delivery_endpoint(router, api);
  add_effective_endpoint(router, api);
  add_diff_endpoint(router, api);
  add_openapi_endpoint(router, api);
}

// The server goes first: no request is under way when the rest is destroyed.
struct ApiServer::State {
  State(const ApiOptions& options, ApiHooks hooks, Store& store, const WorldPublisher& world)
      : api(options, std::move(hooks), store, world) {
    add_all_endpoints(router, api);
  }

  void answer(const HttpRequest& request, const Respond& respond) const {
    const auto who = [this](const HttpRequest& from, Caller& caller, HttpResponse& refusal) {
      Result<Caller> found = identify(from, api.options.localhost_is_admin, api.hooks.authenticate);
      if (!found.ok()) {
        refusal = to_response(from_status("", found.status()));
        return false;
      }
      caller = *std::move(found);
      return true;
    };
    router.answer(request, who, respond);
  }

  ApiContext api;
  Router router;
  std::unique_ptr<HttpServer> server;
};

ApiServer::ApiServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ApiServer::~ApiServer() = default;
uint16_t ApiServer::port() const { return state_->server->port(); }

Result<std::unique_ptr<ApiServer>> ApiServer::start(const ApiOptions& options, Store& store,
                                                    const WorldPublisher& world, ApiHooks hooks) {
  auto state = std::make_unique<State>(options, std::move(hooks), store, world);
  HttpServerOptions http;
  http.interface = options.interface;
  http.port = options.port;
  http.threads = options.threads;
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(
      http, [raw = state.get()](const HttpRequest& request, const Respond& respond) { raw->answer(request, respond); });
  if (!server.ok()) return annotate(server.status(), "start the REST API");
  state->server = *std::move(server);
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(state)));
}

}  // namespace weft::cp
