#include "control-plane/generate/identity_chore.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "control-plane/engine/draft.h"
#include "control-plane/engine/identity_index.h"
#include "control-plane/engine/workload_identity.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/generate/mesh_guard.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/labels.h"
#include "policies/policy_resource.h"

namespace weft::cp {
namespace {

using IdentityDraft = Draft<v1::MeshIdentity, v1::MeshIdentityStatus>;

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
    if (owner.empty()) continue;
    const auto identities = world.table("MeshIdentity", secret->key.mesh);
    const bool owned = std::any_of(identities->begin(), identities->end(),
                                   [&](const auto& entry) { return entry.second->display_name() == owner; });
    if (!owned) transactions.push_back({{Write::Kind::kDelete, secret->key, nullptr, secret->revision}});
  }
  return transactions;
}

}  // namespace

// One identity, from what is stored to what should be.
class IdentityChore::Reconciliation {
 public:
  Reconciliation(const World& world, const Place& place, const ResourcePtr& identity, Time now, const AskProxies& ask)
      : world_(world),
        place_(place),
        ask_(ask),
        draft_(IdentityDraft::of(identity)),
        now_(std::chrono::floor<std::chrono::seconds>(now)) {}

  // What to write, all or nothing; nothing when all is as it should be.
  std::vector<Write> make() {
    draft_.status.clear_conditions();
    if (draft_.spec.provider().type() != "Bundled") {
      draft_.status.clear_issuer();
      draft_.status.clear_rotation();
    }
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
  // It waits for proxies.
  bool rotates() const { return rotates_; }

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
    Status valid = ok();
    if (authority.ok()) {
      const auto seconds = std::chrono::floor<std::chrono::seconds>(now_);
      valid = check_mesh_authority(*authority, bundled.insecure_allow_self_signed(), seconds);
      if (!valid.ok()) writes_.clear();
    }
    const Status advanced = advance(valid.ok() ? authority : Result<MeshAuthority>(valid), domain);
    if (!authority.ok() || !advanced.ok()) {
      add("Provider", false, "ProviderInitializationError", reason(authority.ok() ? advanced : authority.status()));
      return false;
    }
    if (!valid.ok()) {
      add("Provider", false, "ProviderValidationError", reason(valid));
      return false;
    }
    add("Provider", true, "ProviderInitialized", "the authority is ready");
    if (bundled.mesh_trust_creation() == "Disabled") return true;
    add("MeshTrustCreated", true, "MeshTrustCreated", "the authority is trusted in the mesh");
    return true;
  }

  // Who signs, and who is believed. An authority that cannot be used leaves the one before in its place.
  Status advance(Result<MeshAuthority> usable, const std::string& domain) {
    const IdentityAuthorities authorities{std::move(usable), domain, certificate_lifetime(draft_.spec)};
    const bool publishes = draft_.spec.provider().bundled().mesh_trust_creation() != "Disabled";
    const Succession succession{world_, place_, *draft_.stored, authorities, publishes};
    const Status advanced = succession.advance(ask_, now_, draft_.status, writes_);
    rotates_ = draft_.status.has_rotation();
    return advanced;
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
    writes_.push_back(authority_secret_write(place_, authority_secret(*draft_.stored, suffix), text, nullptr));
  }

  const World& world_;
  const Place& place_;
  const AskProxies& ask_;
  IdentityDraft draft_;
  const std::chrono::sys_seconds now_;
  std::vector<Write> writes_;
  bool works_ = true;
  bool rotates_ = false;
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
  bool look_again = false, waits = false;
  std::vector<std::vector<Write>> transactions = orphaned_secrets(*world);
  for (const ResourcePtr& identity : world->list("MeshIdentity")) {
    Reconciliation reconciliation(*world, place_, identity, clock_(), ask_);
    std::vector<Write> writes = reconciliation.make();
    look_again = look_again || !reconciliation.works() || reconciliation.rests_on_the_machine();
    waits = waits || reconciliation.rotates();
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
  if (at_rest && !look_again && !waits) seen_ = std::move(tables);
  if (waits) return now + kAskAgainAfter;
  if (!look_again) return std::nullopt;
  return now + kLookAgainAfter;
}

}  // namespace weft::cp
