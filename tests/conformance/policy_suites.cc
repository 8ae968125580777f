#include "tests/conformance/policy_suites.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/text.h"
#include "tests/conformance/golden_cases.h"
#include "tests/conformance/rule_trees.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

// Runs `check` for every case of the folder.
std::vector<CaseReport> for_each_case(const fs::path& folder, std::string (*check)(const fs::path&, const Node&)) {
  std::vector<CaseReport> out;
  for (const Node& test : cases_of(folder)) out.push_back(report(text(test, "id"), check(folder, test)));
  return out;
}

// What a case wants; `absent` where the file is missing.
Node golden(const fs::path& folder, const Node& test, Node absent) {
  std::vector<Node> read = documents(folder / text(test, "golden"));
  return read.empty() ? std::move(absent) : std::move(read[0]);
}

struct Matching {
  ProxyView proxy;
  std::vector<PolicyPtr> policies;  // sorted; those that are tested
  std::string wrong;
};

// The policies a file tests: routes stand there as targets, unless there is nothing else.
Matching read_matching(const fs::path& folder, const Node& test) {
  Matching out;
  const std::vector<Node> dataplane = documents(folder / text(test, "dataplane"));
  if (dataplane.size() != 1) return {{}, {}, "the file of the Dataplane cannot be read"};
  out.proxy = proxy(dataplane[0], identity(dataplane[0], text(test, "dataplane_meta")));
  std::vector<PolicyPtr> routes;
  for (const Node& document : documents(folder / text(test, "policies"))) {
    const Identity who = identity(document, text(test, "policy_meta"));
    PolicyPtr made = policy(document, who);
    if (made == nullptr) return {{}, {}, cat("the ", who.type, " ", who.name, " cannot be read")};
    (who.type == "MeshHTTPRoute" ? routes : out.policies).push_back(std::move(made));
  }
  if (out.policies.empty()) out.policies = std::move(routes);
  sort_policies(out.policies);
  return out;
}

std::string check_matched(const fs::path& folder, const Node& test) {
  const Matching matching = read_matching(folder, test);
  if (!matching.wrong.empty()) return matching.wrong;
  const auto list_of = [](Node items) {
    return object_node({{"items", {}, std::move(items)}, {"next", {}, null_node()}, {"total", {}, number_node(0)}});
  };
  Node items = list_node();
  for (const PolicyPtr& one : matched_policies(matching.policies, matching.proxy))
    items.items.push_back(policy_tree(*one));
  return difference_of_rules(golden(folder, test, list_of(list_node())), list_of(std::move(items)));
}

std::string check_from_rules(const fs::path& folder, const Node& test) {
  const Matching matching = read_matching(folder, test);
  if (!matching.wrong.empty()) return matching.wrong;
  Node rules = object_node();
  for (size_t i = 0; i < matching.proxy.ports.size(); ++i) {
    std::vector<PolicyPtr> here;
    for (const PolicyPtr& one : matching.policies) {
      const auto ports = select(*one, matching.proxy).ports;
      if (std::find(ports.begin(), ports.end(), i) != ports.end()) here.push_back(one);
    }
    const ProxyView::Port& port = matching.proxy.ports[i];
    if (!here.empty()) set_member(rules, cat(port.address, ":", port.port), inbound_rules_tree(inbound_rules(here)));
  }
  return difference_of_rules(golden(folder, test, object_node()),
                             object_node({{"InboundRules", {}, std::move(rules)}}));
}

// Documents as the things that to-items can name.
struct Targets {
  std::deque<TargetResource> resources;
  TargetReader reader;

  void add(const Node& document, const std::string& transform) {
    const Identity who = identity(document, transform);
    resources.push_back(target(document, who));
    if (who.type == "Mesh") {
      reader.mesh = &resources.back();
    } else {
      reader.resources.push_back(&resources.back());
    }
  }
};

