#include "control-plane/serve/certificate_desk.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "control-plane/serve/token_keys.h"
#include "control-plane/serve/work_threads.h"

namespace weft::cp {
namespace {

using Milliseconds = IssueLimits::Milliseconds;
using Verdict = IssueLimits::Verdict;

// What the proxy was told may be on its way to change.
constexpr Milliseconds kSoon{1000};
// Nothing will be different before somebody does something.
constexpr Milliseconds kLater{5000};

std::string_view sentence_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kTooOften: return "certificates are asked for too often";
    case Verdict::kBackingOff: return "the last request failed, and it is too early for another";
    default: return "the authority of the MeshIdentity fails, and is tried now and then";
  }
}

CertificateRefusal refusal_of(Verdict verdict) {
  return verdict == Verdict::kAuthorityFails ? CertificateRefusal::kAuthority : CertificateRefusal::kTooOften;
}

bool same_certificate(const ProxyIdentity& a, const ProxyIdentity& b) {
  return a.spiffe_id == b.spiffe_id && a.issuer == b.issuer;
}

}  // namespace

CertificateDesk::CertificateDesk(const WorldPublisher& worlds, Issuers::Fetch fetch, std::function<Time()> clock,
                                 Insights& insights, ServeMetrics& metrics, int threads)
    : worlds_(worlds),
      issuers_(std::move(fetch)),
      clock_(std::move(clock)),
      insights_(insights),
      metrics_(metrics),
      limits_(Random().next()),
      threads_(std::make_unique<WorkThreads>(threads, "certificates")) {}
CertificateDesk::~CertificateDesk() = default;

void CertificateDesk::request(CertificateHolder holder, v1::CertificateRequest request, Answer answer) {
  threads_->post(
      [this, holder = std::move(holder), request = std::move(request), answer = std::move(answer)]() mutable {
        answer(issue(holder, request, std::chrono::steady_clock::now()));
      });
}

v1::CertificateAnswer CertificateDesk::issue(const CertificateHolder& holder, const v1::CertificateRequest& request,
                                             SteadyTime now) {
  Outcome outcome = try_issue(holder, request, now);
  v1::CertificateAnswer answer;
  if (auto* signed_one = std::get_if<v1::CertificateAnswer>(&outcome)) {
    ++metrics_.certificates_issued;
    answer = std::move(*signed_one);
  } else {
    const Refused& refused = std::get<Refused>(outcome);
    ++metrics_.certificates_refused[static_cast<size_t>(refused.why)];
    answer.set_refused(refused.sentence);
    answer.set_retry_after_milliseconds(static_cast<uint32_t>(refused.wait.count()));
  }
  answer.set_id(request.id());
  return answer;
}

// What failed may work now that somebody repaired it: nobody waits longer than that takes.
CertificateDesk::Mesh& CertificateDesk::follow(const World& world, const std::string& name, SteadyTime now) {
  Mesh& mesh = meshes_[name];
  std::shared_ptr<const World::Table> secrets = world.table("Secret", name);
  const bool other_identities = mesh.identities.follow(world.table("MeshIdentity", name));
  if (other_identities || mesh.secrets != secrets) limits_.forgive(name, now);
  mesh.secrets = std::move(secrets);
  return mesh;
}

ProxyIdentity CertificateDesk::identity_of(const World& world, const Resource& dataplane, SteadyTime now) {
  const std::lock_guard lock(mutex_);
  return follow(world, dataplane.key.mesh, now).identities.identity_of(dataplane.labels);
}

// The token opened the stream, maybe long ago: the Dataplane's labels and the revocations may be others now.
std::optional<CertificateDesk::Refused> CertificateDesk::check_holder(const World& world,
                                                                      const CertificateHolder& holder,
                                                                      const Resource* dataplane) {
  if (dataplane == nullptr) return Refused{CertificateRefusal::kNoIdentity, "the Dataplane is gone", kLater};
  if (holder.token == nullptr) return std::nullopt;
  if (TokenKeys::revoked_dataplane_tokens(world, dataplane->key.mesh).contains(holder.token->id)) {
    return Refused{CertificateRefusal::kToken, "the token was revoked", kLater};
  }
  const Status labels = check_token_labels(*holder.token, dataplane->labels);
  if (!labels.ok()) return Refused{CertificateRefusal::kToken, reason(labels), kLater};
  return std::nullopt;
}

