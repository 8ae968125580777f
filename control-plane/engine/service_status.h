// The parts of a service's status, and of its spec where the server owns it, each computed from what it follows from.
// Pure functions on drafts.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "control-plane/engine/generate_mesh_services.h"
#include "control-plane/engine/hostnames.h"
#include "control-plane/engine/mesh_census.h"
#include "control-plane/engine/workload_identity.h"
#include "weft/v1/mesh_external_service.pb.h"
#include "weft/v1/mesh_multi_zone_service.pb.h"

namespace weft::cp {

using MeshExternalServiceDraft = Draft<v1::MeshExternalService, v1::MeshExternalServiceStatus>;
using MeshMultiZoneServiceDraft = Draft<v1::MeshMultiZoneService, v1::MeshMultiZoneServiceStatus>;

// What a mesh says about identity.
class IdentityFacts {
 public:
  IdentityFacts(const World::Table& identities, const World::Table& trusts, std::string_view zone);

  bool any() const { return !identities_.empty(); }
  // The dataplane holds a certificate that everybody in the mesh can check.
  bool is_vouched_for(const Labels& dataplane) const;
  // The SPIFFE IDs that it has, by any identity that counts.
  void add_ids(const Labels& dataplane, std::set<std::string>& ids) const;

 private:
  std::vector<IdentityView> identities_;
  std::set<std::string, std::less<>> trusted_domains_;
};

// Of this zone, not a copy from elsewhere.
bool is_local(const Labels& labels);

// spec.state, spec.identities, status.tls.
void describe(const std::vector<InstancePtr>& instances, const IdentityFacts& facts, MeshServiceDraft& service);

// status.meshServices and the condition MeshServicesMatched.
void match_members(const MeshServiceDrafts& services, MeshMultiZoneServiceDraft& service);

// status.addresses and status.hostnameGenerators.
template <typename Status>
void set_hostnames(const std::vector<HostnameOutcome>& outcomes, Status& status) {
  status.clear_addresses();
  status.clear_hostname_generators();
  for (const HostnameOutcome& outcome : outcomes) {
    const std::string& generator = outcome.rule->resource->key.name;
    const bool generated = outcome.reason == "Generated";
    if (generated) {
      v1::Address& address = *status.add_addresses();
      address.set_hostname(outcome.hostname);
      address.set_origin("HostnameGenerator");
      address.mutable_hostname_generator_ref()->set_core_name(generator);
    }
    v1::HostnameGeneratorStatus& said = *status.add_hostname_generators();
    said.mutable_hostname_generator_ref()->set_core_name(generator);
    v1::Condition& condition = *said.add_conditions();
    condition.set_type("Generated");
    condition.set_status(generated ? "True" : "False");
    condition.set_reason(std::string(outcome.reason));
    condition.set_message(outcome.message);
  }
}

// Virtual addresses: of a stored service of any kind, and of a draft.
std::vector<std::string> vips_of(const Resource& service);
bool has_vip(const v1::MeshServiceStatus& status);
bool has_vip(const v1::MeshMultiZoneServiceStatus& status);
bool has_vip(const v1::MeshExternalServiceStatus& status);
void set_vip(const std::string& vip, v1::MeshServiceStatus& status);
void set_vip(const std::string& vip, v1::MeshMultiZoneServiceStatus& status);
void set_vip(const std::string& vip, v1::MeshExternalServiceStatus& status);

}  // namespace weft::cp
