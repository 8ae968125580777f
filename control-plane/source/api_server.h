// The REST API: resources in and out, tokens, what the control plane says of itself. Owned by main.cc, which gives it
// the store, the published World and one function for everything that other folders know. Runs on threads of its own;
// the hooks are called on them, so each hook must be thread-safe. Destroying it closes every connection and joins the
// threads; hooks that answer later may still be called back afterwards and are then ignored.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/place.h"
#include "control-plane/resource/resource.h"
#include "control-plane/source/caller.h"
#include "control-plane/source/http_server.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world_publisher.h"

namespace weft::v1 {
class DataplaneInsight;
}

namespace weft::cp {

// POST /tokens/dataplane, checked.
struct DataplaneTokenRequest {
  std::string mesh;
  std::string name;      // empty: any dataplane of the mesh
  std::string workload;  // empty: not bound to a workload
  std::vector<std::pair<std::string, std::vector<std::string>>> tags;
  std::chrono::seconds valid_for{};  // never zero
};

// POST /tokens/user and POST /tokens/zone, checked.
struct UserTokenRequest {
  std::string name;
  std::vector<std::string> groups;
  std::chrono::seconds valid_for{};  // never zero
};
struct ZoneTokenRequest {
  std::string zone;
  std::vector<std::string> scope;
  std::chrono::seconds valid_for{};  // never zero
};

// Which proxies run with what was stored at a revision.
struct DeliveryProgress {
  struct Refused {
    std::string proxy;
    std::string item;
    std::string reason;
  };
  uint64_t revision = 0;
  uint32_t total = 0;
  uint32_t active = 0;
  double elapsed_ms = 0;  // from the write at `revision` to the last acknowledgement
  std::vector<std::string> late;
  std::vector<Refused> refused;
};

struct ApiOptions {
  std::string interface = "0.0.0.0";
  uint16_t port = 5681;  // 0: any free port
  // Requests worked on at once. A write waits for the disk on its thread; writers that wait together share one flush.
  int threads = 8;
  Place place;
  bool localhost_is_admin = true;
  AccessRules access;
  // Switched off, tokens are made elsewhere.
  bool issue_dataplane_tokens = true;
  bool issue_user_tokens = true;
  bool issue_zone_tokens = true;
  // The same API over TLS; absent: plain HTTP alone.
  struct Https {
    std::string interface = "0.0.0.0";
    uint16_t port = 5682;  // 0: any free port
    HttpServerTls tls;
  };
  std::optional<Https> https;
  // What precedes every path: "/" or "/kuma".
  std::string base_path = "/";
  // Regular expressions of the origins whose pages may call the API; a whole origin must fit one.
  std::vector<std::string> cors_allowed_domains;
  // Types that are switched off: whatever has to do with them is unknown here.
  std::set<std::string, std::less<>> types_off;
  // Nothing is written over the API.
  bool read_only = false;
  // A mesh may be deleted while dataplanes are in it.
  bool unsafe_delete = false;
  std::string hostname;
  std::string instance_id;
  std::string cluster_id;
  std::string version = "0.1.0";  // of Weft
};

// Resources that have to do with another one, sorted by name.
using RelatedResources = std::function<std::vector<ResourcePtr>(const World& world, const Resource& resource)>;

// What is shown of one dataplane, as JSON text, at /meshes/{mesh}/dataplanes/{name}/<path>.
struct DataplaneDocument {
  std::string_view path;  // "_inbounds/{inbound}/_policies"
  // `parameters`: those of the path, in its order. Errors: invalid (400), not_found.
  std::function<Result<std::string>(const World& world, const Resource& dataplane,
                                    const std::vector<std::string>& parameters)>
      write;
};

// POST /meshes/{mesh}/_trust/rotate and .../repair, checked.
struct TrustRequest {
  std::string mesh;
  std::string identity;  // a MeshIdentity; empty: every one of the mesh that has an authority of its own
  bool repair = false;   // waits for nobody until the new authority signs
  bool force = false;    // does not wait for who is late with the step under way
  std::string certificate_pem, key_pem;  // the authority to go to; empty: one is made, or was put in its place already
};

// What a proxy can be asked.
enum class ProxyTopic {
  kConfiguration,  // JSON
  kStatistics,     // one "name: value" a line
  kEndpoints,      // one "set::address::weight::n" a line
};

// What other folders know. A hook that is not set switches its endpoint off (404), unless said otherwise.
struct ApiHooks {
  // What is created together with a mesh, in the same transaction: its signing key and its default policies. Keys,
  // labels and specs must be complete. Not set: nothing is.
  std::function<Result<std::vector<ResourcePtr>>(const Resource& mesh)> mesh_companions;

