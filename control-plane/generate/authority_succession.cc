#include "control-plane/generate/authority_succession.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/labels.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

using std::chrono::sys_seconds;

bool makes_its_own(const Resource& identity) {
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentity>(identity.spec.get());
  return spec != nullptr && spec->provider().bundled().autogenerate().enabled();
}

// What is to be done in one step, besides the status.
class Step {
 public:
  Step(const Succession& succession, std::vector<Write>& writes)
      : succession_(succession),
        writes_(writes),
        trust_(succession.world, succession.place, succession.identity, succession.authorities.domain) {}

  ~Step() {
    if (!succession_.publishes) return;
    if (std::optional<Write> write = std::move(trust_).write()) writes_.push_back(*std::move(write));
  }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  PublishedTrust& trust() { return trust_; }

  void put(std::string_view suffix, const std::string& text) {
    ResourceKey key = authority_secret(succession_.identity, suffix);
    const ResourcePtr stored = succession_.world.find(key);
    writes_.push_back(authority_secret_write(succession_.place, std::move(key), text, stored));
  }
  void remove(std::string_view suffix) {
    const ResourcePtr stored = succession_.world.find(authority_secret(succession_.identity, suffix));
    if (stored != nullptr) writes_.push_back({Write::Kind::kDelete, stored->key, nullptr, stored->revision});
  }
  // The one that signs keeps its place whatever is asked for next.
  void keep_issuing(const MeshAuthority& authority) {
    if (std::exchange(kept_, true) || holds_kept(authority)) return;
    put(kIssuingAuthoritySuffix, authority.certificate_pem);
    put(kIssuingKeySuffix, authority.key_pem);
  }
  void forget_issuing() {
    remove(kIssuingAuthoritySuffix);
    remove(kIssuingKeySuffix);
  }

 private:
  bool holds_kept(const MeshAuthority& authority) const {
    const ResourcePtr kept = succession_.world.find(authority_secret(succession_.identity, kIssuingAuthoritySuffix));
    if (kept == nullptr) return false;
    const auto* secret = google::protobuf::DynamicCastToGenerated<const v1::Secret>(kept->spec.get());
    return secret != nullptr && authority_hash(secret->data()) == authority_hash(authority.certificate_pem);
  }

  const Succession& succession_;
  std::vector<Write>& writes_;
  PublishedTrust trust_;
  bool kept_ = false;
};

}  // namespace

Write authority_secret_write(const Place& place, ResourceKey key, const std::string& text, const ResourcePtr& stored) {
  auto secret = std::make_shared<v1::Secret>();
  secret->set_data(text);
  auto resource = std::make_shared<Resource>();
  resource->labels = stored != nullptr
                         ? stored->labels
                         : computed_labels(*find_kind("Secret"), key, {{std::string(kManagedByLabel), "meshidentity"}},
                                           place, secret.get());
  resource->key = key;
  resource->spec = std::move(secret);
  return {Write::Kind::kPut, std::move(key), std::move(resource), stored == nullptr ? 0 : stored->revision};
}

RotationFacts rotation_facts(const World& world, const Resource& identity, const RotationState& state,
                             const IdentityAuthorities& authorities, const AskProxies& ask, sys_seconds now) {
  RotationFacts facts{.makes_its_own = makes_its_own(identity), .now = now};
  if (authorities.wanted.ok()) {
    facts.wanted = authority_hash(authorities.wanted->certificate_pem);
    facts.wanted_is_believed = is_believed(world, identity.key.mesh, authorities.wanted->certificate_pem);
  }
  const Result<MeshAuthority> issuing = issuing_authority(world, identity);
  if (issuing.ok()) {
    facts.issuing = authority_hash(issuing->certificate_pem);
    facts.issuing_expired = authority_end(issuing->certificate_pem) <= now;
  }
  if (state.phase != RotationPhase::kTrusting && state.phase != RotationPhase::kRenewing) return facts;
  for (const ProxyTrust& proxy : ask(world, identity, trust_revision(world, identity.key.mesh))) {
    if (state.phase == RotationPhase::kRenewing && !proxy.by_this_identity) continue;
    if (!proxy.is_connected) {
      facts.absent.push_back(proxy.name);
      continue;
    }
    if (!proxy.has_confirmed) facts.unconfirmed.push_back(proxy.name);
    if (proxy.by_this_identity && proxy.shown_issuer != facts.issuing) facts.unrenewed.push_back(proxy.name);
  }
  return facts;
}

Status Succession::advance(const AskProxies& ask, sys_seconds now, v1::MeshIdentityStatus& status,
                           std::vector<Write>& writes) const {
  const RotationState state = read_rotation(status);
  RotationFacts facts = rotation_facts(world, identity, state, authorities, ask, now);
  Step step(*this, writes);
  if (facts.issuing == 0) {
    // The first one, or the one before is gone without a trace: nothing can be waited for.
    if (!authorities.wanted.ok()) return ok();
    if (!status.issuer().empty()) {
      log_warning("the authority that signed certificates is gone; another signs, and is believed, at once",
                  {{"mesh", identity.key.mesh}, {"identity", identity.key.name}});
    }
    facts.issuing = facts.wanted;
    step.trust().add(authorities.wanted->certificate_pem);
    status.set_issuer(hex64(facts.wanted));
    status.clear_rotation();
    if (!facts.makes_its_own) step.keep_issuing(*authorities.wanted);
    return ok();
  }
  const MeshAuthority issuing = issuing_authority(world, identity).value();
  if (!facts.makes_its_own) step.keep_issuing(issuing);
  step.trust().add(issuing.certificate_pem);
  const RotationStep next = next_step(state, facts);
  switch (next.action) {
    case RotationAction::kMake: {
      Result<MeshAuthority> made = make_mesh_authority(authorities.domain, now);
      if (!made.ok()) return made.status();
      facts.wanted = authority_hash(made->certificate_pem);
      step.keep_issuing(issuing);
      step.put(kAuthoritySuffix, made->certificate_pem);
      step.put(kKeySuffix, made->key_pem);
      step.trust().add(made->certificate_pem);
      break;
    }
    case RotationAction::kTrust:
      step.keep_issuing(issuing);
      step.trust().add(authorities.wanted->certificate_pem);
      break;
    case RotationAction::kSwitch:
      status.set_issuer(hex64(facts.wanted));
      if (facts.makes_its_own) {
        step.forget_issuing();
      } else {
        step.put(kIssuingAuthoritySuffix, authorities.wanted->certificate_pem);
        step.put(kIssuingKeySuffix, authorities.wanted->key_pem);
      }
      break;
    case RotationAction::kFinish:
      for (const uint64_t hash : state.retiring) step.trust().drop(hash);
      break;
    case RotationAction::kAbandon:
      if (facts.makes_its_own) step.forget_issuing();
      break;
    case RotationAction::kSettle: break;
    case RotationAction::kNothing:
    case RotationAction::kWait: return ok();
  }
  const RotationState then = after(state, facts, next.action, authorities.lifetime);
  write_rotation(then, status);
  if (then.phase != state.phase || then.next != state.next) {
    log_info("rotation of an authority", {{"mesh", identity.key.mesh},
                                          {"identity", identity.key.name},
                                          {"from", state.phase == RotationPhase::kNone ? "-" : name_of(state.phase)},
                                          {"to", then.phase == RotationPhase::kNone ? "done" : name_of(then.phase)},
                                          {"why", next.why}});
  }
  return ok();
}

}  // namespace weft::cp
