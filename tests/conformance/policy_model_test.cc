// Selection, order and merged rules against the golden data.
#include <deque>

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/resource/encode.h"
#include "policies/inbound_rules.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

class PolicyModel : public ::testing::Test {
 protected:
  void SetUp() override {
    if (data_folder().empty()) GTEST_SKIP() << "the golden data are not here; see tests/conformance/README.md";
  }
  static fs::path file(const std::string& suite, const Node& test, const char* key) {
    return data_folder() / suite / text(test, key);
  }
};

// Names of the items of a REST list.
std::vector<std::string> names_of(const Node& list) {
  std::vector<std::string> names;
  if (const Node* items = list.find("items")) {
    for (const Node& item : items->items) {
      const std::string name = text(item, "name");
      names.push_back(name.empty() ? text(item, "Name") : name);
    }
  }
  return names;
}

// The policies a file tests: routes stand there as targets, unless there is nothing else.
std::vector<PolicyPtr> tested_policies(const fs::path& path, const std::string& transform) {
  std::vector<PolicyPtr> policies;
  std::vector<PolicyPtr> routes;
  for (const Node& document : documents(path)) {
    const Identity who = identity(document, transform);
    PolicyPtr made = policy(document, who);
    if (made != nullptr) (who.type == "MeshHTTPRoute" ? routes : policies).push_back(std::move(made));
  }
  return policies.empty() ? routes : policies;
}

void check_matched(const std::string& suite, const Node& test) {
  const fs::path folder = data_folder() / suite;
  const std::vector<Node> dataplane = documents(folder / text(test, "dataplane"));
  ASSERT_EQ(dataplane.size(), 1u);
  const ProxyView view = proxy(dataplane[0], identity(dataplane[0], text(test, "dataplane_meta")));
  std::vector<PolicyPtr> policies = tested_policies(folder / text(test, "policies"), text(test, "policy_meta"));
  sort_policies(policies);
  std::vector<std::string> names;
  for (const PolicyPtr& matched : matched_policies(policies, view)) names.push_back(matched->meta.name);
  const std::vector<Node> golden = documents(folder / text(test, "golden"));
  EXPECT_EQ(names, golden.empty() ? std::vector<std::string>() : names_of(golden[0]));
}

TEST_F(PolicyModel, PoliciesSelectProxiesAsInTheGoldenData) {
  size_t checked = 0;
  for (const std::string suite : {"policy/matched_dataplane_policies", "policy/dataplane_kind"}) {
    for (const Node& test : cases(suite)) {
      SCOPED_TRACE(cat(suite, "/", text(test, "id")));
      check_matched(suite, test);
      ++checked;
    }
  }
  EXPECT_GT(checked, 40u);
}

std::vector<PolicyPtr> policies_for_rules(const std::vector<Node>& world, const std::string& transform) {
  std::vector<PolicyPtr> policies;
  for (const Node& document : world) {
    const Identity who = identity(document, transform);
    if (!text(document, "name").starts_with("matched-for-rules-")) continue;
    if (PolicyPtr made = policy(document, who)) policies.push_back(std::move(made));
  }
  return policies;
}

TEST_F(PolicyModel, ToItemsAreSortedAsInTheGoldenData) {
  for (const Node& test : cases("policy/outbound_sort")) {
    SCOPED_TRACE(text(test, "id"));
    const auto entries =
        sorted_to_entries(policies_for_rules(documents(file("policy/outbound_sort", test, "input")), ""));
    const std::vector<Node> golden = documents(file("policy/outbound_sort", test, "golden"));
    ASSERT_EQ(golden.size(), 1u);
    ASSERT_EQ(golden[0].items.size(), entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      EXPECT_EQ(entries[i].policy->meta.name, text(*golden[0].items[i].find("Meta"), "name"));
      EXPECT_EQ(cat(entries[i].index), text(golden[0].items[i], "RuleIndex"));
    }
  }
}

