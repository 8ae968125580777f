#include "tests/conformance/accept_suites.h"

#include "base/text.h"
#include "control-plane/resource/check.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

Node document_of(std::string_view type, const Node& spec) {
  return object_node({{"type", {}, string_node(type)},
                      {"mesh", {}, string_node("default")},
                      {"name", {}, string_node("p")},
                      {"spec", {}, spec}});
}

std::string check(const std::filesystem::path& folder, const Node& test) {
  const std::vector<Node> read = documents(folder / text(test, "input"));
  if (read.empty()) return "no document can be read\n";
  const std::string kind = text(test, "kind");
  const std::string type = kind.substr(0, kind.find(' '));
  std::string refused;
  for (const Node& document : read) {
    const cp::Checked checked = cp::check_document(type.empty() ? document : document_of(type, document), "default");
    for (const cp::Finding& finding : checked.errors) {
      append(refused, text(document, "type"), " ", text(document, "name"), ": ", cp::sentence(finding), "\n");
    }
  }
  return refused;
}

}  // namespace

std::vector<CaseReport> run_accept(const std::filesystem::path& folder) {
  std::vector<CaseReport> out;
  for (const Node& test : cases_of(folder)) out.push_back(report(text(test, "id"), check(folder, test)));
  return out;
}

}  // namespace weft::conformance
