#include "policies/to_rules.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "policies/policy.h"

namespace weft {
namespace {

constexpr std::string_view kMesh = "Mesh";

bool ignores_section(const TargetResource& resource) {
  return resource.type == "MeshHTTPRoute" || resource.type == "MeshExternalService";
}

// An entry resolved to `target` and `section` matters to what is said about `key` and `key_section`.
bool is_relevant(const v1::TargetRef& ref, const TargetResource& key, std::string_view key_section, bool mesh_visible) {
  if (ref.kind() == kMesh) return mesh_visible;
  if (ref.kind() != key.type || !names_resource(ref, key)) return false;
  if (ignores_section(key)) return true;
  return ref.section_name() == key_section || ref.section_name().empty();
}

}  // namespace

bool names_resource(const v1::TargetRef& ref, const TargetResource& resource) {
  if (ref.kind() == kMesh) return resource.type == kMesh;
  if (ref.kind() != resource.type || ref.labels().empty() || !has_labels(resource.labels, ref.labels())) return false;
  if (ref.section_name().empty() || resource.type == "MeshHTTPRoute") return true;
  return std::any_of(resource.ports.begin(), resource.ports.end(),
                     [&](const TargetResource::Port& port) { return port.section() == ref.section_name(); });
}

std::vector<ToEntry> relevant_entries(std::span<const ToEntry> entries, const TargetResource& resource,
                                      std::string_view section, bool mesh_visible) {
  std::vector<ToEntry> relevant;
  for (const ToEntry& entry : entries) {
    if (is_relevant(entry.target(), resource, section, mesh_visible)) relevant.push_back(entry);
  }
  return relevant;
}

EffectiveConf merge_entries(std::span<const ToEntry> entries) {
  ConfMerger merger;
  for (const ToEntry& entry : entries) merger.add({entry.policy, entry.index}, entry.conf());
  return merger.take();
}

namespace {

// Collects which entries speak of what. Positions of entries keep their order, which is the order of merging.
class RuleBuilder {
 public:
  RuleBuilder(std::span<const ToEntry> entries, const TargetResource* mesh) : entries_(entries), mesh_(mesh) {
    if (!entries.empty()) kind_ = find_policy_kind(entries.front().policy->meta.type);
  }

  void resolve(FindTargets find) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      const v1::TargetRef& ref = entries_[i].target();
      if (ref.kind() == kMesh) {
        if (mesh_ != nullptr) of_mesh_.push_back(i);
        continue;
      }
      for (const TargetResource* resource : find(ref)) {
        const auto [at, added] = positions_.try_emplace(resource, named_.size());
        if (added) named_.push_back({resource, {}});
        named_[at->second].entries.push_back(i);
      }
    }
  }

  ToRules build() {
    ToRules rules;
    if (!of_mesh_.empty()) rules.emplace(mesh_->kri, rule_for(*mesh_, "", of_mesh_));
    for (const Named& named : named_) {
      for (const size_t i : named.entries) {
        const std::string section = section_of(named, i);
        const auto [at, added] = rules.try_emplace(cat(named.resource->kri, section));
        if (added) at->second = rule_for(*named.resource, section, relevant(named, section));
      }
    }
    return rules;
  }

 private:
  // A resource, and the entries that name it or one of its ports.
  struct Named {
    const TargetResource* resource;
    std::vector<size_t> entries;
  };

  std::string section_of(const Named& named, size_t entry) const {
    return ignores_section(*named.resource) ? std::string() : entries_[entry].target().section_name();
  }

  // What matters to a section: what is said of the mesh, of the whole resource, and of the section.
  std::vector<size_t> relevant(const Named& named, std::string_view section) const {
    std::vector<size_t> here;
    for (const size_t i : named.entries) {
      const std::string other = section_of(named, i);
      if (other.empty() || other == section) here.push_back(i);
    }
    std::vector<size_t> all;
    std::merge(of_mesh_.begin(), of_mesh_.end(), here.begin(), here.end(), std::back_inserter(all));
    return all;
  }

  // What some entries say together. Many places are spoken of by the same ones.
  struct Merged {
    EffectiveConf effective;
    std::map<std::string, ConfOrigin> origin_by_matches;
  };

  ToRule rule_for(const TargetResource& resource, const std::string& section, const std::vector<size_t>& relevant) {
    const auto [at, added] = merged_.try_emplace(relevant);
    if (added) at->second = merge(relevant);
    return {&resource, section, at->second.effective, at->second.origin_by_matches};
  }

  Merged merge(const std::vector<size_t>& relevant) const {
    Merged out;
    ConfMerger merger;
    for (const size_t i : relevant) {
      const ConfOrigin origin{entries_[i].policy, entries_[i].index};
      const google::protobuf::Message* conf = entries_[i].conf();
      merger.add(origin, conf);
      if (conf == nullptr || kind_ == nullptr || kind_->match_hashes == nullptr) continue;
      for (const std::string& hash : kind_->match_hashes(*conf)) out.origin_by_matches[hash] = origin;
    }
    out.effective = merger.take();
    return out;
  }

  std::span<const ToEntry> entries_;
  const TargetResource* mesh_;
  const PolicyKind* kind_ = nullptr;  // null only without entries
  std::vector<size_t> of_mesh_;
  std::vector<Named> named_;  // in the order in which they were named first
  std::unordered_map<const TargetResource*, size_t> positions_;
  std::map<std::vector<size_t>, Merged> merged_;
};

}  // namespace

ToRules to_rules(std::span<const ToEntry> entries, const TargetResource* mesh, FindTargets find) {
  RuleBuilder builder(entries, mesh);
  builder.resolve(find);
  return builder.build();
}

ToRules to_rules(std::span<const ToEntry> entries, const TargetReader& reader) {
  return to_rules(entries, reader.mesh, [&](const v1::TargetRef& ref) {
    std::vector<const TargetResource*> named;
    for (const TargetResource* resource : reader.resources) {
      if (names_resource(ref, *resource)) named.push_back(resource);
    }
    return named;
  });
}

namespace {

const ToRule* find_exactly(const ToRules& rules, std::string_view kri) {
  const auto found = rules.find(kri);
  return found == rules.end() ? nullptr : &found->second;
}

}  // namespace

const ToRule* find_to_rule(const ToRules& rules, std::string_view kri, std::string_view section,
                           std::string_view mesh_kri) {
  if (const ToRule* exact = find_exactly(rules, cat(kri, section))) return exact;
  if (const ToRule* whole = find_exactly(rules, kri)) return whole;
  return mesh_kri.empty() ? nullptr : find_exactly(rules, mesh_kri);
}

const ToRule* find_route_rule(const ToRules& rules, std::string_view route_kri, std::string_view kri,
                              std::string_view section, std::string_view mesh_kri) {
  const ToRule* route = find_exactly(rules, route_kri);
  if (route != nullptr && route->effective.conf != nullptr) return route;
  return find_to_rule(rules, kri, section, mesh_kri);
}

}  // namespace weft