CertificateDesk::Outcome CertificateDesk::try_issue(const CertificateHolder& holder,
                                                    const v1::CertificateRequest& request, SteadyTime now) {
  const WorldPtr world = worlds_.current();
  {
    const std::lock_guard lock(mutex_);
    follow(*world, holder.dataplane.mesh, now);
    const auto [verdict, wait] = limits_.admit(holder.dataplane, now);
    if (verdict != Verdict::kGo) return Refused{refusal_of(verdict), std::string(sentence_of(verdict)), wait};
  }
  const ResourcePtr dataplane = world->find(holder.dataplane);
  if (auto refused = check_holder(*world, holder, dataplane.get())) return *std::move(refused);
  const ProxyIdentity who = identity_of(*world, *dataplane, now);
  if (who.spiffe_id.empty()) {
    return Refused{CertificateRefusal::kNoIdentity,
                   who.missing.empty() ? "no MeshIdentity selects the Dataplane" : who.missing, kLater};
  }
  const Result<CertificateRequest> read = CertificateRequest::parse(request.csr());
  if (!read.ok()) {
    return Refused{CertificateRefusal::kMalformed, cat("the request: ", reason(read.status())), kLater};
  }
  if (read->uri() != who.spiffe_id) {
    log_warning("a proxy asked for a certificate that is not its own",
                {{"mesh", holder.dataplane.mesh}, {"proxy", holder.dataplane.name}, {"its_own", who.spiffe_id}});
    return Refused{CertificateRefusal::kOtherName, cat("this Dataplane may hold ", who.spiffe_id, " and nothing else"),
                   kSoon};
  }
  return sign(*world, holder, who, *read, now);
}

CertificateDesk::Refused CertificateDesk::failed(const CertificateHolder& holder, const ResourceKey& identity,
                                                 const Status& why, SteadyTime now) {
  std::unique_lock lock(mutex_);
  const auto [wait, is_first] = limits_.failed(holder.dataplane, identity, now);
  lock.unlock();
  if (is_first) {
    log_warning("certificates cannot be issued",
                {{"mesh", identity.mesh}, {"identity", identity.name}, {"reason", reason(why)}});
  }
  return {CertificateRefusal::kAuthority, reason(why), wait};
}

CertificateDesk::Outcome CertificateDesk::sign(const World& world, const CertificateHolder& holder,
                                               const ProxyIdentity& who, const CertificateRequest& request,
                                               SteadyTime now) {
  const ResourceKey key{"MeshIdentity", holder.dataplane.mesh, who.name};
  {
    const std::lock_guard lock(mutex_);
    const auto [verdict, wait] = limits_.try_authority(key, now);
    if (verdict != Verdict::kGo) return Refused{refusal_of(verdict), std::string(sentence_of(verdict)), wait};
  }
  const auto begin = std::chrono::steady_clock::now();
  const Result<std::shared_ptr<const Issuer>> issuer = issuers_.of(world, world.find(key), now);
  if (!issuer.ok()) return failed(holder, key, issuer.status(), now);
  // What is there is not what proxies were told, and perhaps are not told to believe: that follows in a moment.
  if ((*issuer)->hash() != who.issuer) {
    return Refused{CertificateRefusal::kChanging, "the authority of the MeshIdentity is being replaced", kSoon};
  }
  const std::chrono::sys_seconds utc = std::chrono::floor<std::chrono::seconds>(clock_());
  Result<IssuedCertificate> issued = (*issuer)->issue(request, std::chrono::seconds(who.lifetime_seconds), utc);
  if (!issued.ok()) return failed(holder, key, issued.status(), now);
  // Who the Dataplane is may have changed while this was signed.
  const WorldPtr newest = worlds_.current();
  const ResourcePtr dataplane = newest->find(holder.dataplane);
  if (dataplane == nullptr || !same_certificate(identity_of(*newest, *dataplane, now), who)) {
    return Refused{CertificateRefusal::kChanging, "who the Dataplane is has changed meanwhile", kSoon};
  }
  metrics_.signing.observe(std::chrono::steady_clock::now() - begin);
  {
    const std::lock_guard lock(mutex_);
    limits_.succeeded(holder.dataplane, key);
  }
  insights_.certified(holder.dataplane, who.source, utc, issued->not_after);
  v1::CertificateAnswer answer;
  for (std::string& der : issued->chain) answer.add_chain(std::move(der));
  answer.set_issuer(who.issuer);
  return answer;
}

}  // namespace weft::cp
