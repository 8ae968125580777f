#include "proxy/config/identity_items.h"

#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <climits>

#include "base/spiffe_id.h"
#include "base/text.h"
#include "policies/policy.h"
#include "proxy/tls/certificate_facts.h"
#include "proxy/tls/trust.h"

namespace weft::proxy {
namespace {

constexpr int kMaxAuthorities = 64;
constexpr size_t kMaxServerName = 253;

// Everything in it is understood.
Status check_known(const google::protobuf::Message& message, std::string_view field) {
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  if (unknown.empty()) return ok();
  return invalid(cat(field, ": this proxy does not know field ", unknown.field(0).number()));
}

Status parse_payload(std::string_view payload, google::protobuf::Message& message) {
  if (payload.size() > INT_MAX || !message.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    return invalid("payload: cannot be decoded");
  return check_known(message, "payload");
}

Result<TlsRule> rule_of(const v1::PolicyUnit& unit) {
  if (Status status = check_known(unit, "tls"); !status.ok()) return status;
  const PolicyKind* kind = find_policy_kind(unit.kind());
  if (kind == nullptr || !kind->is_enforced())
    return invalid(cat("tls.kind: this proxy does not know \"", unit.kind(), "\""));
  const auto policy = kind->make(unit.conf(), false);
  if (!policy.ok()) return annotate(policy.status(), cat("tls (", unit.kind(), ")"));
  ConnectionPlan plan;
  (*policy)->prepare_connection(plan);
  return plan.tls;
}

}  // namespace

Result<DecodedIdentity> decode_identity(std::string_view payload) {
  v1::WorkloadIdentity in;
  if (Status status = parse_payload(payload, in); !status.ok()) return status;
  if (!parse_spiffe_id(in.spiffe_id())) return invalid(cat("spiffe_id: \"", in.spiffe_id(), "\" is not a SPIFFE ID"));
  if (in.lifetime_seconds() < 0) return invalid("lifetime_seconds: must not be negative");
  DecodedIdentity out{in.spiffe_id(), in.source(), in.issuer(), in.lifetime_seconds(), {}};
  if (!in.has_tls()) return out;
  Result<TlsRule> rule = rule_of(in.tls());
  if (!rule.ok()) return rule.status();
  out.own_connections = *std::move(rule);
  return out;
}

Result<TrustBundle> decode_trust(std::string_view name, std::string_view payload) {
  v1::TrustDomain in;
  if (Status status = parse_payload(payload, in); !status.ok()) return status;
  if (in.name() != name) return invalid(cat("name: \"", in.name(), "\" is not the item's"));
  if (!is_trust_domain(in.name())) return invalid(cat("name: \"", in.name(), "\" is not a trust domain"));
  if (in.authorities_size() > kMaxAuthorities)
    return invalid(cat("authorities: ", in.authorities_size(), ", at most ", kMaxAuthorities, " are allowed"));
  TrustBundle out{in.name(), {}};
  for (int i = 0; i < in.authorities_size(); ++i) {
    const Result<CertificateFacts> facts = read_certificate(in.authorities(i));
    if (!facts.ok()) return annotate(facts.status(), cat("authorities[", i, "]"));
    if (!facts->authority) return invalid(cat("authorities[", i, "]: is no certificate of an authority"));
    out.authorities.push_back(in.authorities(i));
  }
  // As the handshakes will read it, so that a bundle they cannot use does not stand in the way of the others.
  if (const auto usable = Trust::make({out}); !usable.ok()) return usable.status();
  return out;
}

Result<PeerNames> decode_peer(const v1::PeerTls& peer) {
  if (Status status = check_known(peer, "tls"); !status.ok()) return status;
  if (peer.server_name().size() > kMaxServerName || peer.server_name().find('\0') != std::string::npos)
    return invalid("tls.server_name: is not a name");
  PeerNames out{peer.server_name(), {peer.spiffe_ids().begin(), peer.spiffe_ids().end()}};
  for (size_t i = 0; i < out.spiffe_ids.size(); ++i) {
    if (!parse_spiffe_id(out.spiffe_ids[i]))
      return invalid(cat("tls.spiffe_ids[", i, "]: \"", out.spiffe_ids[i], "\" is not a SPIFFE ID"));
  }
  std::sort(out.spiffe_ids.begin(), out.spiffe_ids.end());
  return out;
}

}  // namespace weft::proxy
