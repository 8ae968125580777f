// Who may open a stream, and as what: checks the token, finds the Dataplane or registers the one that the proxy brought
// along. Blocks on the store, so it has threads of its own, away from those that carry acknowledgements. Owned by
// main.cc; thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "base/status.h"
#include "control-plane/resource/place.h"
#include "control-plane/resource/resource.h"
#include "control-plane/serve/registrations.h"
#include "control-plane/serve/token_keys.h"
#include "control-plane/store/world_publisher.h"

namespace weft::v1 {
class Hello;
}

namespace weft::cp {

struct DataplaneToken;
class WorkThreads;

struct AdmissionOptions {
  // false: everybody may speak for every dataplane.
  bool check_tokens = true;
  // The signing keys among the secrets are trusted.
  bool trust_secrets = true;
  // And these.
  ForeignKeys foreign_keys;
  Place place;
  int threads = 4;
};

struct Admitted {
  ResourceKey dataplane;
  bool brought_along = false;
  // What it showed; null when nobody asks for tokens.
  std::shared_ptr<const DataplaneToken> token;
  // One in which the Dataplane is known.
  WorldPtr world;
};

class Admission {
 public:
  // `clock`: UTC. The references must outlive it.
  Admission(AdmissionOptions options, Store& store, const WorldPublisher& worlds, TokenKeys& keys,
            Registrations& registrations, std::function<Time()> clock);
  ~Admission();

  // Runs `task` on a thread that may wait for the store.
  void post(absl::AnyInvocable<void()> task);
  // Blocks. After success `left` must follow. Errors are those of config_service.proto: unauthenticated, denied,
  // invalid and FAILED_PRECONDITION are final, the rest is worth another try.
  Result<Admitted> admit(std::string_view token, const v1::Hello& hello);
  void left(const Admitted& admitted);

 private:
  Result<DataplaneToken> check_token(const World& world, std::string_view token, const ResourceKey& key) const;
  Status check_workload(const World& world, const Resource& dataplane, const DataplaneToken& token) const;
  Result<Admitted> register_dataplane(const Resource& dataplane, const DataplaneToken& token);
  Result<Admitted> find_dataplane(const ResourceKey& key, const DataplaneToken& token);

  const AdmissionOptions options_;
  Store& store_;
  const WorldPublisher& worlds_;
  TokenKeys& keys_;
  Registrations& registrations_;
  const std::function<Time()> clock_;
  std::unique_ptr<WorkThreads> threads_;
};

}  // namespace weft::cp
