#include "tests/matching/reference.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/document/print.h"
#include "base/text.h"
#include "tests/conformance/compare.h"
#include "tests/matching/trees.h"

namespace weft::reference {
namespace {

using conformance::list_node;
using conformance::null_node;
using conformance::object_node;
using conformance::set_member;
using conformance::string_node;

std::string label(const Node& document, const std::string& key) {
  const Node* labels = document.find("labels");
  return labels == nullptr ? std::string() : text(*labels, key);
}

std::string display_name(const Node& document) {
  const std::string name = label(document, "kuma.io/display-name");
  return name.empty() ? text(document, "name") : name;
}

std::string name_of_port(const Node& port) {
  const std::string name = text(port, "name");
  return name.empty() ? text(port, "port") : name;
}

Node target_of(const Node& policy) {
  const Node* ref = at(policy, "spec.targetRef");
  return ref != nullptr ? *ref : object_node({{"kind", {}, string_node("Mesh")}});
}

// --- Selection.

std::vector<Node> ports_of(const Node& dataplane) {
  std::vector<Node> ports = items(dataplane, "networking.inbound");
  const std::vector<Node>& listeners = items(dataplane, "networking.listeners");
  ports.insert(ports.end(), listeners.begin(), listeners.end());
  return ports;
}

bool zone_fits(const Node& policy, const Node& dataplane) {
  if (label(policy, "kuma.io/policy-role") == "producer") return true;
  const std::string origin = label(dataplane, "kuma.io/origin");
  if (origin.empty() || origin == "global") return true;
  if (label(policy, "kuma.io/origin") != "zone") return true;
  const std::string zone = label(policy, "kuma.io/zone");
  if (zone.empty()) return true;
  const std::string of_proxy = label(dataplane, "kuma.io/zone");
  return origin == "zone" && (of_proxy.empty() || of_proxy == zone);
}

bool namespace_fits(const Node& policy, const Node& dataplane) {
  const std::string role = label(policy, "kuma.io/policy-role");
  if (role != "consumer" && role != "workload-owner") return true;
  const std::string name = label(policy, "k8s.kuma.io/namespace");
  return !name.empty() && name == label(dataplane, "k8s.kuma.io/namespace");
}

// Which ports, and whether the policy is for the proxy at all.
std::pair<bool, std::set<size_t>> selected(const Node& policy, const Node& dataplane) {
  if (!zone_fits(policy, dataplane) || !namespace_fits(policy, dataplane)) return {};
  const Node ref = target_of(policy);
  std::string section;
  if (text(ref, "kind") == "Dataplane") {
    section = text(ref, "sectionName");
    const Node* labels = ref.find("labels");
    for (const Member& wanted : labels == nullptr ? std::vector<Member>() : labels->members) {
      const bool by_name = wanted.key == "kuma.io/display-name";
      if ((by_name ? display_name(dataplane) : label(dataplane, wanted.key)) != wanted.value.text) return {};
    }
  } else if (text(ref, "kind") != "Mesh") {
    return {};
  }
  std::set<size_t> out;
  const std::vector<Node> ports = ports_of(dataplane);
  for (size_t i = 0; i < ports.size(); ++i) {
    if (section.empty() || name_of_port(ports[i]) == section) out.insert(i);
  }
  const bool gateway = at(dataplane, "networking.gateway") != nullptr;
  return {!out.empty() || gateway || (ports.empty() && section.empty()), out};
}

// --- Order.

int rank(const std::string& kind) {
  const std::vector<std::string> weakest_first = {
      "Mesh", "Dataplane", "MeshService", "MeshExternalService", "MeshMultiZoneService", "MeshHTTPRoute"};
  return static_cast<int>(std::find(weakest_first.begin(), weakest_first.end(), kind) - weakest_first.begin());
}

using PolicyRank = std::tuple<int, bool, int, int>;
PolicyRank rank_of(const Node& policy) {
  const Node ref = target_of(policy);
  const std::string origin = label(policy, "kuma.io/origin");
  const std::string role = label(policy, "kuma.io/policy-role");
  const int of_origin = origin == "global" ? 1 : origin == "zone" ? 3 : 2;
  const int of_role = role == "producer" ? 2 : role == "consumer" ? 3 : role == "workload-owner" ? 4 : 1;
  const bool section = text(ref, "kind") == "Dataplane" && !text(ref, "sectionName").empty();
  return {rank(text(ref, "kind")), section, of_origin, of_role};
}

void sort_by_rank_and_name(std::vector<Node>& policies) {
  std::stable_sort(policies.begin(), policies.end(), [](const Node& a, const Node& b) {
    if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
    return display_name(a) > display_name(b);
  });
}

// --- Outbound.

struct Entry {
  Node policy;
  size_t index = 0;
  Node ref;
  Node conf;
  std::string origin() const { return cat(text(policy, "name"), "#", index); }
};

std::vector<Entry> sorted_entries(const std::vector<Node>& policies) {
  std::vector<Entry> entries;
  for (const Node& policy : policies) {
    const std::vector<Node>& to = items(policy, "spec.to");
    for (size_t i = 0; i < to.size(); ++i) {
      const Node* conf = to[i].find("default");
      Node of_route = object_node();
      if (const Node* rules = to[i].find("rules")) set_member(of_route, "rules", *rules);
      entries.push_back({policy, i, *to[i].find("targetRef"), conf != nullptr ? *conf : of_route});
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    if (rank_of(a.policy) != rank_of(b.policy)) return rank_of(a.policy) < rank_of(b.policy);
    const int left = rank(text(a.ref, "kind"));
    const int right = rank(text(b.ref, "kind"));
    if (left != right) return left < right;
    const bool left_section = !text(a.ref, "sectionName").empty();
    const bool right_section = !text(b.ref, "sectionName").empty();
    if (text(a.ref, "kind") == "MeshService" && left_section != right_section) return right_section;
    return display_name(a.policy) > display_name(b.policy);
  });
  return entries;
}

// A resource or one of its sections.
struct Place {
  std::string type, name, section;
  auto operator<=>(const Place&) const = default;
  std::string key() const { return cat(type, "/", name, "/", section); }
};

std::vector<std::string> sections_of(const Node& resource) {
  std::vector<std::string> out;
  for (const Node& port : items(resource, "spec.ports")) out.push_back(name_of_port(port));
  if (const Node* port = at(resource, "spec.match.port")) out.push_back(port->text);
  return out;
}

bool carries(const Node& resource, const Node& labels) {
  return std::all_of(labels.members.begin(), labels.members.end(), [&](const Member& wanted) {
    const Node* own = resource.find("labels");
    const Node* value = own == nullptr ? nullptr : own->find(wanted.key);
    return value != nullptr && value->text == wanted.value.text;
  });
}

std::vector<Place> resolve(const Entry& entry, const World& world) {
  std::vector<Place> out;
  const std::string kind = text(entry.ref, "kind");
  const std::string section = text(entry.ref, "sectionName");
  const Node* labels = entry.ref.find("labels");
  for (const Node& resource : world.documents) {
    if (text(resource, "type") != kind) continue;
    if (kind == "Mesh") {
      if (text(resource, "name") == text(entry.policy, "mesh")) out.push_back({kind, text(resource, "name"), ""});
      continue;
    }
    if (labels == nullptr || labels->members.empty() || !carries(resource, *labels)) continue;
    const auto sections = sections_of(resource);
    if (!section.empty() && std::find(sections.begin(), sections.end(), section) == sections.end()) continue;
    out.push_back({kind, text(resource, "name"), section});
  }
  return out;
}

bool is_relevant(const Place& said, const Place& key) {
  if (said.type == "Mesh") return true;
  if (said.type != key.type || said.name != key.name) return false;
  return said.section == key.section || said.section.empty();
}

struct Outbound {
  Node conf;
  std::vector<std::string> origins;
  std::map<std::string, std::string> by_matches;
};

std::map<Place, Outbound> outbound(const std::vector<Entry>& entries, const World& world) {
  std::map<Place, Outbound> out;
  std::vector<std::vector<Place>> resolved;
  for (const Entry& entry : entries) {
    resolved.push_back(resolve(entry, world));
    for (const Place& place : resolved.back()) out[place];
  }
  for (auto& [key, rule] : out) {
    std::vector<Node> confs;
    for (size_t i = 0; i < entries.size(); ++i) {
      const Entry& entry = entries[i];
      const std::vector<Place>& places = resolved[i];
      const Place& here = key;
      if (std::none_of(places.begin(), places.end(), [&](const Place& said) { return is_relevant(said, here); }))
        continue;
      confs.push_back(entry.conf);
      if (std::find(rule.origins.begin(), rule.origins.end(), entry.origin()) == rule.origins.end())
        rule.origins.push_back(entry.origin());
      for (const Node& route_rule : items(entry.conf, "rules"))
        rule.by_matches[compact_json(*route_rule.find("matches"))] = entry.origin();
    }
    rule.conf = merge(confs);
  }
  return out;
}

Node outbound_tree(const std::map<Place, Outbound>& rules) {
  Node tree = object_node();
  for (const auto& [key, rule] : rules) {
    Node origins = list_node();
    for (const std::string& origin : rule.origins) origins.items.push_back(string_node(origin));
    Node by_matches = object_node();
    for (const auto& [matches, origin] : rule.by_matches) set_member(by_matches, matches, string_node(origin));
    set_member(tree, key.key(),
               object_node({{"conf", {}, rule.conf}, {"origins", {}, origins}, {"by_matches", {}, by_matches}}));
  }
  return tree;
}

// What holds for every service and section: the exact rule, the service's, the mesh's.
Node look_ups(const std::map<Place, Outbound>& rules, const World& world) {
  Node tree = object_node();
  for (const Node& resource : world.documents) {
    if (text(resource, "type") == "Mesh" || !text(resource, "type").starts_with("Mesh")) continue;
    if (text(resource, "type") == world.kind) continue;
    auto sections = sections_of(resource);
    sections.emplace_back();
    for (const std::string& section : sections) {
      const Place place = {text(resource, "type"), text(resource, "name"), section};
      Node found = null_node();
      for (const Place& tried : {place, Place{place.type, place.name, ""}, Place{"Mesh", text(resource, "mesh"), ""}}) {
        const auto rule = rules.find(tried);
        if (rule == rules.end()) continue;
        found = rule->second.conf;
        break;
      }
      set_member(tree, place.key(), found);
    }
  }
  return tree;
}

// --- Inbound.

struct Rule {
  Node match;  // null: everybody
  Node conf;
  std::string origin;
};

int match_class(const Node& match) {
  if (match.is_null()) return 5;
  const bool sni = match.find("sni") != nullptr;
  if (match.find("spiffeID") == nullptr) return sni ? 4 : 5;
  const bool exact = text(*match.find("spiffeID"), "type") == "Exact";
  return (exact ? 0 : 2) + (sni ? 0 : 1);
}

std::vector<Rule> inbound(const std::vector<Node>& policies) {
  std::vector<Rule> rules;
  for (const Node& policy : policies) {
    const std::vector<Node>& list = items(policy, "spec.rules");
    for (size_t i = 0; i < list.size(); ++i) {
      const Node* conf = list[i].find("default");
      std::vector<Node> matches = items(list[i], "matches");
      if (matches.empty()) matches.push_back(null_node());
      for (const Node& match : matches)
        rules.push_back({match, conf == nullptr ? object_node() : *conf, cat(text(policy, "name"), "#", i)});
    }
  }
  std::stable_sort(rules.begin(), rules.end(),
                   [](const Rule& a, const Rule& b) { return match_class(a.match) < match_class(b.match); });
  return rules;
}

bool subsumes(const Node& outer, const Node& inner) {
  if (const Node* sni = outer.find("sni")) {
    if (inner.find("sni") == nullptr || text(*inner.find("sni"), "value") != text(*sni, "value")) return false;
  }
  const Node& wide = *outer.find("spiffeID");
  const Node& narrow = *inner.find("spiffeID");
  if (text(wide, "type") == "Prefix") return text(narrow, "value").starts_with(text(wide, "value"));
  return text(narrow, "type") == "Exact" && text(narrow, "value") == text(wide, "value");
}

// The order in which confs are laid over each other; reversed it is that in which matches are tried.
std::pair<int, size_t> specificity(const Node& match) {
  const Node& spiffe = *match.find("spiffeID");
  return {-match_class(match), text(spiffe, "type") == "Prefix" ? text(spiffe, "value").size() : 0};
}

Node callers(const std::vector<Rule>& rules) {
  std::vector<Rule> named;
  for (const Rule& rule : rules) {
    if (rule.match.is_object() && rule.match.find("spiffeID") != nullptr) named.push_back(rule);
  }
  std::vector<Rule> tried = named;
  std::stable_sort(named.begin(), named.end(),
                   [](const Rule& a, const Rule& b) { return specificity(a.match) < specificity(b.match); });
  std::stable_sort(tried.begin(), tried.end(),
                   [](const Rule& a, const Rule& b) { return specificity(a.match) > specificity(b.match); });
  Node list = list_node();
  std::set<std::string> seen;
  for (const Rule& rule : tried) {
    if (!seen.insert(compact_json(rule.match)).second) continue;
    std::vector<Node> confs;
    for (const Rule& other : named) {
      if (subsumes(other.match, rule.match)) confs.push_back(other.conf);
    }
    list.items.push_back(object_node({{"match", {}, rule.match}, {"conf", {}, merge(confs)}}));
  }
  return list;
}

Node port_tree(const std::vector<Rule>& rules) {
  Node list = list_node();
  std::vector<Node> for_everybody;
  for (const Rule& rule : rules) {
    list.items.push_back(
        object_node({{"match", {}, rule.match}, {"conf", {}, rule.conf}, {"origin", {}, string_node(rule.origin)}}));
    if (rule.match.is_null()) for_everybody.push_back(rule.conf);
  }
  return object_node({{"rules", {}, list}, {"callers", {}, callers(rules)}, {"catch_all", {}, merge(for_everybody)}});
}

}  // namespace

Node rules(const World& world, bool include_shadow) {
  std::vector<Node> policies;
  std::map<size_t, std::vector<Node>> by_port;
  for (const Node& document : world.documents) {
    if (text(document, "type") != world.kind) continue;
    if (label(document, "kuma.io/effect") == "shadow" && !include_shadow) continue;
    if (selected(document, world.dataplane).first) policies.push_back(document);
  }
  sort_by_rank_and_name(policies);
  Node names = list_node();
  Node proxy_origins = list_node();
  std::vector<Node> defaults;
  for (const Node& policy : policies) {
    names.items.push_back(string_node(text(policy, "name")));
    if (const Node* conf = at(policy, "spec.default")) defaults.push_back(*conf);
    if (!items(policy, "spec.rules").empty()) {
      for (const size_t port : selected(policy, world.dataplane).second) by_port[port].push_back(policy);
    }
  }
  Node inbounds = object_node();
  for (const auto& [port, here] : by_port) set_member(inbounds, cat(port), port_tree(inbound(here)));
  const auto to = outbound(sorted_entries(policies), world);
  return object_node({{"policies", {}, names},
                      {"to", {}, outbound_tree(to)},
                      {"look_ups", {}, look_ups(to, world)},
                      {"inbounds", {}, inbounds},
                      {"proxy", {}, defaults.empty() ? null_node() : merge(defaults)}});
}

}  // namespace weft::reference
