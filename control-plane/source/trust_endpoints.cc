// Weft's own questions about identity: who holds what, whom a mesh believes, and the change of an authority.
#include "base/document/document.h"
#include "base/text.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

constexpr std::string_view kTitle = "Could not change an authority";

HttpResponse show(const Call& call, const ApiContext& api,
                  const std::function<std::string(const World&, const std::string&)>& write) {
  const WorldPtr world = api.world.current();
  const std::string& mesh = call.parameter("mesh");
  if (world->find({"Mesh", "", mesh}) == nullptr) return to_response(missing("Failed to retrieve Mesh"));
  return {200, write(*world, mesh) + "\n", "application/json", {}};
}

// An absent body asks for everything as it is by default.
Result<TrustRequest> read_request(const Call& call, bool repair) {
  TrustRequest request{.mesh = call.parameter("mesh"), .repair = repair};
  if (trim(call.request.body).empty()) return request;
  const Result<Node> body = parse_json(call.request.body);
  if (!body.ok()) return body.status();
  if (!body->is_object()) return invalid("it must be an object");
  for (const Member& member : body->members) {
    std::string* text = member.key == "identity"      ? &request.identity
                        : member.key == "certificate" ? &request.certificate_pem
                        : member.key == "key"         ? &request.key_pem
                                                      : nullptr;
    if (text != nullptr && member.value.is_string()) {
      *text = member.value.text;
    } else if (member.key == "force" && member.value.kind == Node::Kind::kBool) {
      request.force = member.value.boolean;
    } else {
      return invalid(cat("\"", member.key, "\" is not known, or not of that type"));
    }
  }
  if (request.certificate_pem.empty() != request.key_pem.empty()) return invalid("certificate and key go together");
  return request;
}

HttpResponse change(const Call& call, const ApiContext& api, bool repair) {
  if (auto refused = check_listed(call.caller, api.options.access.admin_resources, "change an authority")) {
    return to_response(*refused);
  }
  if (api.options.read_only) return to_response({405, "Method not allowed", "this API is read-only", {}});
  if (api.world.current()->find({"Mesh", "", call.parameter("mesh")}) == nullptr) {
    return to_response(missing("Failed to retrieve Mesh"));
  }
  const Result<TrustRequest> request = read_request(call, repair);
  if (!request.ok()) return to_response(bad_request(reason(request.status())));
  if (Status done = api.hooks.change_trust(*request); !done.ok()) {
    return to_response({is_not_found(done)  ? 404
                        : is_conflict(done) ? 409
                                            : 400,
                        std::string(kTitle),
                        reason(done),
                        {}});
  }
  return show(call, api, api.hooks.trust);
}

// Traffic is sent for it: it is asked for by who may look into proxies.
void verify(const Call& call, const ApiContext& api, const Respond& respond) {
  constexpr std::string_view title = "Could not verify the connection";
  if (auto refused = check_listed(call.caller, api.options.access.view_config_dump, "open connections of a proxy")) {
    return respond(to_response(*refused));
  }
  const std::string to(call.query.get("to"));
  if (to.empty()) return respond(to_response(not_valid(title, "to", "must name a Dataplane")));
  uint16_t port = 0;
  const std::string_view port_text = call.query.get("port");
  if (!port_text.empty() && !parse_number(port_text, port)) {
    return respond(to_response(not_valid(title, "port", "must be a port")));
  }
  const ResourceKey from{"Dataplane", call.parameter("mesh"), call.parameter("name")};
  api.hooks.verify_mtls(from, to, port, [respond, title](Result<std::string> text) {
    if (!text.ok()) {
      // What a proxy refuses is no failure of a service.
      const int status = is_not_found(text.status()) ? 404 : 400;
      return respond(to_response({status, std::string(title), reason(text.status()), {}}));
    }
    respond(HttpResponse{200, *text + "\n", "application/json", {}});
  });
}

}  // namespace

void add_trust_endpoints(Router& router, ApiContext& api) {
  if (api.hooks.verify_mtls) {
    router.add_late("GET", "/meshes/{mesh}/dataplanes/{name}/_verify-mtls",
                    [&api](const Call& call, const Respond& respond) { verify(call, api, respond); });
  }
  if (!api.hooks.identities || !api.hooks.trust || !api.hooks.change_trust) return;
  router.add("GET", "/meshes/{mesh}/_identities",
             [&api](const Call& call) { return show(call, api, api.hooks.identities); });
  router.add("GET", "/meshes/{mesh}/_trust", [&api](const Call& call) { return show(call, api, api.hooks.trust); });
  router.add("POST", "/meshes/{mesh}/_trust/rotate", [&api](const Call& call) { return change(call, api, false); });
  router.add("POST", "/meshes/{mesh}/_trust/repair", [&api](const Call& call) { return change(call, api, true); });
}

}  // namespace weft::cp
