// Reading golden data of the policy model: YAML documents turned into what policies/ works on. For tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "policies/match.h"
#include "policies/policy_resource.h"
#include "policies/to_rules.h"

namespace weft::conformance {

// The folder with the data; empty when there is none on this machine.
std::filesystem::path data_folder();

// All documents of a file; none when it cannot be read.
std::vector<Node> documents(const std::filesystem::path& file);
// The cases of <folder>/cases.yaml.
std::vector<Node> cases_of(const std::filesystem::path& folder);
// The text of a key; empty when it is absent.
std::string text(const Node& node, std::string_view key);

// Who a resource is.
struct Identity {
  std::string type;
  std::string mesh;
  std::string name;
  Labels labels;
  std::string kri() const;  // without a section
};
// As the document says, then as if it had been made where `transform` says ("zone-k8s", "sync-to-uni(global-uni)", "").
Identity identity(const Node& document, std::string_view transform);

// What the schema forbids is read all the same: some of the data are older than the schema. Null: no policy, or it
// cannot be read.
PolicyPtr policy(const Node& document, const Identity& who);
TargetResource target(const Node& document, const Identity& who);
ProxyView proxy(const Node& document, const Identity& who);

}  // namespace weft::conformance
