// GET /openapi.json: the API described, from the schemas and from the routes there are.
#include <array>
#include <memory>
#include <mutex>

#include "api/reference/openapi.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

struct Summary {
  std::string_view path;
  std::string_view text;
};

// What the routes beside those of the kinds answer.
constexpr std::array kSummaries = {
    Summary{"/", "Who answers here: product, version, instance"},
    Summary{"/openapi.json", "This document"},
    Summary{"/_resources", "The kinds of resources, with their paths"},
    Summary{"/policies", "The kinds of policies"},
    Summary{"/config", "The control plane's configuration, secrets masked"},
    Summary{"/who-am-i", "The user and the groups of the caller"},
    Summary{"/global-insight", "Counts over all meshes"},
    Summary{"/global-insights", "How many resources of each global kind there are"},
    Summary{"/mesh-insights", "What is counted in each mesh"},
    Summary{"/mesh-insights/{name}", "What is counted in a mesh"},
    Summary{"/service-insights", "Services counted by others, of all meshes"},
    Summary{"/meshes/{mesh}/service-insights", "Services counted by others"},
    Summary{"/meshes/{mesh}/service-insights/{name}", "One service counted by others"},
    Summary{"/dataplane-insights", "What is known of the connections of all dataplanes"},
    Summary{"/meshes/{mesh}/dataplane-insights", "What is known of the connections of a mesh's dataplanes"},
    Summary{"/meshes/{mesh}/dataplane-insights/{name}", "What is known of a Dataplane's connection"},
    Summary{"/zones/_overview", "Zones with what is known of their connections"},
    Summary{"/zones+insights", "Zones with what is known of their connections"},
    Summary{"/zones/{name}/_overview", "A Zone with what is known of its connection"},
    Summary{"/zones+insights/{name}", "A Zone with what is known of its connection"},
    Summary{"/meshes/{mesh}/{services}/{name}/_hostnames", "The host names of a service of any kind"},
    Summary{"/_kri/{kri}", "A resource by its identifier"},
    Summary{"/global-secrets", "Global Secrets"},
    Summary{"/global-secrets/{name}", "One GlobalSecret"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/{word}", "404: there is no such question about a Dataplane"},
    Summary{"/tokens/dataplane", "Make the token of a proxy"},
    Summary{"/tokens/user", "Make the token of a user"},
    Summary{"/tokens/zone", "Make the token of a zone"},
    Summary{"/dataplanes/_overview", "Dataplanes of all meshes with what is known of their connections"},
    Summary{"/dataplanes+insights", "Dataplanes of all meshes with what is known of their connections"},
    Summary{"/meshes/{mesh}/dataplanes/_overview", "Dataplanes with what is known of their connections"},
    Summary{"/meshes/{mesh}/dataplanes+insights", "Dataplanes with what is known of their connections"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_overview", "A Dataplane with what is known of its connection"},
    Summary{"/meshes/{mesh}/dataplanes+insights/{name}", "A Dataplane with what is known of its connection"},
    Summary{"/_diff", "What documents would change, in the store and for every proxy; writes nothing"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_effective",
            "The effective conf of every kind and place, and which policy gave each field"},
    Summary{"/zones/_overview", "Zones with what is known of their connections"},
    Summary{"/zones+insights", "Zones with what is known of their connections"},
    Summary{"/zones/{name}/_overview", "A Zone with what is known of its connection"},
    Summary{"/zones+insights/{name}", "A Zone with what is known of its connection"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_layout", "Where the proxy listens and sends, and who it is"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_rules", "Every policy that is for the Dataplane, kind by kind"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_policies", "Policies for the proxy as a whole"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/policies", "The policies that are for the Dataplane"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_inbounds/{inbound}/_policies", "Policies at one inbound"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_outbounds/{outbound}/_policies", "Policies towards one destination"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_outbounds/{outbound}/_routes", "Routes of one destination"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_outbounds/{outbound}/_routes/{route}/_policies",
            "Policies towards one destination, for requests of one route"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_config", "What the proxy gets, and what shadow policies would change"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/xds", "The configuration the proxy runs on, as the proxy says"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/stats", "What the proxy counts"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/clusters", "The endpoints the proxy knows"},
    Summary{"/meshes/{mesh}/dataplanes/{name}/_verify-mtls",
            "Open a connection of the mesh from one proxy to another, and show whom it met and what was decided"},
    Summary{"/meshes/{mesh}/_identities", "Who holds which certificate, until when, issued by whom, and what is wrong"},
    Summary{"/meshes/{mesh}/_trust", "The authorities of a mesh, and how far one is on its way to follow another"},
    Summary{"/meshes/{mesh}/_trust/rotate", "Let a new authority follow the one that signs, in the safe order"},
    Summary{"/meshes/{mesh}/_trust/repair",
            "Let a new authority sign at once, for a mesh whose everything has expired"},
    Summary{"/meshes/{mesh}/_delivery", "Which proxies run on what was stored at a revision"},
};

// The same for routes that several kinds have, by how they end.
constexpr std::array kEndings = {
    Summary{"/{name}/_resources/dataplanes", "Dataplanes it concerns"},
    Summary{"/{name}/dataplanes", "Dataplanes it selects, in the older form"},
    Summary{"/{name}/_dataplanes", "Dataplanes it selects"},
    Summary{"/{name}/_hostnames", "Names it goes by, zone by zone"},
    Summary{"/{name}/_layout", "Where a proxy listens and sends, and who it is"},
    Summary{"/{name}/_rules", "Every policy that is for a proxy: per destination, per inbound, for all of it"},
    Summary{"/{name}/_policies", "What holds for the whole proxy"},
    Summary{"/_inbounds/{inbound}/_policies", "What holds for traffic that arrives there"},
    Summary{"/_outbounds/{outbound}/_policies", "What holds towards a destination"},
    Summary{"/_outbounds/{outbound}/_routes", "Routes to a destination"},
    Summary{"/_routes/{route}/_policies", "What holds for requests that take a route"},
    Summary{"/{name}/policies", "Policies that are for a proxy, in the older form"},
    Summary{"/{name}/_warnings", "What policies for a proxy say and cannot do"},
    Summary{"/{name}/_config", "What a proxy runs on"},
    Summary{"/{name}/xds", "What a proxy says it runs on"},
    Summary{"/{name}/stats", "Counters of a proxy"},
    Summary{"/{name}/clusters", "Destinations of a proxy with their instances"},
    Summary{"/_overview", "With what is known of connections"},
};

std::string summary_of(std::string_view path) {
  for (const Summary& summary : kSummaries) {
    if (summary.path == path) return std::string(summary.text);
  }
  for (const Summary& summary : kEndings) {
    if (path.ends_with(summary.path)) return std::string(summary.text);
  }
  return {};
}

}  // namespace

void add_openapi_endpoint(Router& router, ApiContext& api) {
  // Made when it is first asked for; by then every route is known.
  struct Once {
    std::once_flag made;
    std::string text;
  };
  router.add("GET", "/openapi.json", [&router, &api, once = std::make_shared<Once>()](const Call&) {
    std::call_once(once->made, [&] {
      std::vector<reference::Operation> operations;
      for (const auto& [method, path] : router.routes()) operations.push_back({method, path, summary_of(path)});
      once->text = reference::openapi_document(reference::Schema::embedded(), api.options.version, operations,
                                               api.options.types_off);
    });
    return HttpResponse{200, once->text + "\n", "application/json", {}};
  });
}

}  // namespace weft::cp
