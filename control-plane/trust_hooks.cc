#include "control-plane/trust_hooks.h"

#include <algorithm>
#include <utility>

#include "base/document/json_writer.h"
#include "base/hash.h"
#include "base/text.h"
#include "control-plane/engine/draft.h"
#include "control-plane/generate/authority_succession.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/generate/mesh_guard.h"
#include "control-plane/identity/mesh_authority.h"
#include "control-plane/resource/special_forms.h"

namespace weft::cp {
namespace {

using std::chrono::sys_seconds;
using IdentityDraft = Draft<v1::MeshIdentity, v1::MeshIdentityStatus>;

std::string time_text(sys_seconds time) { return print_time(Time(time)); }
sys_seconds at(int64_t unix_seconds) { return sys_seconds(std::chrono::seconds(unix_seconds)); }

void write_list(JsonWriter& out, std::string_view key, const std::vector<std::string>& words) {
  out.key(key);
  out.begin_list();
  for (const std::string& word : words) out.string(word);
  out.end_list();
}

void write_certificate(JsonWriter& out, const v1::CertificateState& shown) {
  out.key("certificate");
  out.begin_object();
  out.member("spiffeId", shown.spiffe_id());
  out.member("serial", shown.serial());
  out.member("issuer", hex64(shown.issuer()));
  out.member("notBefore", time_text(at(shown.not_before())));
  out.member("notAfter", time_text(at(shown.not_after())));
  if (!shown.renewal_failure().empty()) out.member("renewalFailure", shown.renewal_failure());
  out.end_object();
}

std::string identities_document(const IdentityWatch& watch, const World& world, const std::string& mesh) {
  const std::vector<HeldIdentity> all = watch.held(world, mesh);
  JsonWriter out;
  out.begin_object();
  out.key("total");
  out.number(all.size());
  out.key("items");
  out.begin_list();
  for (const HeldIdentity& held : all) {
    out.begin_object();
    out.member("dataplane", held.name);
    out.member("connected", held.holder.has_value());
    out.member("spiffeId", held.wanted.spiffe_id);
    out.member("source", held.wanted.source);
    if (held.wanted.issuer != 0) out.member("issuer", hex64(held.wanted.issuer));
    if (held.holder.has_value()) {
      out.member("trustConfirmed", held.holder->trusts == held.holder->wanted_trusts);
      if (held.shown() != nullptr) write_certificate(out, *held.shown());
    }
    write_list(out, "problems", held.problems);
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return out.take();
}

// The spec of an identity that has an authority here; null: it has none.
const v1::MeshIdentity* bundled_spec(const Resource& identity) {
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentity>(identity.spec.get());
  return spec != nullptr && spec->provider().type() == "Bundled" ? spec : nullptr;
}

IdentityAuthorities authorities_of(const World& world, const Resource& identity, const v1::MeshIdentity& spec,
                                   sys_seconds now) {
  Result<MeshAuthority> wanted = wanted_authority(world, identity);
  if (wanted.ok()) {
    const bool self_signed = spec.provider().bundled().insecure_allow_self_signed();
    if (Status valid = check_mesh_authority(*wanted, self_signed, now); !valid.ok()) wanted = valid;
  }
  return {std::move(wanted), "", certificate_lifetime(spec)};
}

void write_authority(JsonWriter& out, std::string_view key, const Result<MeshAuthority>& authority) {
  if (!authority.ok()) return;
  out.key(key);
  out.begin_object();
  out.member("id", hex64(authority_hash(authority->certificate_pem)));
  out.member("notAfter", time_text(authority_end(authority->certificate_pem)));
  out.end_object();
}

void write_rotation(JsonWriter& out, const RotationState& state, const RotationFacts& facts) {
  const RotationStep step = next_step(state, facts);
  out.key("rotation");
  out.begin_object();
  out.member("phase", name_of(state.phase));
  out.member("started", time_text(state.started));
  out.member("phaseStarted", time_text(state.phase_started));
  if (state.old_certificates_end != sys_seconds())
    out.member("oldCertificatesEnd", time_text(state.old_certificates_end));
  out.member("forced", state.forced);
  std::vector<std::string> retiring;
  for (const uint64_t hash : state.retiring) retiring.push_back(hex64(hash));
  write_list(out, "retiring", retiring);
  if (step.action == RotationAction::kWait) out.member("waitingFor", step.why);
  write_list(out, "late", state.phase == RotationPhase::kRenewing ? facts.unrenewed : facts.unconfirmed);
  write_list(out, "absent", facts.absent);
  out.end_object();
}

void write_trust(JsonWriter& out, const IdentityWatch& watch, const World& world, const Resource& identity,
                 const v1::MeshIdentity& spec) {
  const auto* status = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentityStatus>(identity.status.get());
  const RotationState state = status == nullptr ? RotationState() : read_rotation(*status);
  const IdentityAuthorities authorities = authorities_of(world, identity, spec, watch.now());
  const Result<MeshAuthority> issuing = issuing_authority(world, identity);
  out.begin_object();
  out.member("identity", identity.key.name);
  out.member("autogenerate", spec.provider().bundled().autogenerate().enabled());
  write_authority(out, "issuing", issuing);
  std::vector<std::string> problems;
  if (!authorities.wanted.ok()) problems.push_back(reason(authorities.wanted.status()));
  if (!issuing.ok()) problems.push_back(reason(issuing.status()));
  if (issuing.ok() && authority_end(issuing->certificate_pem) - watch.now() < IdentityWatch::kWarnBefore) {
    problems.emplace_back(authority_end(issuing->certificate_pem) <= watch.now()
                              ? "the authority that signs has expired: `weftctl trust repair` makes a new one"
                              : "the authority that signs ends soon: `weftctl trust rotate` replaces it");
  }
  if (state.phase != RotationPhase::kNone) {
    write_authority(out, "next", authorities.wanted);
    write_rotation(out, state, rotation_facts(world, identity, state, authorities, watch.asker(), watch.now()));
  }
  write_list(out, "problems", problems);
  out.end_object();
}

std::string trust_document(const IdentityWatch& watch, const World& world, const std::string& mesh) {
  JsonWriter out;
  out.begin_object();
  out.key("items");
  out.begin_list();
  for (const auto& [name, identity] : *world.table("MeshIdentity", mesh)) {
    if (const v1::MeshIdentity* spec = bundled_spec(*identity); spec != nullptr)
      write_trust(out, watch, world, *identity, *spec);
  }
  out.end_list();
  // What proxies show that nobody here knows.
  std::vector<std::string> unknown;
  const std::set<uint64_t> believed = believed_authorities(world, mesh);
  for (const HeldIdentity& held : watch.held(world, mesh)) {
    if (held.shown() != nullptr && !believed.contains(held.shown()->issuer())) unknown.push_back(held.name);
  }
  write_list(out, "showUnknownAuthority", unknown);
  out.end_object();
  return out.take();
}

// The secrets that a supplied authority is read from, with the new one in them.
Result<std::vector<Write>> put_supplied(const TrustRequest& request, const Place& place, const World& world,
                                        const v1::MeshIdentity& spec, sys_seconds now) {
  const v1::MeshIdentity::Bundled& bundled = spec.provider().bundled();
  if (bundled.autogenerate().enabled()) return invalid("it makes its authorities itself; ask without a certificate");
  const MeshAuthority authority{request.certificate_pem, request.key_pem};
  if (Status valid = check_mesh_authority(authority, bundled.insecure_allow_self_signed(), now); !valid.ok())
    return valid;
  std::vector<Write> writes;
  for (const auto& [source, text] : {std::pair(&bundled.ca().certificate(), &authority.certificate_pem),
                                     std::pair(&bundled.ca().private_key(), &authority.key_pem)}) {
    if (source->type() != "Secret") {
      return invalid(cat("its authority comes from a source of type ", source->type(),
                         ": change it there, and the new one follows in the same order"));
    }
    const ResourceKey key{"Secret", request.mesh, source->secret_ref().name()};
    const ResourcePtr stored = world.find(key);
    if (stored == nullptr) return not_found(cat("mesh \"", request.mesh, "\" has no Secret \"", key.name, "\""));
    writes.push_back(authority_secret_write(place, key, *text, stored));
  }
  return writes;
}

// Nullopt: nothing has to be written.
Result<std::vector<Write>> request_writes(const TrustRequest& request, const Place& place, const World& world,
                                          const ResourcePtr& identity, sys_seconds now) {
  const v1::MeshIdentity& spec = *bundled_spec(*identity);
  std::vector<Write> writes;
  IdentityDraft draft = IdentityDraft::of(identity);
  RotationState state = read_rotation(draft.status);
  if (!request.certificate_pem.empty()) {
    Result<std::vector<Write>> supplied = put_supplied(request, place, world, spec, now);
    if (!supplied.ok()) return supplied;
    writes = *std::move(supplied);
  } else if (state.phase == RotationPhase::kNone && !spec.provider().bundled().autogenerate().enabled()) {
    return invalid("its authority is supplied: give the next one with --ca-cert and --ca-key, or change its source");
  }
  if (state.phase == RotationPhase::kNone) {
    state.phase = RotationPhase::kRequested;
    state.started = state.phase_started = now;
  }
  state.retires = true;
  // Once the new authority signs there is nothing more to hurry: dropping the old one cuts off whoever is late.
  state.forced = state.forced || request.force || (request.repair && state.phase != RotationPhase::kRenewing);
  write_rotation(state, draft.status);
  if (std::optional<Write> write = std::move(draft).write()) writes.push_back(*std::move(write));
  return writes;
}

}  // namespace

Status change_trust(const TrustRequest& request, const Place& place, Store& store, const World& world,
                    sys_seconds now) {
  std::vector<ResourcePtr> chosen;
  for (const auto& [name, identity] : *world.table("MeshIdentity", request.mesh)) {
    if (bundled_spec(*identity) == nullptr) continue;
    if (request.identity.empty() || request.identity == name || request.identity == identity->display_name())
      chosen.push_back(identity);
  }
  if (chosen.empty()) {
    return not_found(request.identity.empty()
                         ? cat("mesh \"", request.mesh, "\" has no MeshIdentity with an authority of its own")
                         : cat("mesh \"", request.mesh, "\" has no MeshIdentity \"", request.identity,
                               "\" with an authority of its own"));
  }
  if (!request.certificate_pem.empty() && chosen.size() > 1)
    return invalid("say which MeshIdentity the certificate is for");
  for (const ResourcePtr& identity : chosen) {
    Result<std::vector<Write>> writes = request_writes(request, place, world, identity, now);
    if (!writes.ok()) return annotate(writes.status(), cat("MeshIdentity \"", identity->key.name, "\""));
    if (writes->empty()) continue;
    if (Status written = store.write(guarded(*std::move(writes))).status(); !written.ok()) return written;
  }
  return ok();
}

void add_trust_hooks(ApiHooks& hooks, const IdentityWatch& watch, const Place& place, Store& store,
                     const WorldPublisher& worlds) {
  hooks.identities = [&watch](const World& world, const std::string& mesh) {
    return identities_document(watch, world, mesh);
  };
  hooks.trust = [&watch](const World& world, const std::string& mesh) { return trust_document(watch, world, mesh); };
  hooks.change_trust = [&watch, &store, &worlds, place](const TrustRequest& request) {
    // The chore writes the same status while it works.
    constexpr int kAttempts = 5;
    Status done = ok();
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      done = change_trust(request, place, store, *worlds.current(), watch.now());
      if (!is_conflict(done)) break;
    }
    return done;
  };
}

}  // namespace weft::cp
