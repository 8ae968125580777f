#include "control-plane/generate/identity_chore.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/engine/draft.h"
#include "control-plane/engine/workload_identity.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/generate/mesh_guard.h"
#include "control-plane/generate/secret_text.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/pem.h"
#include "policies/policy_resource.h"
#include "weft/v1/mesh_trust.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

using IdentityDraft = Draft<v1::MeshIdentity, v1::MeshIdentityStatus>;
using TrustDraft = Draft<v1::MeshTrust, v1::MeshTrustStatus>;

void add_condition(v1::MeshIdentityStatus& status, std::string_view type, bool holds, std::string_view reason,
                   std::string_view message) {
  v1::Condition& condition = *status.add_conditions();
  condition.set_type(std::string(type));
  condition.set_status(holds ? "True" : "False");
  condition.set_reason(std::string(reason));
  condition.set_message(std::string(message));
}

// An authority that was made for an identity goes with it.
constexpr std::string_view kOwnName = "meshidentity";

std::vector<std::vector<Write>> orphaned_secrets(const World& world) {
  std::vector<std::vector<Write>> transactions;
  for (const ResourcePtr& secret : world.list("Secret")) {
    if (label_value(secret->labels, kManagedByLabel) != kOwnName) continue;
    const std::string_view owner = owner_of_authority_secret(secret->key.name);
    const auto identities = world.table("MeshIdentity", secret->key.mesh);
    const bool owned = std::any_of(identities->begin(), identities->end(),
                                   [&](const auto& entry) { return entry.second->display_name() == owner; });
    if (!owned) transactions.push_back({{Write::Kind::kDelete, secret->key, nullptr, secret->revision}});
  }
  return transactions;
}

Write create_secret(const Place& place, ResourceKey key, const std::string& text) {
  auto secret = std::make_shared<v1::Secret>();
  secret->set_data(text);
  auto resource = std::make_shared<Resource>();
  resource->labels = computed_labels(*find_kind("Secret"), key, {{std::string(kManagedByLabel), std::string(kOwnName)}},
                                     place, secret.get());
  resource->key = key;
  resource->spec = std::move(secret);
  return {Write::Kind::kPut, std::move(key), std::move(resource), 0};
}

}  // namespace

// One identity, from what is stored to what should be.
class IdentityChore::Reconciliation {
 public:
  Reconciliation(const World& world, const Place& place, const ResourcePtr& identity, Time now)
      : world_(world),
        place_(place),
        draft_(IdentityDraft::of(identity)),
        now_(std::chrono::floor<std::chrono::seconds>(now)) {}

  // What to write, all or nothing; nothing when all is as it should be.
  std::vector<Write> make() {
    draft_.status.clear_conditions();
    if (draft_.spec.provider().type() != "Bundled") draft_.status.clear_issuer();
    if (!draft_.spec.has_provider()) {
      add("SpiffeIDProvider", true, "SpiffeIDProvided", "SPIFFE IDs are made known, certificates are not issued");
      add("Ready", false, "PartiallyReady", "there is no provider of certificates");
    } else {
      works_ = provide();
      add("Ready", works_, works_ ? "Ready" : "Failure",
          works_ ? "Successfully initialized" : "One of initialization steps failed");
    }
    if (std::optional<Write> write = std::move(draft_).write()) writes_.push_back(*std::move(write));
    return std::move(writes_);
  }

  bool works() const { return works_; }
  // Its authority is kept outside of the store.
  bool rests_on_the_machine() const {
    const v1::MeshIdentity::Bundled::Ca& ca = draft_.spec.provider().bundled().ca();
    const auto outside = [](const v1::SecretSource& source) {
      return source.type() == "File" || source.type() == "EnvVar";
    };
    return outside(ca.certificate()) || outside(ca.private_key());
  }

 private:
  void add(std::string_view type, bool holds, std::string_view reason, std::string_view message) {
    add_condition(draft_.status, type, holds, reason, message);
  }

  bool provide() {
    const v1::MeshIdentity::Provider& provider = draft_.spec.provider();
    if (provider.type() == "Extension") {
      add("Provider", false, "ProviderNotFoundError",
          cat("there is no extension \"", provider.extension().name(), "\" here"));
      return false;
    }
    const Result<std::string> domain = trust_domain_of(draft_.spec, *draft_.stored, place_.zone);
    if (!domain.ok()) {
      add("Provider", false, "ProviderInitializationError", reason(domain.status()));
      return false;
    }
    if (provider.type() == "Spire") {
      add("Provider", true, "ProviderInitialized", "certificates come from SPIRE");
      return true;
    }
    return provide_bundled(provider.bundled(), *domain);
  }