// Does a golden conf say what `conf` says?
void check_conf(const google::protobuf::Message* conf, const Node& golden) {
  const auto written = parse_json(conf == nullptr ? "{}" : cp::encode_message(*conf));
  ASSERT_TRUE(written.ok());
  EXPECT_TRUE(same(*written, golden)) << (conf == nullptr ? "no conf" : cp::encode_message(*conf));
}

void check_origin(const ConfOrigin& origin, const Node& golden) {
  const Node& resource = *golden.find("Resource");
  const std::string name = text(resource, "name");
  EXPECT_EQ(origin.policy->meta.name, name.empty() ? text(resource, "Name") : name);
  EXPECT_EQ(cat(origin.index), text(golden, "RuleIndex"));
}

TEST_F(PolicyModel, RulesOfAnInboundAreThoseOfTheGoldenData) {
  size_t checked = 0;
  for (const Node& test : cases("policy/inbound_rules")) {
    SCOPED_TRACE(text(test, "id"));
    if (!text(test, "id").starts_with("mt-")) continue;  // MeshTLS
    const auto rules = inbound_rules(policies_for_rules(documents(file("policy/inbound_rules", test, "input")), ""));
    const std::vector<Node> golden = documents(file("policy/inbound_rules", test, "golden"));
    ASSERT_EQ(golden.size(), 1u);
    const Node* list = golden[0].find("rules");
    ASSERT_EQ(list->items.size(), rules.size());
    for (size_t i = 0; i < rules.size(); ++i) {
      check_conf(rules[i].conf, *list->items[i].find("conf"));
      check_origin(rules[i].origin, *list->items[i].find("origin"));
    }
    ++checked;
  }
  EXPECT_GT(checked, 0u);
}

void check_rules(const ToRules& rules, const Node& golden) {
  std::vector<std::string> keys;
  for (const auto& [kri, rule] : rules) keys.push_back(kri);
  std::vector<std::string> wanted;
  for (const Member& member : golden.members) wanted.push_back(member.key);
  std::sort(wanted.begin(), wanted.end());
  ASSERT_EQ(keys, wanted);
  for (const Member& member : golden.members) {
    SCOPED_TRACE(member.key);
    const EffectiveConf& effective = rules.at(member.key).effective;
    check_conf(effective.conf.get(), member.value.find("Conf")->items.at(0));
    const Node* origins = member.value.find("Origin");
    ASSERT_EQ(origins->items.size(), effective.origins.size());
    for (size_t i = 0; i < effective.origins.size(); ++i) check_origin(effective.origins[i], origins->items[i]);
    EXPECT_EQ(rules.at(member.key).section, text(member.value, "ResourceSectionName"));
  }
}

TEST_F(PolicyModel, RulesOfDestinationsAreThoseOfTheGoldenData) {
  size_t checked = 0;
  for (const Node& test : cases("policy/outbound_resource_rules")) {
    SCOPED_TRACE(text(test, "id"));
    if (text(test, "id").starts_with("mhr_")) continue;  // routes merge their rules in a way of their own
    const std::string transform = text(test, "meta");
    const std::vector<Node> world = documents(file("policy/outbound_resource_rules", test, "input"));
    std::deque<TargetResource> targets;
    TargetReader reader;
    for (const Node& document : world) {
      const Identity who = identity(document, transform);
      targets.push_back(target(document, who));
      if (who.type == "Mesh") {
        reader.mesh = &targets.back();
      } else {
        reader.resources.push_back(&targets.back());
      }
    }
    const std::vector<Node> golden = documents(file("policy/outbound_resource_rules", test, "golden"));
    ASSERT_EQ(golden.size(), 1u);
    check_rules(to_rules(sorted_to_entries(policies_for_rules(world, transform)), reader), golden[0]);
    ++checked;
  }
  EXPECT_GT(checked, 80u);
}

}  // namespace
}  // namespace weft::conformance
