// The one list of suites: one line each.
#include <array>

#include "tests/conformance/accept_suites.h"
#include "tests/conformance/api_suites.h"
#include "tests/conformance/command_line_suites.h"
#include "tests/conformance/context_suite.h"
#include "tests/conformance/label_suites.h"
#include "tests/conformance/policy_suites.h"
#include "tests/conformance/suite.h"
#include "tests/conformance/validation_suite.h"
#include "tests/conformance/validator_suites.h"

namespace weft::conformance {

std::span<const Suite> suites() {
  static const std::array kSuites = {
      // Documents that have to be accepted.
      Suite{"accept/envoyconfig_policies", run_accept},
      Suite{"accept/meshtls_specs", run_accept},
      // Answers of the API.
      Suite{"api/crud", run_api},
      Suite{"api/hostnames_global", run_api},
      Suite{"api/hostnames_zone", run_api},
      Suite{"api/inspect_dataplane_layout", run_api},
      Suite{"api/inspect_dataplane_policies", run_api},
      Suite{"api/inspect_dataplane_rules", run_api},
      Suite{"api/inspect_inbound_policies", run_api},
      Suite{"api/inspect_outbound_policies", run_api},
      Suite{"api/inspect_outbound_routes", run_api},
      Suite{"api/inspect_route_policies", run_api},
      Suite{"api/meshservice_dataplanes", run_api},
      Suite{"api/policy_dataplanes", run_api},
      Suite{"api/service_insights", run_api},
      Suite{"api/static_endpoints", run_api},
      // Selection, order, merge.
      Suite{"policy/context_hash", run_context_hash},
      Suite{"policy/dataplane_kind", run_matched_policies},
      Suite{"policy/from_rules", run_from_rules},
      Suite{"policy/inbound_rules", run_inbound_rules},
      Suite{"policy/matched_dataplane_policies", run_matched_policies},
      Suite{"policy/outbound_resource_rules", run_outbound_rules},
      Suite{"policy/outbound_sort", run_outbound_sort},
      Suite{"policy/proxy_conf", run_proxy_conf},
      Suite{"policy/to_rules", run_to_rules},
      Suite{"policy/to_rules_meshexternalservice", run_to_rules},
      // The command line.
      Suite{"kumactl/apply", run_commands},
      Suite{"kumactl/config", run_config_commands},
      Suite{"kumactl/get_list", run_commands},
      Suite{"kumactl/get_single", run_commands},
      Suite{"kumactl/inspect", run_commands},
      // What is refused, at which fields.
      Suite{"labels/multizone_apply", run_labels},
      Suite{"validation/*", run_validation},
      Suite{"validators/meshexternalservice", run_validators},
      Suite{"validators/meshidentity", run_validators},
      Suite{"validators/meshopentelemetrybackend", run_validators},
      Suite{"validators/meshpassthrough", run_validators},
      Suite{"validators/meshtls", run_validators},
      Suite{"validators/meshtrust", run_validators},
  };
  return kSuites;
}

const Suite* find_suite(std::string_view name) {
  for (const Suite& suite : suites()) {
    const size_t folder = suite.name.size() - 1;  // up to and with the slash of "validation/*"
    const bool every = suite.name.ends_with("/*");
    if (every ? name.substr(0, folder) == suite.name.substr(0, folder) : suite.name == name) return &suite;
  }
  return nullptr;
}

}  // namespace weft::conformance