  bool provide_bundled(const v1::MeshIdentity::Bundled& bundled, const std::string& domain) {
    const Result<MeshAuthority> authority = wanted(bundled, domain);
    if (!authority.ok()) {
      add("Provider", false, "ProviderInitializationError", reason(authority.status()));
      return false;
    }
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now_);
    if (Status valid = check_mesh_authority(*authority, bundled.insecure_allow_self_signed(), seconds); !valid.ok()) {
      add("Provider", false, "ProviderValidationError", reason(valid));
      writes_.clear();
      return false;
    }
    add("Provider", true, "ProviderInitialized", "the authority is ready");
    const Result<MeshAuthority> signs = issuing_authority(world_, *draft_.stored);
    const std::vector<std::string> chain =
        pem_certificates(signs.ok() ? signs->certificate_pem : authority->certificate_pem);  // one that was just made
    if (!chain.empty()) draft_.status.set_issuer(hex64(content_hash(chain.front())));
    if (bundled.mesh_trust_creation() == "Disabled") return true;
    publish(authority->certificate_pem, domain);
    add("MeshTrustCreated", true, "MeshTrustCreated", "the authority is trusted in the mesh");
    return true;
  }

  // The one that is asked for; one of our own is made when there is none.
  Result<MeshAuthority> wanted(const v1::MeshIdentity::Bundled& bundled, const std::string& domain) {
    Result<MeshAuthority> there = wanted_authority(world_, *draft_.stored);
    if (!bundled.autogenerate().enabled() || !is_not_found(there.status())) return there;
    if (!bundled.insecure_allow_self_signed()) return invalid("self-signed certificates are not allowed");
    Result<MeshAuthority> made = make_mesh_authority(domain, now_);
    if (!made.ok()) return made;
    keep(kAuthoritySuffix, made->certificate_pem);
    keep(kKeySuffix, made->key_pem);
    return made;
  }

  void keep(std::string_view suffix, const std::string& text) {
    writes_.push_back(create_secret(place_, authority_secret(*draft_.stored, suffix), text));
  }

  // A trust that is there keeps its domain and its other authorities: proxies may still show certificates of theirs.
  void publish(const std::string& certificate, const std::string& domain) {
    const ResourceKey key{"MeshTrust", draft_.key.mesh, draft_.key.name};
    const ResourcePtr stored = world_.find(key);
    TrustDraft trust = stored == nullptr ? TrustDraft{} : TrustDraft::of(stored);
    if (stored == nullptr) {
      trust.key = key;
      trust.spec.set_trust_domain(domain);
      trust.labels = computed_labels(*find_kind("MeshTrust"), key, {}, place_, &trust.spec);
      trust.status.mutable_origin()->set_kri(kri(*draft_.stored));
    }
    for (const v1::MeshTrust::CaBundle& bundle : trust.spec.ca_bundles()) {
      if (holds_certificate(bundle.pem().value(), certificate)) return;
    }
    v1::MeshTrust::CaBundle& bundle = *trust.spec.add_ca_bundles();
    bundle.set_type("Pem");
    bundle.mutable_pem()->set_value(certificate);
    if (std::optional<Write> write = std::move(trust).write()) writes_.push_back(*std::move(write));
  }

  const World& world_;
  const Place& place_;
  IdentityDraft draft_;
  const std::chrono::sys_seconds now_;
  std::vector<Write> writes_;
  bool works_ = true;
};

std::optional<Chores::SteadyTime> IdentityChore::run(Chores::SteadyTime now) {
  const WorldPtr world = worlds_.current();
  Tables tables;
  for (const std::string& mesh : world->meshes()) {
    for (const std::string_view type : {"MeshIdentity", "MeshTrust", "Secret"}) {
      tables.push_back(world->table(type, mesh));
    }
  }
  if (tables == seen_) return std::nullopt;
  bool look_again = false;
  std::vector<std::vector<Write>> transactions = orphaned_secrets(*world);
  for (const ResourcePtr& identity : world->list("MeshIdentity")) {
    Reconciliation reconciliation(*world, place_, identity, clock_());
    std::vector<Write> writes = reconciliation.make();
    look_again = look_again || !reconciliation.works() || reconciliation.rests_on_the_machine();
    if (!writes.empty()) transactions.push_back(std::move(writes));
  }
  const bool at_rest = transactions.empty();
  for (std::vector<Write>& writes : transactions) {
    const Status written = store_.write(guarded(std::move(writes))).status();
    if (written.ok() || is_conflict(written) || is_not_found(written)) continue;
    log_warning("cannot store what a MeshIdentity needs", {{"reason", reason(written)}});
    return now + kRetryAfter;
  }
  // What cannot work may depend on more than the World.
  if (at_rest && !look_again) seen_ = std::move(tables);
  if (!look_again) return std::nullopt;
  return now + kLookAgainAfter;
}

}  // namespace weft::cp
