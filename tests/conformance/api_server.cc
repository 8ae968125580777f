#include "tests/conformance/api_server.h"

#include <utility>

#include "base/document/print.h"
#include "control-plane/insight_hooks.h"
#include "control-plane/inspect_hooks.h"
#include "control-plane/resource/decode.h"
#include "control-plane/store/sqlite_store.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

Result<cp::ResourcePtr> read_resource(const Node& document) {
  cp::Decoded decoded = cp::decode(document);
  const std::string who = cat(decoded.key.type, " \"", decoded.key.name, "\"");
  if (decoded.kind == nullptr) return invalid(cat(who, ": there is no such kind"));
  if (!decoded.unreadable.empty()) return invalid(cat(who, ": ", cp::sentence(decoded.unreadable.front())));
  auto resource = std::make_shared<cp::Resource>();
  resource->key = decoded.key;
  if (decoded.kind->is_global()) resource->key.mesh.clear();
  resource->labels = decoded.labels;
  resource->spec = decoded.spec;
  if (const Node* status = document.find("status"); status != nullptr && decoded.kind->status != nullptr) {
    std::shared_ptr<google::protobuf::Message> message(decoded.kind->status->New());
    if (Status read = cp::decode_message(compact_json(*status), *message); !read.ok()) return annotate(read, who);
    resource->status = message;
  }
  return cp::ResourcePtr(resource);
}

cp::Place place_of(const Node& server) {
  cp::Place place;
  place.is_global = text(server, "mode") == "global";
  const Node* federated = server.find("federated");
  place.is_federated = federated != nullptr && federated->boolean;
  if (const std::string zone = text(server, "zone_name"); !zone.empty()) place.zone = zone;
  return place;
}

cp::ApiOptions options_of(const Node& server) {
  cp::ApiOptions options;
  options.interface = "127.0.0.1";
  options.port = 0;
  options.threads = 1;
  options.place = place_of(server);
  return options;
}

}  // namespace

Result<std::unique_ptr<LoadedServer>> LoadedServer::start(const Node& server) {
  auto started = std::make_unique<LoadedServer>();
  Result<std::unique_ptr<cp::Store>> store = cp::open_sqlite_store(":memory:");
  if (!store.ok()) return store.status();
  started->store_ = *std::move(store);
  Result<std::unique_ptr<cp::WorldPublisher>> worlds = cp::WorldPublisher::start(*started->store_);
  if (!worlds.ok()) return worlds.status();
  started->worlds_ = *std::move(worlds);
  cp::ApiHooks hooks;
  const cp::ApiOptions options = options_of(server);
  cp::add_inspect_hooks(hooks);
  cp::add_insight_hooks(hooks, options.place);
  Result<std::unique_ptr<cp::ApiServer>> api =
      cp::ApiServer::start(options, *started->store_, *started->worlds_, std::move(hooks));
  if (!api.ok()) return api.status();
  started->server_ = *std::move(api);
  return started;
}

Status LoadedServer::load(const std::vector<Node>& documents) {
  std::vector<cp::Write> writes;
  for (const Node& document : documents) {
    const Result<cp::ResourcePtr> resource = read_resource(document);
    if (!resource.ok()) return resource.status();
    writes.push_back({cp::Write::Kind::kPut, (*resource)->key, *resource, std::nullopt});
  }
  return writes.empty() ? ok() : store_->write(writes).status();
}

cp::TestAnswer LoadedServer::send(std::string_view method, std::string_view target, std::string_view body) {
  cp::TestClient client(server_->port());
  return client.send(method, target, body);
}

}  // namespace weft::conformance
