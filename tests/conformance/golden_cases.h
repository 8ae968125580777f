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
// The cases of <suite>/cases.yaml.
std::vector<Node> cases(std::string_view suite);
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

// Kinds we do not have are read as far as matching and ordering need. Null: the spec cannot be read.
PolicyPtr policy(const Node& document, const Identity& who);
TargetResource target(const Node& document, const Identity& who);
ProxyView proxy(const Node& document, const Identity& who);

// Equal as JSON: the order of keys does not count.
bool same(const Node& a, const Node& b);

}  // namespace weft::conformance