std::string check_to_rules(const fs::path& folder, const Node& test) {
  const Matching matching = read_matching(folder, test);
  if (!matching.wrong.empty()) return matching.wrong;
  Targets targets;
  for (const char* key : {"policies", "mesh_external_service"}) {
    for (const Node& document : documents(folder / text(test, key))) targets.add(document, "");
  }
  const auto entries = sorted_to_entries(matched_policies(matching.policies, matching.proxy));
  return difference_of_rules(golden(folder, test, object_node()),
                             object_node({{"ResourceRules", {}, to_rules_tree(to_rules(entries, targets.reader))}}));
}

// The documents that stand for policies which selected the proxy.
struct Rules {
  std::vector<Node> world;
  std::vector<PolicyPtr> policies;
  std::string wrong;
};

Rules read_rules(const fs::path& folder, const Node& test, bool all) {
  Rules out{documents(folder / text(test, "input")), {}, ""};
  for (const Node& document : out.world) {
    if (!all && !text(document, "name").starts_with("matched-for-rules-")) continue;
    const Identity who = identity(document, text(test, "meta"));
    PolicyPtr made = policy(document, who);
    if (made == nullptr) return {{}, {}, cat("the ", who.type, " ", who.name, " cannot be read")};
    out.policies.push_back(std::move(made));
  }
  return out;
}

std::string check_inbound_rules(const fs::path& folder, const Node& test) {
  const Rules rules = read_rules(folder, test, false);
  if (!rules.wrong.empty()) return rules.wrong;
  return difference_of_rules(golden(folder, test, object_node()),
                             object_node({{"rules", {}, inbound_rules_tree(inbound_rules(rules.policies))}}));
}

std::string check_sort(const fs::path& folder, const Node& test) {
  const Rules rules = read_rules(folder, test, false);
  if (!rules.wrong.empty()) return rules.wrong;
  Node list = list_node();
  for (const ToEntry& entry : sorted_to_entries(rules.policies)) {
    list.items.push_back(object_node({{"Entry", {}, message_tree(&entry.policy->spec.to_item(entry.index))},
                                      {"Meta", {}, meta_tree(entry.policy->meta)},
                                      {"RuleIndex", {}, number_node(entry.index)},
                                      {"TopLevel", {}, message_tree(&entry.policy->spec.target_ref())}}));
  }
  return difference_of_rules(golden(folder, test, list_node()), list);
}

std::string check_outbound(const fs::path& folder, const Node& test) {
  const Rules rules = read_rules(folder, test, false);
  if (!rules.wrong.empty()) return rules.wrong;
  Targets targets;
  for (const Node& document : rules.world) targets.add(document, text(test, "meta"));
  return difference_of_rules(golden(folder, test, object_node()),
                             to_rules_tree(to_rules(sorted_to_entries(rules.policies), targets.reader)));
}

std::string check_proxy_conf(const fs::path& folder, const Node& test) {
  const Rules rules = read_rules(folder, test, true);
  if (!rules.wrong.empty()) return rules.wrong;
  const EffectiveConf effective = effective_single_conf(rules.policies);
  Node origins = list_node();
  for (const ConfOrigin& origin : effective.origins) origins.items.push_back(meta_tree(origin.policy->meta));
  return difference_of_rules(
      golden(folder, test, object_node()),
      object_node({{"Conf", {}, message_tree(effective.conf.get())}, {"Origin", {}, std::move(origins)}}));
}

}  // namespace

std::vector<CaseReport> run_matched_policies(const fs::path& folder) { return for_each_case(folder, check_matched); }
std::vector<CaseReport> run_from_rules(const fs::path& folder) { return for_each_case(folder, check_from_rules); }
std::vector<CaseReport> run_inbound_rules(const fs::path& folder) { return for_each_case(folder, check_inbound_rules); }
std::vector<CaseReport> run_to_rules(const fs::path& folder) { return for_each_case(folder, check_to_rules); }
std::vector<CaseReport> run_outbound_sort(const fs::path& folder) { return for_each_case(folder, check_sort); }
std::vector<CaseReport> run_outbound_rules(const fs::path& folder) { return for_each_case(folder, check_outbound); }
std::vector<CaseReport> run_proxy_conf(const fs::path& folder) { return for_each_case(folder, check_proxy_conf); }

}  // namespace weft::conformance
