#include "tests/conformance/validator_suites.h"

#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/validate/validate.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

// What follows is a library's sentence.
constexpr std::string_view kTemplateError = "couldn't parse template: ";

Violation as_compared(std::string field, std::string reason) {
  if (reason.starts_with(kTemplateError)) reason = kTemplateError;
  return {std::move(field), std::move(reason)};
}

std::string lines(const std::vector<Violation>& violations) {
  std::string out;
  for (const Violation& violation : violations) append(out, violation.field, ": ", violation.reason, "\n");
  return out;
}

std::vector<Violation> wanted_violations(const std::filesystem::path& folder, const Node& test) {
  std::vector<Violation> out;
  if (text(test, "golden").empty()) return out;
  const std::vector<Node> golden = documents(folder / text(test, "golden"));
  const Node* list = golden.empty() ? nullptr : golden[0].find("violations");
  if (list == nullptr) return {{"", "the golden file cannot be read"}};
  for (const Node& one : list->items) out.push_back(as_compared(text(one, "field"), text(one, "message")));
  return out;
}

std::string check(const cp::Kind& kind, const std::filesystem::path& folder, const Node& test) {
  const std::vector<Node> input = documents(folder / text(test, "input"));
  const Node document = object_node({{"type", {}, string_node(kind.type())},
                                     {"name", {}, string_node(text(test, "resource_name"))},
                                     {"spec", {}, input.empty() ? object_node() : input[0]}});
  cp::Decoded decoded = cp::decode(document, &kind, cp::SchemaLayer::kSkipped);
  if (!decoded.unreadable.empty()) return cat("cannot be read: ", cp::sentence(decoded.unreadable.front()), "\n");
  cp::Resource resource;
  resource.key = {std::string(kind.type()), "default", text(test, "resource_name")};
  resource.spec = std::move(decoded.spec);
  Violations violations;
  cp::validate(resource, violations);
  std::vector<Violation> got;
  for (const Violation& one : violations.list()) got.push_back(as_compared(one.field, one.reason));
  return difference_of_text(lines(wanted_violations(folder, test)), lines(got));
}

}  // namespace

std::vector<CaseReport> run_validators(const std::filesystem::path& folder) {
  std::vector<CaseReport> out;
  const cp::Kind* kind = cp::find_kind_by_cli_name(folder.filename().string());
  for (const Node& test : cases_of(folder)) {
    out.push_back(report(text(test, "id"), kind == nullptr ? "there is no such kind\n" : check(*kind, folder, test)));
  }
  return out;
}

}  // namespace weft::conformance
