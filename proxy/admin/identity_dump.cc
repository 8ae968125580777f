#include "proxy/admin/identity_dump.h"

#include <ctime>

#include "base/hash.h"
#include "proxy/tls/certificate_facts.h"

namespace weft::proxy {
namespace {

std::string date_of(int64_t seconds) {
  const time_t time = seconds;
  tm parts{};
  char text[40];
  if (gmtime_r(&time, &parts) == nullptr) return cat(seconds);
  return {text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void write_validity(JsonWriter& out, int64_t not_before, int64_t not_after) {
  out.member("notBefore", date_of(not_before));
  out.member("notAfter", date_of(not_after));
}

std::string_view state_word(IdentityState state) {
  switch (state) {
    case IdentityState::kNone: return "none";
    case IdentityState::kAwaited: return "awaited, plaintext until then";
    case IdentityState::kMissing: return "waiting for a certificate, inbound closed";
    case IdentityState::kInUse: return "in use";
  }
  return "";
}

void write_certificate(JsonWriter& out, const WorkloadCertificate& certificate) {
  out.begin_object();
  out.member("spiffeId", certificate.spiffe_id);
  out.member("serial", certificate.serial);
  if (const auto facts = read_certificate(certificate.chain.front()); facts.ok())
    out.member("fingerprint", facts->fingerprint);
  out.member("issuer", hex64(certificate.issuer));
  write_validity(out, certificate.not_before, certificate.not_after);
  out.end_object();
}

void write_bundle(JsonWriter& out, const TrustBundle& bundle) {
  out.begin_object();
  out.member("trustDomain", bundle.trust_domain);
  out.key("authorities");
  out.begin_list();
  for (const std::string& der : bundle.authorities) {
    const auto facts = read_certificate(der);
    if (!facts.ok()) continue;
    out.begin_object();
    out.member("serial", facts->serial);
    out.member("fingerprint", facts->fingerprint);
    write_validity(out, facts->not_before, facts->not_after);
    out.end_object();
  }
  out.end_list();
  out.end_object();
}

}  // namespace

void write_identity(JsonWriter& out, const Configuration& configuration) {
  out.key("identity");
  out.begin_object();
  out.member("state", state_word(configuration.identity));
  if (const DecodedIdentity* identity = identity_of(configuration)) {
    out.member("spiffeId", identity->spiffe_id);
    out.member("source", identity->source);
    out.member("issuer", hex64(identity->issuer));
    out.key("lifetimeSeconds");
    out.number(identity->lifetime_seconds);
  }
  if (configuration.tls.certificate != nullptr) {
    out.key("certificate");
    write_certificate(out, *configuration.tls.certificate);
  }
  out.end_object();
  out.key("trustDomains");
  out.begin_list();
  for (const auto& [key, unit] : configuration.accepted) {
    if (key.type == v1::TRUST) write_bundle(out, std::get<TrustBundle>(unit->content));
  }
  out.end_list();
}

std::string certificates_json(const Configuration& configuration, const std::optional<CertificationReport>& report) {
  JsonWriter out;
  out.begin_object();
  write_identity(out, configuration);
  if (report) {
    out.key("renewals");
    out.begin_object();
    out.key("ok");
    out.number(report->renewed);
    out.key("failed");
    out.number(report->failed);
    if (!report->failure.empty()) out.member("lastFailure", report->failure);
    out.end_object();
    if (report->alarm) out.member("alarm", *report->alarm);
    out.key("clockOffsetSeconds");
    out.number(report->calendar_offset);
  }
  out.end_object();
  return out.take() + "\n";
}

}  // namespace weft::proxy
