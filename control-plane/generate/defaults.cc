#include "control-plane/generate/defaults.h"

#include <algorithm>

#include "base/text.h"
#include "control-plane/generate/complete.h"
#include "control-plane/identity/user_token.h"
#include "control-plane/resource/decode.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

struct DefaultPolicy {
  std::string_view prefix;  // of the name; "-<mesh>" follows
  std::string_view type;
  std::string_view spec;
};

constexpr DefaultPolicy kDefaultPolicies[] = {
    {"mesh-timeout-all", "MeshTimeout", R"({
      "targetRef": {"kind": "Mesh"},
      "rules": [{"default": {"connectionTimeout": "10s", "idleTimeout": "2h",
        "http": {"requestTimeout": "0s", "streamIdleTimeout": "1h", "maxStreamDuration": "0s"}}}]})"},
    {"mesh-timeout-to-all", "MeshTimeout", R"({
      "targetRef": {"kind": "Mesh"},
      "to": [{"targetRef": {"kind": "Mesh"}, "default": {"connectionTimeout": "5s", "idleTimeout": "1h",
        "http": {"requestTimeout": "15s", "streamIdleTimeout": "30m"}}}]})"},
    {"mesh-circuit-breaker-all", "MeshCircuitBreaker", R"({
      "targetRef": {"kind": "Mesh"},
      "to": [{"targetRef": {"kind": "Mesh"}, "default": {"connectionLimits": {
        "maxConnections": 1024, "maxPendingRequests": 1024, "maxRequests": 1024, "maxRetries": 3}}}]})"},
    {"mesh-retry-all", "MeshRetry", R"({
      "targetRef": {"kind": "Mesh"},
      "to": [{"targetRef": {"kind": "Mesh"}, "default": {
        "tcp": {"maxConnectAttempt": 5},
        "http": {"numRetries": 5, "perTryTimeout": "16s", "backOff": {"baseInterval": "25ms", "maxInterval": "250ms"}},
        "grpc": {"numRetries": 5, "perTryTimeout": "16s", "backOff": {"baseInterval": "25ms", "maxInterval": "250ms"}}
      }}]})"},
};

constexpr std::string_view kSigningKeyPrefix = "dataplane-token-signing-key-";
constexpr std::chrono::hours kTenYears{24 * 3650};

bool skips(const v1::Mesh& mesh, std::string_view type) {
  const auto& skipped = mesh.skip_creating_initial_policies();
  return std::any_of(skipped.begin(), skipped.end(), [&](const std::string& s) { return s == "*" || s == type; });
}

Result<ResourcePtr> signing_key(const std::string& mesh, const Place& place, const KeyMaker& make_key) {
  Result<std::string> key = make_key();
  if (!key.ok()) return key.status();
  auto secret = std::make_shared<v1::Secret>();
  secret->set_data(*std::move(key));
  return complete({"Secret", mesh, cat(kSigningKeyPrefix, mesh, "-1")}, std::move(secret), place);
}

Result<std::vector<ResourcePtr>> first_policies(const Resource& mesh, const Place& place) {
  std::vector<ResourcePtr> policies;
  const std::string& name = mesh.key.name;
  const auto* spec = dynamic_cast<const v1::Mesh*>(mesh.spec.get());
  for (const DefaultPolicy& policy : kDefaultPolicies) {
    if (spec != nullptr && skips(*spec, policy.type)) continue;
    std::shared_ptr<google::protobuf::Message> message(find_kind(policy.type)->spec->New());
    if (Status decoded = decode_message(policy.spec, *message); !decoded.ok()) return annotate(decoded, policy.prefix);
    policies.push_back(
        complete({std::string(policy.type), name, cat(policy.prefix, '-', name)}, std::move(message), place));
  }
  return policies;
}

}  // namespace

Result<std::vector<ResourcePtr>> mesh_companions(const Resource& mesh, const Place& place, const KeyMaker& make_key) {
  Result<std::vector<ResourcePtr>> companions = first_policies(mesh, place);
  if (!companions.ok()) return companions;
  Result<ResourcePtr> key = signing_key(mesh.key.name, place, make_key);
  if (!key.ok()) return key.status();
  companions->push_back(*std::move(key));
  return companions;
}

Status create_default_mesh(Store& store, const World& world, const Place& place) {
  if (world.find({"Mesh", "", "default"}) != nullptr) return ok();
  ResourcePtr mesh = complete({"Mesh", "", "default"}, std::make_shared<v1::Mesh>(), place);
  Result<std::vector<ResourcePtr>> policies = first_policies(*mesh, place);
  if (!policies.ok()) return policies.status();
  std::vector<Write> writes{create(std::move(mesh))};
  for (ResourcePtr& policy : *policies) writes.push_back(create(std::move(policy)));
  return unless_there(store.write(writes));
}

Status create_signing_key(Store& store, const World& world, const std::string& mesh, const Place& place,
                          const KeyMaker& make_key) {
  if (world.find({"Mesh", "", mesh}) == nullptr) return ok();
  const std::string prefix = cat(kSigningKeyPrefix, mesh, '-');
  const std::shared_ptr<const World::Table> secrets = world.table("Secret", mesh);
  const auto first = secrets->lower_bound(prefix);
  if (first != secrets->end() && first->first.starts_with(prefix)) return ok();
  Result<ResourcePtr> key = signing_key(mesh, place, make_key);
  if (!key.ok()) return key.status();
  return unless_there(store.write({create(*std::move(key))}));
}

Status create_admin_token(Store& store, const World& world, const Place& place, Time now) {
  constexpr char kKeyName[] = "user-token-signing-key-1";
  if (world.find({"GlobalSecret", "", kKeyName}) != nullptr) return ok();
  Result<SigningKey> key = SigningKey::generate();
  if (!key.ok()) return key.status();
  const Result<std::string> pem = key->pem();
  if (!pem.ok()) return pem.status();
  const Result<std::string> token =
      issue_user_token({.name = "mesh-system:admin", .groups = {"mesh-system:admin"}}, kTenYears, {{1, *key}},
                       std::chrono::floor<std::chrono::seconds>(now));
  if (!token.ok()) return token.status();
  auto key_secret = std::make_shared<v1::GlobalSecret>();
  key_secret->set_data(*pem);
  auto token_secret = std::make_shared<v1::GlobalSecret>();
  token_secret->set_data(*token);
  std::vector<Write> writes{create(complete({"GlobalSecret", "", kKeyName}, std::move(key_secret), place))};
  Write put_token = create(complete({"GlobalSecret", "", "admin-user-token"}, std::move(token_secret), place));
  put_token.expected_revision.reset();  // one that an older key signed is worthless
  writes.push_back(std::move(put_token));
  return unless_there(store.write(writes));
}

Status create_zone_signing_key(Store& store, const World& world, const Place& place, const KeyMaker& make_key) {
  constexpr std::string_view prefix = "zone-token-signing-key";
  const std::shared_ptr<const World::Table> secrets = world.table("GlobalSecret", "");
  const auto first = secrets->lower_bound(std::string(prefix));
  if (place.is_federated || (first != secrets->end() && first->first.starts_with(prefix))) return ok();
  Result<std::string> key = make_key();
  if (!key.ok()) return key.status();
  auto secret = std::make_shared<v1::GlobalSecret>();
  secret->set_data(*std::move(key));
  return unless_there(
      store.write({create(complete({"GlobalSecret", "", cat(prefix, "-1")}, std::move(secret), place))}));
}

}  // namespace weft::cp
