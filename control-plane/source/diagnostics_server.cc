#include "control-plane/source/diagnostics_server.h"

#include "base/document/document.h"
#include "base/document/json_writer.h"
#include "base/log.h"
#include "control-plane/source/http_server.h"
#include "control-plane/source/problem.h"
#include "control-plane/source/router.h"

namespace weft::cp {

struct DiagnosticsServer::State {
  DiagnosticsHooks hooks;
  Router router;
  std::unique_ptr<HttpServer> server;
};

namespace {

HttpResponse plain(int status, std::string text) { return {status, std::move(text), "text/plain; charset=utf-8", {}}; }

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warn";
    case LogLevel::kError: return "error";
    case LogLevel::kOff: return "off";
  }
  return "";
}

HttpResponse log_level_response(const std::string& configured) {
  JsonWriter out;
  out.begin_object();
  out.member("level", name_of(log_level()));
  out.member("configured", configured);
  out.end_object();
  return {200, out.take() + "\n", "application/json", {}};
}

// {"level": "debug"}. There is one level for the whole process, so a component cannot be named.
HttpResponse put_log_level(const Call& call, const std::string& configured) {
  constexpr std::string_view title = "Could not change the log level";
  const Result<Node> body = parse_json(call.request.body);
  if (!body.ok()) return to_response(not_valid(title, "body", reason(body.status())));
  if (body->find("component") != nullptr) {
    return to_response(not_valid(title, "component", "there is one level for all components"));
  }
  const Node* level = body->find("level");
  if (level == nullptr || !level->is_string() || !set_log_level(level->text)) {
    return to_response(not_valid(title, "level", "must be one of: debug, info, warn, error, off"));
  }
  log_warning("the log level was changed", {{"level", name_of(log_level())}});
  return log_level_response(configured);
}

void add_logging(Router& router, const std::string& configured) {
  router.add("GET", "/logging", [&configured](const Call&) { return log_level_response(configured); });
  router.add("PUT", "/logging", [&configured](const Call& call) { return put_log_level(call, configured); });
  router.add("DELETE", "/logging", [&configured](const Call&) {
    set_log_level(configured);
    return log_level_response(configured);
  });
}

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
  if (!raw->hooks.log_level.empty()) add_logging(raw->router, raw->hooks.log_level);
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
