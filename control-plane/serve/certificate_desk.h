// Gives proxies their certificates: looks up who the Dataplane is in the World of this moment, checks that the request
// asks for exactly that, and has it signed by the authority that its identity names. Who asks is who the stream's token
// admitted, never who the request says. Owned by main.cc; thread-safe, with threads of its own for the signing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "control-plane/engine/identity_index.h"
#include "control-plane/identity/dataplane_token.h"
#include "control-plane/serve/insights.h"
#include "control-plane/serve/issue_limits.h"
#include "control-plane/serve/issuers.h"
#include "control-plane/serve/metrics.h"
#include "control-plane/store/world_publisher.h"
#include "weft/v1/config_service.pb.h"

namespace weft::cp {

class WorkThreads;

// On whose behalf a certificate is asked for.
struct CertificateHolder {
  ResourceKey dataplane;
  // What it was admitted with; null: nobody asked for a token.
  std::shared_ptr<const DataplaneToken> token;
};

class CertificateDesk {
 public:
  using Answer = absl::AnyInvocable<void(v1::CertificateAnswer)>;

  // `clock`: UTC. The references must outlive it.
  CertificateDesk(const WorldPublisher& worlds, Issuers::Fetch fetch, std::function<Time()> clock, Insights& insights,
                  ServeMetrics& metrics, int threads = 2);
  ~CertificateDesk();

  // Answers once, on another thread; not at all when the desk closes first.
  void request(CertificateHolder holder, v1::CertificateRequest request, Answer answer);
  // The same at once, on this thread.
  v1::CertificateAnswer issue(const CertificateHolder& holder, const v1::CertificateRequest& request, SteadyTime now);

 private:
  struct Refused {
    CertificateRefusal why;
    std::string sentence;
    IssueLimits::Milliseconds wait;
  };
  struct Mesh {
    IdentityIndex identities;
    std::shared_ptr<const World::Table> secrets;
  };
  using Outcome = std::variant<v1::CertificateAnswer, Refused>;

  ProxyIdentity identity_of(const World& world, const Resource& dataplane, SteadyTime now);
  // With the lock held.
  Mesh& follow(const World& world, const std::string& mesh, SteadyTime now);
  std::optional<Refused> check_holder(const World& world, const CertificateHolder& holder, const Resource* dataplane);
  Outcome try_issue(const CertificateHolder& holder, const v1::CertificateRequest& request, SteadyTime now);
  Outcome sign(const World& world, const CertificateHolder& holder, const ProxyIdentity& who,
               const CertificateRequest& request, SteadyTime now);
  Refused failed(const CertificateHolder& holder, const ResourceKey& identity, const Status& why, SteadyTime now);

  const WorldPublisher& worlds_;
  Issuers issuers_;
  const std::function<Time()> clock_;
  Insights& insights_;
  ServeMetrics& metrics_;
  std::mutex mutex_;
  IssueLimits limits_;
  std::map<std::string, Mesh> meshes_;
  std::unique_ptr<WorkThreads> threads_;
};

}  // namespace weft::cp
