#include "control-plane/engine/world_changes.h"

#include <map>
#include <set>
#include <tuple>

#include "base/document/differences.h"
#include "base/document/print.h"
#include "base/hash.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

Node conf_tree(const PlacedConf* placed) {
  Result<Node> tree = parse_json(placed == nullptr || placed->conf == nullptr ? "{}" : encode_message(*placed->conf));
  return tree.ok() ? *std::move(tree) : Node();
}

std::string text_of(const Node* node) { return node == nullptr ? std::string() : compact_json(*node); }

// Adds the leaves below `node`, so that what is new as a whole is said field by field.
void add_leaves(const Node* before, const Node* after, const std::string& path, std::vector<FieldChange>& out) {
  const Node& node = before != nullptr ? *before : *after;
  if (!node.is_object() || node.members.empty() || (before != nullptr && after != nullptr)) {
    out.push_back({path, text_of(before), text_of(after), {}});
    return;
  }
  for (const Member& member : node.members) {
    add_leaves(before != nullptr ? &member.value : nullptr, after != nullptr ? &member.value : nullptr,
               path_below(path, member.key), out);
  }
}

// Who gave the field at `path`, or a part of it, or what it is a part of.
std::string giver_of(const PlacedConf* placed, const std::string& path) {
  if (placed == nullptr) return {};
  const auto holds = [](std::string_view outer, std::string_view inner) {
    return inner.starts_with(outer) &&
           (inner.size() == outer.size() || inner[outer.size()] == '.' || inner[outer.size()] == '[');
  };
  for (const FieldOrigin& field : placed->fields) {
    if (holds(field.path, path) || holds(path, field.path)) return placed->origins[field.conf].policy->meta.kri;
  }
  return {};
}

std::vector<FieldChange> field_changes(const PlacedConf* before, const PlacedConf* after) {
  const Node old_conf = conf_tree(before), new_conf = conf_tree(after);
  std::vector<FieldChange> out;
  for (const Difference& one : differences(old_conf, new_conf)) add_leaves(one.before, one.after, one.path, out);
  for (FieldChange& change : out) change.policy = giver_of(change.after.empty() ? before : after, change.path);
  return out;
}

using PlaceKey = std::tuple<std::string_view, Side, std::string_view, std::string_view>;  // kind, side, place, match
using Places = std::map<PlaceKey, const PlacedConf*>;

struct ProxyRules {
  std::vector<PlacedConf> confs;
  Places places;
  std::string mesh_kri;

  const PlacedConf* find(std::string_view kind, Side side, std::string_view place, std::string_view match) const {
    const auto found = places.find({kind, side, place, match});
    return found == places.end() ? nullptr : found->second;
  }
};

ProxyRules rules_in(const World& world, const ResourceKey& dataplane, RuleIndexes& indexes) {
  ProxyRules out;
  const Result<EffectiveRules> rules = effective_rules(world, dataplane, indexes);
  if (!rules.ok()) return out;
  out.mesh_kri = rules->mesh_kri();
  out.confs = placed_confs(*rules);
  for (const PlacedConf& placed : out.confs)
    out.places[{placed.kind, placed.side, placed.place, placed.match}] = &placed;
  return out;
}

// What holds at the place of `wanted`, which may have no rule of its own in `rules`: that of the whole resource then,
// that of the mesh after it.
const PlacedConf* holding(const ProxyRules& rules, const PlacedConf& wanted) {
  if (const PlacedConf* exact = rules.find(wanted.kind, wanted.side, wanted.place, wanted.match)) return exact;
  if (wanted.side == Side::kInbound && !wanted.match.empty())
    return rules.find(wanted.kind, wanted.side, wanted.place, "");
  if (wanted.side != Side::kOutbound || wanted.type == "MeshHTTPRoute") return nullptr;
  const std::string_view place = wanted.place;
  const std::string_view whole = place.substr(0, place.size() - wanted.section.size());
  if (const PlacedConf* resource = rules.find(wanted.kind, wanted.side, whole, "")) return resource;
  return rules.find(wanted.kind, wanted.side, rules.mesh_kri, "");
}

