#include "control-plane/source/api_server.h"

#include "base/text.h"
#include "control-plane/resource/kind.h"
#include "control-plane/source/access.h"
#include "control-plane/source/cors.h"
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
  add_proxy_endpoints(router, api);
  add_delivery_endpoint(router, api);
  add_trust_endpoints(router, api);
  add_effective_endpoint(router, api);
  add_diff_endpoint(router, api);
  add_openapi_endpoint(router, api);
}

// The server goes first: no request is under way when the rest is destroyed.
struct ApiServer::State {
  State(const ApiOptions& options, ApiHooks hooks, Store& store, const WorldPublisher& world)
      : api(options, std::move(hooks), store, world), cors(options.cors_allowed_domains) {
    router.set_base(options.base_path);
    router.set_observer(api.hooks.observe_request);
    for (const Kind& kind : kinds()) {
      if (options.types_off.contains(kind.type())) router.leave_out(kind.rules.path());
    }
    add_all_endpoints(router, api);
  }

  void answer(const HttpRequest& request, const Respond& respond) const {
    const std::optional<CorsHeaders> allowed = cors.headers_for(request);
    if (!allowed.has_value()) return dispatch(request, respond);
    if (is_preflight(request)) return respond({200, "", "text/plain", *allowed});
    dispatch(request, [respond, headers = *allowed](HttpResponse response) {
      response.headers.insert(response.headers.end(), headers.begin(), headers.end());
      respond(std::move(response));
    });
  }

  void dispatch(const HttpRequest& request, const Respond& respond) const {
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

  HttpServer::Handler handler() {
    return [this](const HttpRequest& request, const Respond& respond) { answer(request, respond); };
  }

  ApiContext api;
  Cors cors;
  Router router;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<HttpServer> https;
};

ApiServer::ApiServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
ApiServer::~ApiServer() = default;
uint16_t ApiServer::port() const { return state_->server->port(); }
uint16_t ApiServer::https_port() const { return state_->https == nullptr ? 0 : state_->https->port(); }

Result<std::unique_ptr<ApiServer>> ApiServer::start(const ApiOptions& options, Store& store,
                                                    const WorldPublisher& world, ApiHooks hooks) {
  auto state = std::make_unique<State>(options, std::move(hooks), store, world);
  HttpServerOptions http;
  http.interface = options.interface;
  http.port = options.port;
  http.threads = options.threads;
  if (Status valid = state->cors.status(); !valid.ok()) return valid;
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(http, state->handler());
  if (!server.ok()) return annotate(server.status(), "start the REST API");
  state->server = *std::move(server);
  if (options.https.has_value()) {
    http.interface = options.https->interface;
    http.port = options.https->port;
    http.tls = options.https->tls;
    Result<std::unique_ptr<HttpServer>> https = HttpServer::start(http, state->handler());
    if (!https.ok()) return annotate(https.status(), "start the REST API over TLS");
    state->https = *std::move(https);
  }
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(state)));
}

}  // namespace weft::cp
