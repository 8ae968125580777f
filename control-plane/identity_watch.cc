#include "control-plane/identity_watch.h"

#include <algorithm>
#include <future>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/pem.h"
#include "policies/policy_resource.h"
#include "weft/v1/mesh_trust.pb.h"

namespace weft::cp {
namespace {

using std::chrono::sys_seconds;

constexpr std::chrono::seconds kPatience{5};
// The same warning again.
constexpr std::chrono::hours kWarnAgainAfter{24};

sys_seconds at(int64_t unix_seconds) { return sys_seconds(std::chrono::seconds(unix_seconds)); }

void find_problems(HeldIdentity& held, const std::set<uint64_t>& believed, sys_seconds now) {
  std::vector<std::string>& out = held.problems;
  if (!held.wanted.missing.empty()) out.push_back(held.wanted.missing);
  if (!held.holder.has_value()) return;
  const IdentityHolder& holder = *held.holder;
  if (holder.trusts != holder.wanted_trusts) out.emplace_back("has not confirmed whom to believe");
  if (held.wanted.spiffe_id.empty()) return;
  if (holder.certificate.has_value() && !holder.certificate->renewal_failure().empty())
    out.push_back(cat("gets no certificate: ", holder.certificate->renewal_failure()));
  if (held.shown() == nullptr) {
    out.emplace_back("has no certificate yet");
    return;
  }
  const v1::CertificateState& shown = *held.shown();
  if (!believed.contains(shown.issuer())) {
    out.emplace_back("shows a certificate of an authority that this store does not know");
  } else if (shown.issuer() != held.wanted.issuer) {
    out.emplace_back("shows a certificate of another authority than the one that signs now");
  }
  if (shown.spiffe_id() != held.wanted.spiffe_id) out.push_back(cat("is to be ", held.wanted.spiffe_id));
  const auto lifetime = static_cast<double>(shown.not_after() - shown.not_before());
  if (at(shown.not_after()) <= now) {
    out.emplace_back("its certificate has run out");
  } else if (static_cast<double>((at(shown.not_after()) - now).count()) < IdentityWatch::kLateShare * lifetime) {
    out.emplace_back("is late with its renewal");
  }
}

}  // namespace

std::set<uint64_t> believed_authorities(const World& world, const std::string& mesh) {
  std::set<uint64_t> all;
  for (const auto& [name, resource] : *world.table("MeshTrust", mesh)) {
    const auto* trust = google::protobuf::DynamicCastToGenerated<const v1::MeshTrust>(resource->spec.get());
    if (trust == nullptr) continue;
    for (const v1::MeshTrust::CaBundle& bundle : trust->ca_bundles()) {
      for (const std::string& der : pem_certificates(bundle.pem().value())) all.insert(content_hash(der));
    }
  }
  return all;
}

std::vector<IdentityHolder> IdentityWatch::holders(const std::string& mesh) const {
  auto promise = std::make_shared<std::promise<std::vector<IdentityHolder>>>();
  std::future<std::vector<IdentityHolder>> answer = promise->get_future();
  delivery_.post([promise, mesh](Delivery& delivery, SteadyTime) { promise->set_value(delivery.holders(mesh)); });
  if (answer.wait_for(kPatience) != std::future_status::ready) return {};
  return answer.get();
}

std::vector<HeldIdentity> IdentityWatch::held(const World& world, const std::string& mesh) const {
  const auto identities = world.table("MeshIdentity", mesh);
  std::vector<HeldIdentity> all;
  if (identities->empty()) return all;
  const std::set<uint64_t> believed = believed_authorities(world, mesh);
  std::map<std::string, IdentityHolder> connected;
  for (IdentityHolder& holder : holders(mesh)) connected.emplace(holder.dataplane.name, std::move(holder));
  IdentityIndex index;
  index.follow(identities);
  for (const auto& [name, dataplane] : *world.table("Dataplane", mesh)) {
    HeldIdentity one{.name = name, .wanted = index.identity_of(dataplane->labels), .holder = {}, .problems = {}};
    if (!one.wanted.is_selected) continue;
    if (const auto found = connected.find(name); found != connected.end()) one.holder = std::move(found->second);
    find_problems(one, believed, now());
    all.push_back(std::move(one));
  }
  return all;
}

std::set<std::string> IdentityWatch::without_certificate(const World& world, const std::string& mesh) const {
  std::set<std::string> names;
  for (const HeldIdentity& held : this->held(world, mesh)) {
    if (held.holder.has_value() && held.shown() == nullptr) names.insert(held.name);
  }
  return names;
}

std::vector<ProxyTrust> IdentityWatch::proxies(const World& world, const Resource& identity, uint64_t revision) const {
  const std::string source = kri(identity);
  std::vector<ProxyTrust> all;
  for (const HeldIdentity& held : this->held(world, identity.key.mesh)) {
    if (held.wanted.spiffe_id.empty()) continue;
    ProxyTrust proxy{
        .name = held.name, .by_this_identity = held.wanted.source == source, .is_connected = held.holder.has_value()};
    if (proxy.is_connected) proxy.has_confirmed = held.holder->believes(revision);
    if (const v1::CertificateState* shown = held.shown(); shown != nullptr) {
      proxy.shown_issuer = shown->issuer();
      proxy.shown_until = at(shown->not_after());
    }
    all.push_back(std::move(proxy));
  }
  return all;
}

void IdentityWatch::warn_once(const std::string& what, const std::function<void()>& log) {
  const auto found = warned_.find(what);
  if (found != warned_.end() && now() - found->second < kWarnAgainAfter) return;
  warned_[what] = now();
  log();
}

IdentityWatch::MeshCount IdentityWatch::look_at(const std::string& mesh, const std::vector<HeldIdentity>& all) {
  const std::set<uint64_t> believed = believed_authorities(*worlds_.current(), mesh);
  MeshCount count;
  for (const HeldIdentity& held : all) {
    if (!held.holder.has_value() || held.wanted.spiffe_id.empty()) continue;
    const v1::CertificateState* shown = held.shown();
    if (shown == nullptr) {
      ++count.missing;
      continue;
    }
    ++count.certificates;
    const sys_seconds end = at(shown->not_after());
    if (count.earliest_end == sys_seconds() || end < count.earliest_end) count.earliest_end = end;
    if (believed.contains(shown->issuer())) continue;
    ++count.unknown_issuers;
    warn_once(cat("issuer ", mesh, ' ', shown->issuer()), [&] {
      log_warning(
          "a proxy shows a certificate of an authority that this store does not know: was the store restored from a "
          "backup that is older than a rotation? Proxies get certificates of the authority that is known here; when "
          "that has expired, 'weftctl trust repair' makes a new one",
          {{"mesh", mesh}, {"proxy", held.name}, {"issuer", hex64(shown->issuer())}});
    });
  }
  return count;
}

std::optional<Chores::SteadyTime> IdentityWatch::run(Chores::SteadyTime steady_now) {
  const WorldPtr world = worlds_.current();
  std::map<std::string, MeshCount> meshes;
  std::vector<AuthorityCount> authorities;
  for (const ResourcePtr& identity : world->list("MeshIdentity")) {
    const std::string& mesh = identity->key.mesh;
    if (!meshes.contains(mesh)) meshes.emplace(mesh, look_at(mesh, held(*world, mesh)));
    const Result<MeshAuthority> authority = issuing_authority(*world, *identity);
    if (!authority.ok()) continue;
    const auto* status = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentityStatus>(identity->status.get());
    const AuthorityCount count{mesh, identity->key.name, authority_end(authority->certificate_pem),
                               status != nullptr && status->has_rotation()};
    if (count.end - now() < kWarnBefore) {
      warn_once(cat("end ", mesh, ' ', count.identity), [&] {
        log_warning(
            count.end <= now() ? "an authority has expired: nobody believes the certificates it signed; "
                                 "'weftctl trust repair' makes a new one"
                               : "an authority ends soon; 'weftctl trust rotate' replaces it",
            {{"mesh", mesh}, {"identity", count.identity}, {"not_after", count.end.time_since_epoch().count()}});
      });
    }
    authorities.push_back(count);
  }
  const bool idle = meshes.empty();
  uint64_t proxies = 0;
  for (const auto& [mesh, count] : meshes) proxies += count.certificates + count.missing;
  const std::lock_guard lock(mutex_);
  meshes_ = std::move(meshes);
  authorities_ = std::move(authorities);
  if (idle) return std::nullopt;
  // Asking costs by the proxy.
  return steady_now + kLookEvery + std::chrono::seconds(proxies / 200);
}

std::string IdentityWatch::print() const {
  std::string out;
  const auto head = [&](std::string_view name, std::string_view help) {
    append(out, "# HELP ", name, ' ', help, "\n# TYPE ", name, " gauge\n");
  };
  const std::lock_guard lock(mutex_);
  const auto per_mesh = [&](std::string_view name, std::string_view help, auto value) {
    head(name, help);
    for (const auto& [mesh, count] : meshes_) append(out, name, "{mesh=\"", mesh, "\"} ", value(count), '\n');
  };
  const auto per_authority = [&](std::string_view name, std::string_view help, auto value) {
    head(name, help);
    for (const AuthorityCount& count : authorities_) {
      append(out, name, "{mesh=\"", count.mesh, "\",identity=\"", count.identity, "\"} ", value(count), '\n');
    }
  };
  per_authority("weft_cp_authority_expiry_timestamp_seconds", "When the authority that signs for a MeshIdentity ends.",
                [](const AuthorityCount& count) { return count.end.time_since_epoch().count(); });
  per_authority("weft_cp_authority_rotating", "1 while another authority takes the place of the one that signed.",
                [](const AuthorityCount& count) { return int{count.rotates}; });
  per_mesh("weft_cp_certificates_held", "Connected proxies that show a certificate.",
           [](const MeshCount& count) { return count.certificates; });
  per_mesh("weft_cp_certificates_missing", "Connected proxies that should show a certificate and show none.",
           [](const MeshCount& count) { return count.missing; });
  per_mesh("weft_cp_certificates_of_unknown_issuers",
           "Connected proxies whose certificate is of an authority that no MeshTrust holds.",
           [](const MeshCount& count) { return count.unknown_issuers; });
  per_mesh("weft_cp_earliest_certificate_expiry_timestamp_seconds",
           "When the first certificate of a connected proxy ends; 0: there is none.",
           [](const MeshCount& count) { return count.earliest_end.time_since_epoch().count(); });
  return out;
}

}  // namespace weft::cp