  // The signed token. not_found: there is no signing key; the sentence says whose.
  std::function<Result<std::string>(const DataplaneTokenRequest&)> issue_dataplane_token;
  std::function<Result<std::string>(const UserTokenRequest&)> issue_user_token;
  std::function<Result<std::string>(const ZoneTokenRequest&)> issue_zone_token;

  // Who presents this bearer token. Not set: every presented token is refused.
  std::function<Result<Caller>(std::string_view token)> authenticate;

  // Answers once, from any thread: when every connected proxy of the mesh is active at `revision` or later, or after
  // `wait`.
  std::function<void(std::string_view mesh, uint64_t revision, std::chrono::milliseconds wait,
                     std::function<void(const DeliveryProgress&)> answer)>
      delivery;

  // What is known of a proxy's connection now; null when it never connected. Not set: insights come from the store.
  std::function<std::shared_ptr<const v1::DataplaneInsight>(std::string_view mesh, std::string_view name)> insight;

  // A resource as it is shown, when part of its status is counted on request. Not set: as it is stored.
  std::function<ResourcePtr(const World& world, const ResourcePtr& resource)> shown;

  // What is counted of a mesh (a MeshInsight), and of all of them (JSON text).
  std::function<std::shared_ptr<const google::protobuf::Message>(const World& world, const std::string& mesh)>
      mesh_insight;
  std::function<std::string(const World& world)> global_insight;

  // The host names that the generators make of a service, each with the zones whose it is.
  std::function<std::vector<std::pair<std::string, std::vector<std::string>>>(const World& world,
                                                                              const Resource& service)>
      hostnames;

  // Sentences about a resource that is about to be stored ("selects no dataplane"). Not set: none.
  std::function<std::vector<std::string>(const Resource& resource, const World& world)> advise;

  // What the inspect API shows.
  std::vector<DataplaneDocument> dataplane_documents;
  RelatedResources dataplanes_of_policy;
  RelatedResources dataplanes_of_service;  // its instances
  RelatedResources clients_of_service;     // who may send to it

  // The effective confs of a Dataplane and where each field comes from, as JSON text. `shadow`: as if policies that
  // only pretend had effect. Error: not_found.
  std::function<Result<std::string>(const World& world, const ResourceKey& dataplane, bool shadow)> effective;

  // What the change from one World to the other means for every proxy, as the JSON text of a list.
  std::function<std::string(const World& before, const World& after, const std::vector<ResourceKey>& changed)> compare;

  // What the proxy of a Dataplane gets, with shadow policies in force or without; and, when asked for, what they change
  // (a JSON patch). JSON text.
  std::function<Result<std::string>(const World& world, const ResourceKey& dataplane, bool shadow,
                                    bool with_difference)>
      proxy_config;

  // Answers once, from any thread: what a proxy says of itself. unavailable: it is not connected, or does not answer
  // within `wait`.
  std::function<void(const ResourceKey& dataplane, ProxyTopic topic, std::chrono::milliseconds wait,
                     std::function<void(Result<std::string>)> answer)>
      ask_proxy;

  // Who of a mesh holds which certificate, and how far authorities are on their way to follow others. JSON text.
  std::function<std::string(const World& world, const std::string& mesh)> identities;
  std::function<std::string(const World& world, const std::string& mesh)> trust;
  // Lets one authority follow another. Errors: not_found, invalid, conflict.
  std::function<Status(const TrustRequest&)> change_trust;

  // Told of every request that reached a route, when it was answered; may be called after the server is gone. Not set:
  // nobody counts.
  std::function<void(std::string_view method, std::string_view route, int status,
                     std::chrono::steady_clock::duration duration)>
      observe_request;

  // A connection of the mesh from one proxy to an inbound of another (the first one, unless `port` names one): whom it
  // met and what was decided. JSON text. Answers once, from any thread. Errors: not_found, invalid, unavailable.
  std::function<void(const ResourceKey& from, const std::string& to, uint16_t port,
                     std::function<void(Result<std::string>)> answer)>
      verify_mtls;

  // The configuration as JSON text, secrets masked.
  std::function<std::string()> config;
};

class ApiServer {
 public:
  // Binds and serves. `store` and `world` must outlive the server. Error: says which address could not be bound and
  // why.
  static Result<std::unique_ptr<ApiServer>> start(const ApiOptions& options, Store& store, const WorldPublisher& world,
                                                  ApiHooks hooks);
  ~ApiServer();
  uint16_t port() const;
  // 0 without HTTPS.
  uint16_t https_port() const;

 private:
  struct State;
  explicit ApiServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::cp