std::vector<RuleChange> rule_changes(const ProxyRules& before, const ProxyRules& after) {
  std::map<PlaceKey, const PlacedConf*> all = after.places;
  all.insert(before.places.begin(), before.places.end());
  std::vector<RuleChange> out;
  for (const auto& [key, placed] : all) {
    std::vector<FieldChange> fields = field_changes(holding(before, *placed), holding(after, *placed));
    if (fields.empty()) continue;
    out.push_back({std::string(placed->kind), placed->side, placed->place, placed->type, placed->name, placed->section,
                   placed->match, std::move(fields)});
  }
  return out;
}

std::string unit_name(v1::ItemType type) {
  switch (type) {
    case v1::LISTENERS: return "listeners";
    case v1::DESTINATION: return "destination";
    case v1::IDENTITY: return "identity";
    case v1::TRUST: return "trust";
    default: return "endpoints";
  }
}

using Units = std::map<std::pair<v1::ItemType, std::string_view>, uint64_t>;  // type and name to hash

// Which policies a conf came from is no change of what is done.
uint64_t hash_of(const CompiledItem& item) {
  if (item.type != v1::DESTINATION) return item.hash;
  v1::Destination destination;
  if (!destination.ParseFromString(*item.bytes)) return item.hash;
  for (v1::PolicyUnit& unit : *destination.mutable_policies()) unit.clear_origins();
  for (auto& route : *destination.mutable_routes()) {
    for (v1::PolicyUnit& unit : *route.mutable_policies()) unit.clear_origins();
  }
  return content_hash(destination.SerializeAsString());
}

Units units_of(const Result<ProxyItemsPtr>& compiled) {
  Units out;
  if (!compiled.ok()) return out;
  for (const CompiledItemPtr& item : (*compiled)->items) out[{item->type, item->name}] = hash_of(*item);
  return out;
}

std::vector<UnitChange> unit_changes(const Result<ProxyItemsPtr>& before, const Result<ProxyItemsPtr>& after) {
  std::vector<UnitChange> out;
  if (before.ok() && after.ok() && *before == *after) return out;
  const Units old_units = units_of(before), new_units = units_of(after);
  for (const auto& [key, hash] : old_units) {
    const auto now = new_units.find(key);
    if (now != new_units.end() && now->second == hash) continue;
    out.push_back({unit_name(key.first), std::string(key.second), now == new_units.end() ? "removed" : "changed"});
  }
  for (const auto& [key, hash] : new_units) {
    if (!old_units.contains(key)) out.push_back({unit_name(key.first), std::string(key.second), "created"});
  }
  return out;
}

// Whether some change can reach the rules of a proxy. A policy reaches those it selects, now or then; other resources
// may be named by any policy.
class Reach {
 public:
  Reach(const World& before, const World& after, std::span<const ResourceKey> changed) {
    for (const ResourceKey& key : changed) {
      const Kind* kind = find_kind(key.type);
      if (key.type == "Dataplane") continue;  // compared themselves
      if (kind == nullptr || !kind->is_policy())
        all_.insert(kind != nullptr && kind->is_global() ? key.name : key.mesh);
      for (const World* world : {&before, &after}) {
        const ResourcePtr resource = world->find(key);
        if (resource == nullptr) continue;
        if (PolicyPtr policy = view_policy(resource)) policies_.push_back(std::move(policy));
      }
    }
  }

  bool reaches(const ResourcePtr& dataplane) const {
    if (all_.contains(dataplane->key.mesh)) return true;
    const DataplaneViewPtr view = view_dataplane(dataplane);
    for (const PolicyPtr& policy : policies_) {
      if (policy->meta.mesh == dataplane->key.mesh && view != nullptr && select(*policy, view->proxy).applies)
        return true;
    }
    return false;
  }

