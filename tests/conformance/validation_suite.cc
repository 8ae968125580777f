#include "tests/conformance/validation_suite.h"

#include <set>
#include <utility>

#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "policies/policy.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

struct Verdict {
  bool refused = false;
  std::set<std::string> fields;
  std::string said;  // for people: every field and reason

  void add(const std::string& field, const std::string& reason) {
    fields.insert(field);
    append(said, "  ", field, ": ", reason, "\n");
  }
};

Verdict judge(const PolicyKind& kind, const Node& spec) {
  const Node document = object_node({{"type", {}, string_node(kind.name)},
                                     {"mesh", {}, string_node("default")},
                                     {"name", {}, string_node("p")},
                                     {"spec", {}, spec}});
  const cp::Decoded decoded = cp::decode(document);
  Verdict verdict;
  verdict.refused = !decoded.ok();
  for (const cp::Finding& finding : decoded.unreadable) verdict.add(finding.field, finding.reason);
  for (const cp::Finding& finding : decoded.violations) verdict.add(finding.field, finding.reason);
  if (verdict.refused) return verdict;  // the first layer that refuses ends it
  Violations violations;
  kind.validate(*decoded.spec, violations);
  verdict.refused = !violations.empty();
  for (const Violation& violation : violations.list()) verdict.add(violation.field, violation.reason);
  return verdict;
}

std::string check(const PolicyKind& kind, const Node& test) {
  const Node* input = test.find("input");
  const Node* valid = test.find("valid");
  const Verdict verdict = judge(kind, input == nullptr ? object_node() : *input);
  if (valid == nullptr) return "the case does not say whether it is valid";
  if (verdict.refused && valid->boolean) return cat("accepted there, refused here:\n", verdict.said);
  if (!verdict.refused && !valid->boolean) return "refused there, accepted here\n";
  std::string missing;
  const Node* violations = test.find("violations");
  for (const Node& violation : violations == nullptr ? std::vector<Node>() : violations->items) {
    const std::string field = text(violation, "field");
    if (verdict.fields.contains(field) || verdict.fields.contains(text(violation, "input_path"))) continue;
    append(missing, "no violation at ", field, "\n");
  }
  return missing.empty() ? missing : cat(missing, "but at\n", verdict.said);
}

}  // namespace

std::vector<CaseReport> run_validation(const std::filesystem::path& file) {
  std::vector<CaseReport> out;
  const std::vector<Node> read = documents(file);
  const Node* list = read.empty() ? nullptr : read[0].find("cases");
  if (list == nullptr) return out;
  const PolicyKind* kind = find_policy_kind(text(read[0], "policy"));
  for (const Node& test : list->items) {
    out.push_back(report(text(test, "name"),
                         kind == nullptr ? cat("there is no kind ", text(read[0], "policy")) : check(*kind, test)));
  }
  return out;
}

}  // namespace weft::conformance
