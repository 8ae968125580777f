// Drivers of policy/*: which policies select a proxy, who wins, what is merged. Each reads the files its cases name and
// asks policies/ alone.
#pragma once

#include <filesystem>
#include <vector>

#include "tests/conformance/suite.h"

namespace weft::conformance {

// policy/matched_dataplane_policies, policy/dataplane_kind.
std::vector<CaseReport> run_matched_policies(const std::filesystem::path& folder);
// policy/from_rules.
std::vector<CaseReport> run_from_rules(const std::filesystem::path& folder);
// policy/inbound_rules.
std::vector<CaseReport> run_inbound_rules(const std::filesystem::path& folder);
// policy/to_rules, policy/to_rules_meshexternalservice.
std::vector<CaseReport> run_to_rules(const std::filesystem::path& folder);
// policy/outbound_sort.
std::vector<CaseReport> run_outbound_sort(const std::filesystem::path& folder);
// policy/outbound_resource_rules.
std::vector<CaseReport> run_outbound_rules(const std::filesystem::path& folder);
// policy/proxy_conf.
std::vector<CaseReport> run_proxy_conf(const std::filesystem::path& folder);

}  // namespace weft::conformance
