// Which specs are refused, and at which fields, against the golden data.
#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "policies/policy.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

// Accepted here on purpose (docs/differences.md).
const std::set<std::string> kAccepted = {
    "MeshTimeout/to: http with requestHeadersTimeout only",
    "MeshTimeout/rules: http with requestHeadersTimeout only",
};

Node document_of(const std::string& type, const Node& spec) {
  const auto string = [](std::string text) { return Node{Node::Kind::kString, false, std::move(text), {}, {}, {}}; };
  return {Node::Kind::kObject,
          false,
          "",
          {},
          {{"type", {}, string(type)}, {"mesh", {}, string("default")}, {"name", {}, string("p")}, {"spec", {}, spec}},
          {}};
}

struct Verdict {
  bool refused = false;
  std::set<std::string> fields;
};

Verdict judge(const PolicyKind& kind, const Node& document) {
  const cp::Decoded decoded = cp::decode(document);
  Verdict verdict{!decoded.ok(), {}};
  for (const cp::Finding& finding : decoded.violations) verdict.fields.insert(finding.field);
  if (verdict.refused) return verdict;  // the first layer that refuses ends it
  Violations violations;
  kind.validate(*decoded.spec, violations);
  verdict.refused = !violations.empty();
  for (const Violation& violation : violations.list()) verdict.fields.insert(violation.field);
  return verdict;
}

void check(const PolicyKind& kind, const Node& test) {
  static const Node kEmpty{Node::Kind::kObject, false, "", {}, {}, {}};
  const Node* input = test.find("input");
  const Verdict verdict = judge(kind, document_of(std::string(kind.name), input == nullptr ? kEmpty : *input));
  if (kAccepted.contains(cat(kind.name, "/", text(test, "name")))) {
    EXPECT_FALSE(verdict.refused);
    return;
  }
  EXPECT_EQ(verdict.refused, !test.find("valid")->boolean);
  const Node* violations = test.find("violations");
  for (const Node& violation : violations == nullptr ? std::vector<Node>() : violations->items) {
    const bool named =
        verdict.fields.contains(text(violation, "field")) || verdict.fields.contains(text(violation, "input_path"));
    EXPECT_TRUE(named) << text(violation, "field");
  }
}

TEST(Validation, SpecsAreRefusedAsInTheGoldenData) {
  if (data_folder().empty()) GTEST_SKIP() << "the golden data are not here; see tests/conformance/README.md";
  size_t checked = 0;
  for (const PolicyKind& kind : policy_kinds()) {
    const std::vector<Node> file = documents(data_folder() / "validation" / cat(lower(kind.name), ".yaml"));
    ASSERT_EQ(file.size(), 1u) << kind.name;
    for (const Node& test : file[0].find("cases")->items) {
      SCOPED_TRACE(cat(kind.name, ": ", text(test, "name")));
      check(kind, test);
      ++checked;
    }
  }
  EXPECT_GT(checked, 150u);
}

}  // namespace
}  // namespace weft::conformance
