// Who of a mesh holds which certificate, believes whom, and what is wrong with it: joins what the store says, what each
// connected proxy confirmed and what it shows. Answers the chore that lets one authority follow another, the REST API
// and the metrics; warns in the log once. Owned by ControlPlane; thread-safe. A question waits for the thread of the
// delivery, for a bounded time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control-plane/engine/identity_index.h"
#include "control-plane/generate/authority_succession.h"
#include "control-plane/generate/chores.h"
#include "control-plane/serve/delivery_thread.h"
#include "control-plane/serve/identity_holder.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {

// One Dataplane that some MeshIdentity selects.
struct HeldIdentity {
  std::string name;
  ProxyIdentity wanted;
  std::optional<IdentityHolder> holder;  // nullopt: its proxy is not connected
  // Sentences for a person; none when all is well.
  std::vector<std::string> problems;

  // The certificate its proxy shows; null: it shows none, or is not connected.
  const v1::CertificateState* shown() const {
    if (!holder.has_value() || !holder->certificate.has_value()) return nullptr;
    return holder->certificate->not_after() == 0 ? nullptr : &*holder->certificate;
  }
};

class IdentityWatch {
 public:
  // A proxy that is late with its renewal is pointed at when less than this share of the lifetime is left.
  static constexpr double kLateShare = 0.3;
  static constexpr std::chrono::days kWarnBefore{30};
  static constexpr std::chrono::seconds kLookEvery{5};

  using Clock = std::function<Time()>;
  IdentityWatch(DeliveryThread& delivery, const WorldPublisher& worlds, Clock clock)
      : delivery_(delivery), worlds_(worlds), clock_(std::move(clock)) {}

  // By name. When the delivery does not answer in time, nobody is connected.
  std::vector<HeldIdentity> held(const World& world, const std::string& mesh) const;
  // For the chore of authorities; asker() is that as a function.
  AskProxies asker() const {
    return [this](const World& world, const Resource& identity, uint64_t revision) {
      return proxies(world, identity, revision);
    };
  }
  // Connected proxies that are to have an identity and do not show a certificate yet.
  std::set<std::string> without_certificate(const World& world, const std::string& mesh) const;
  std::vector<ProxyTrust> proxies(const World& world, const Resource& identity, uint64_t revision) const;

  // Looks for what somebody should know, warns, and counts; a chore.
  std::optional<Chores::SteadyTime> run(Chores::SteadyTime now);
  // Prometheus text, as of the last look.
  std::string print() const;

  std::chrono::sys_seconds now() const { return std::chrono::floor<std::chrono::seconds>(clock_()); }

 private:
  struct MeshCount {
    uint64_t certificates = 0, missing = 0, unknown_issuers = 0;
    std::chrono::sys_seconds earliest_end{};
  };
  struct AuthorityCount {
    std::string mesh, identity;
    std::chrono::sys_seconds end{};
    bool rotates = false;
  };
  std::vector<IdentityHolder> holders(const std::string& mesh) const;
  MeshCount look_at(const std::string& mesh, const std::vector<HeldIdentity>& all);
  void warn_once(const std::string& what, const std::function<void()>& log);

  DeliveryThread& delivery_;
  const WorldPublisher& worlds_;
  const Clock clock_;
  mutable std::mutex mutex_;
  std::map<std::string, MeshCount> meshes_;                 // under mutex_
  std::vector<AuthorityCount> authorities_;                 // under mutex_
  std::map<std::string, std::chrono::sys_seconds> warned_;  // on the chores' thread
};

// By what every authority of a mesh is known that some MeshTrust holds.
std::set<uint64_t> believed_authorities(const World& world, const std::string& mesh);

}  // namespace weft::cp