 private:
  std::set<std::string> all_;  // meshes
  std::vector<PolicyPtr> policies_;
};

std::set<std::string> meshes_of(std::span<const ResourceKey> changed) {
  std::set<std::string> out;
  for (const ResourceKey& key : changed) out.insert(key.type == "Mesh" ? key.name : key.mesh);
  return out;
}

std::set<std::string> dataplanes_of(const World& before, const World& after, const std::string& mesh) {
  std::set<std::string> out;
  for (const World* world : {&before, &after}) {
    const auto table = world->table("Dataplane", mesh);
    for (const auto& [name, resource] : *table) out.insert(name);
  }
  return out;
}

void write_rule(JsonWriter& out, const RuleChange& rule) {
  out.begin_object();
  out.member("kind", rule.kind);
  out.member("side", side_name(rule.side));
  out.member("place", rule.place);
  out.member("type", rule.type);
  out.member("name", rule.name);
  if (!rule.section.empty()) out.member("section", rule.section);
  if (!rule.match.empty()) {
    out.key("match");
    out.raw(rule.match);
  }
  out.key("fields");
  out.begin_list();
  for (const FieldChange& field : rule.fields) {
    out.begin_object();
    out.member("path", field.path);
    if (!field.before.empty()) out.key("before"), out.raw(field.before);
    if (!field.after.empty()) out.key("after"), out.raw(field.after);
    if (!field.policy.empty()) out.member("policy", field.policy);
    out.end_object();
  }
  out.end_list();
  out.end_object();
}

void write_unit(JsonWriter& out, const UnitChange& unit) {
  out.begin_object();
  out.member("what", unit.what);
  out.member("name", unit.name);
  out.member("change", unit.change);
  out.end_object();
}

}  // namespace

std::vector<ProxyChange> world_changes(const World& before, const World& after, std::span<const ResourceKey> changed) {
  const Reach reach(before, after, changed);
  std::vector<ProxyChange> out;
  RuleIndexes old_rules, new_rules;
  for (const std::string& mesh : meshes_of(changed)) {
    const std::set<std::string> names = dataplanes_of(before, after, mesh);
    Memo memo;  // one for both, all of one World after all of the other: what is the same is compiled once
    std::map<std::string, Result<ProxyItemsPtr>> compiled;
    for (const std::string& name : names)
      compiled.emplace(name, compile_proxy(before, {"Dataplane", mesh, name}, memo));
    for (const std::string& name : names) {
      const ResourceKey key{"Dataplane", mesh, name};
      const ResourcePtr old_one = before.find(key), new_one = after.find(key);
      ProxyChange change{mesh,
                         name,
                         old_one == nullptr   ? "created"
                         : new_one == nullptr ? "removed"
                                              : "changed",
                         {},
                         {}};
      change.units = unit_changes(compiled.at(name), compile_proxy(after, key, memo));
      if (old_one != new_one || reach.reaches(new_one))
        change.rules = rule_changes(rules_in(before, key, old_rules), rules_in(after, key, new_rules));
      if (change.change != "changed" || !change.rules.empty() || !change.units.empty())
        out.push_back(std::move(change));
    }
  }
  return out;
}

std::string changes_document(const std::vector<ProxyChange>& changes) {
  JsonWriter out(JsonWriter::Style::kCompact);
  out.begin_list();
  for (const ProxyChange& change : changes) {
    out.begin_object();
    out.member("mesh", change.mesh);
    out.member("name", change.name);
    out.member("change", change.change);
    out.key("rules");
    out.begin_list();
    for (const RuleChange& rule : change.rules) write_rule(out, rule);
    out.end_list();
    out.key("units");
    out.begin_list();
    for (const UnitChange& unit : change.units) write_unit(out, unit);
    out.end_list();
    out.end_object();
  }
  out.end_list();
  return out.take();
}

}  // namespace weft::cp
