#include "control-plane/source/diagnostics_server.h"

#include "control-plane/source/http_server.h"
#include "control-plane/source/router.h"

namespace weft::cp {

struct DiagnosticsServer::State {
  DiagnosticsHooks hooks;
  Router router;
  std::unique_ptr<HttpServer> server;
};

namespace {

HttpResponse plain(int status, std::string text) { return {status, std::move(text), "text/plain; charset=utf-8", {}}; }

bool nobody_asks(const HttpRequest&, Caller&, HttpResponse&) { return true; }

}  // namespace

DiagnosticsServer::DiagnosticsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
DiagnosticsServer::~DiagnosticsServer() = default;
uint16_t DiagnosticsServer::port() const { return state_->server->port(); }

Result<std::unique_ptr<DiagnosticsServer>> DiagnosticsServer::start(const std::string& interface, uint16_t port,
                                                                    DiagnosticsHooks hooks) {
  auto state = std::make_unique<State>();
  state->hooks = std::move(hooks);
  State* raw = state.get();
  raw->router.add("GET", "/healthy", [](const Call&) { return plain(200, "OK\n"); });
  raw->router.add("GET", "/ready", [raw](const Call&) {
    const Status ready = raw->hooks.ready ? raw->hooks.ready() : ok();
    return ready.ok() ? plain(200, "OK\n") : plain(503, reason(ready) + "\n");
  });
  if (raw->hooks.metrics) {
    raw->router.add("GET", "/metrics", [raw](const Call&) {
      return HttpResponse{200, raw->hooks.metrics(), "text/plain; version=0.0.4; charset=utf-8", {}};
    });
  }
  HttpServerOptions options;
  options.interface = interface;
  options.port = port;
  Result<std::unique_ptr<HttpServer>> server = HttpServer::start(
      options,
      [raw](const HttpRequest& request, const Respond& respond) { raw->router.answer(request, nobody_asks, respond); });
  if (!server.ok()) return annotate(server.status(), "start the diagnostics server");
  raw->server = *std::move(server);
  return std::unique_ptr<DiagnosticsServer>(new DiagnosticsServer(std::move(state)));
}

}  // namespace weft::cp
