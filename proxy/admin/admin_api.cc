#include "proxy/admin/admin_api.h"

#include "base/text.h"
#include "proxy/admin/config_dump.h"
#include "proxy/admin/identity_dump.h"

namespace weft::proxy {
namespace {

using Context = AdminContext;
using Request = AdminRequest;

struct Path {
  std::string_view path;
  std::string_view method;
  std::string_view what;
  AdminReply (*answer)(const Context&, const Request&);
};

bool asks_for(const Request& request, std::string_view word) {
  for (std::string_view part : split(request.query, '&')) {
    if (part == word) return true;
  }
  return false;
}

constexpr Path kPaths[] = {
    {"/ready", "GET", "READY, NOT_READY or TERMINATING",
     [](const Context& c, const Request&) { return c.readiness.reply(); }},
    {"/config_dump", "GET", "the configuration in use, as JSON",
     [](const Context& c, const Request&) {
       return AdminReply{200, config_dump(c.configuration()), "application/json"};
     }},
    {"/certs", "GET", "who the proxy is and whom it believes, as JSON; no keys",
     [](const Context& c, const Request&) {
       return AdminReply{200, certificates_json(c.configuration(), c.metrics().certification), "application/json"};
     }},
    {"/metrics", "GET", "Prometheus text",
     [](const Context& c, const Request&) {
       return AdminReply{200, metrics_text(c.metrics()), "text/plain; version=0.0.4"};
     }},
    {"/stats", "GET", "the same for people",
     [](const Context& c, const Request&) {
       return AdminReply{200, stats_text(c.metrics())};
     }},
    {"/clusters", "GET", "endpoints by set",
     [](const Context& c, const Request&) {
       return AdminReply{200, clusters_text(c.configuration())};
     }},
    {"/drain", "POST", "close connections gracefully, for ever; ?inboundonly",
     [](const Context& c, const Request& r) {
       c.drain(asks_for(r, "inboundonly"));
       return AdminReply{200, "OK\n"};
     }},
    {"/healthcheck/fail", "POST", "tell probes NOT_READY",
     [](const Context& c, const Request&) {
       c.readiness.set_failed();
       return AdminReply{200, "OK\n"};
     }},
    {"/quitquitquit", "POST", "drain and exit",
     [](const Context& c, const Request&) {
       c.quit();
       return AdminReply{200, "OK\n"};
     }},
};

std::string list() {
  std::string out;
  for (const Path& path : kPaths) append(out, path.method, " ", path.path, "  ", path.what, "\n");
  return out;
}

}  // namespace

Result<std::string> answer_question(const Configuration& configuration, const MetricsInput& metrics,
                                    v1::ProxyTopic topic) {
  switch (topic) {
    case v1::CONFIGURATION: return config_dump(configuration);
    case v1::STATISTICS: return stats_lines(metrics);
    case v1::ENDPOINT_STATES: return clusters_text(configuration);
    default: return invalid("this version of the proxy does not know the question");
  }
}

AdminReply answer_admin(const AdminContext& context, const AdminRequest& request) {
  for (const Path& path : kPaths) {
    if (request.path != path.path) continue;
    if (request.method == path.method || (path.method == "GET" && request.method == "HEAD"))
      return path.answer(context, request);
    return {405, cat(path.method, " only\n")};
  }
  return {request.path == "/" ? 200u : 404u, list()};
}

}  // namespace weft::proxy
