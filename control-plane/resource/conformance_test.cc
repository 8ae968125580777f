// Policy documents that the contract accepts or refuses, for the kinds that exist here. Needs the data folder beside
// the project (or WEFT_CONFORMANCE); skipped without it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/document/document.h"
#include "base/file.h"
#include "base/text.h"
#include "control-plane/resource/check.h"
#include "policies/policy.h"

namespace weft::cp {
namespace {

// A timeout that the reference forgets to count; refusing it helps nobody.
constexpr std::string_view kAcceptedHere[] = {"to: http with requestHeadersTimeout only",
                                              "rules: http with requestHeadersTimeout only"};

std::string folder() {
  const char* named = std::getenv("WEFT_CONFORMANCE");
  return cat(named != nullptr ? named : "../shared/conformance", "/kuma/validation");
}

Node member(std::string_view text) {
  Node node;
  node.kind = Node::Kind::kString;
  node.text = text;
  return node;
}

std::set<std::string> fields(const Node& violations, std::string_view key) {
  std::set<std::string> out;
  for (const Node& violation : violations.items) {
    const Node* field = violation.find(key);
    if (field != nullptr) out.insert(field->text);
  }
  return out;
}

// One document as the case gives it; what it was refused for.
void check_case(const std::string& policy, const Node& test) {
  Node document;
  document.kind = Node::Kind::kObject;
  document.members = {{"type", {}, member(policy)}, {"name", {}, member("x")}, {"spec", {}, *test.find("input")}};
  const Checked checked = check_document(document, "default");
  std::set<std::string> reported;
  for (const Finding& finding : checked.errors) reported.insert(finding.field);
  const bool valid = test.find("valid")->boolean;
  EXPECT_EQ(checked.errors.empty(), valid) << (reported.empty() ? "accepted" : *reported.begin());
  if (valid) return;
  const Node& violations = *test.find("violations");
  const std::set<std::string> places = fields(violations, "input_path");
  for (const std::string& field : fields(violations, "field")) {
    EXPECT_TRUE(reported.contains(field) || !places.empty()) << field << " is not reported";
  }
}

TEST(ValidationConformance, AcceptsAndRefusesWhatTheContractDoes) {
  if (!std::filesystem::exists(folder())) GTEST_SKIP() << "no conformance data at " << folder();
  int checked = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder())) {
    const Result<std::string> text = read_file(file.path().string());
    const Result<std::vector<Node>> documents = parse_yaml(*text);
    ASSERT_TRUE(documents.ok()) << file.path() << documents.status();
    if (documents->empty() || documents->front().find("policy") == nullptr) continue;
    const std::string policy = documents->front().find("policy")->text;
    if (find_kind(policy) == nullptr || find_policy_kind(policy) == nullptr) continue;
    for (const Node& test : documents->front().find("cases")->items) {
      const std::string& name = test.find("name")->text;
      if (std::find(std::begin(kAcceptedHere), std::end(kAcceptedHere), name) != std::end(kAcceptedHere)) continue;
      SCOPED_TRACE(cat(policy, ": ", name));
      check_case(policy, test);
      ++checked;
    }
  }
  EXPECT_GT(checked, 150);
}

}  // namespace
}  // namespace weft::cp
