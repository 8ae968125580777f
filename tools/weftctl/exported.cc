#include "tools/weftctl/exported.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

struct Profile {
  std::string_view word;
  ExportProfile profile;
};
constexpr std::array kProfiles = {Profile{"federation", ExportProfile::kFederation},
                                  Profile{"federation-with-policies", ExportProfile::kFederationWithPolicies},
                                  Profile{"all", ExportProfile::kAll},
                                  Profile{"no-dataplanes", ExportProfile::kNoDataplanes}};

bool is_federation(ExportProfile profile) {
  return profile == ExportProfile::kFederation || profile == ExportProfile::kFederationWithPolicies;
}

bool is_admin(std::string_view type) { return type == "Secret" || type == "GlobalSecret"; }

bool belongs(const Kind& kind, ExportProfile profile) {
  switch (profile) {
    case ExportProfile::kFederation: return kind.in_federation && !kind.policy;
    case ExportProfile::kFederationWithPolicies: return kind.in_federation;
    case ExportProfile::kNoDataplanes: return kind.type != "Dataplane" && kind.type != "DataplaneInsight";
    case ExportProfile::kAll: break;
  }
  return true;
}

void remove_member(Node& object, std::string_view key) {
  std::erase_if(object.members, [&](const Member& member) { return member.key == key; });
}

int rank(const Node& document) {
  const std::string type = text_at(document, "type");
  if (type == "Mesh") return 0;
  if (type == "Secret") return 1;
  if (type != "GlobalSecret") return 2;
  return text_at(document, "name").starts_with("user-token-signing-key") ? 4 : 3;
}

Node without_policies(Node mesh) {
  Node all = list();
  all.items.push_back(text("*"));
  put(mesh, "skipCreatingInitialPolicies", std::move(all));
  return mesh;
}

// Without the label that says where it comes from. `parent` holds the labels.
void leave_out_origin(Node& parent) {
  for (Member& member : parent.members) {
    if (member.key != "labels") continue;
    remove_member(member.value, "kuma.io/origin");
    if (member.value.members.empty()) {
      remove_member(parent, "labels");
      break;
    }
  }
}

}  // namespace

Result<ExportProfile> read_profile(std::string_view word) {
  std::vector<std::string> words;
  for (const Profile& profile : kProfiles) {
    if (profile.word == word) return profile.profile;
    words.emplace_back(profile.word);
  }
  return invalid(cat("--profile: \"", word, "\" is none of ", join(words, ", ")));
}

std::vector<const Kind*> exported_kinds(std::span<const Kind> kinds, ExportProfile profile, bool include_admin) {
  std::vector<const Kind*> out;
  for (const Kind& kind : kinds) {
    if (kind.read_only) continue;  // nobody can apply those
    const bool wanted = is_admin(kind.type) ? include_admin || is_federation(profile) : belongs(kind, profile);
    if (wanted) out.push_back(&kind);
  }
  return out;
}

bool is_exported(const Node& resource) {
  const std::string name = text_at(resource, "name");
  return text_at(resource, "type") != "GlobalSecret" || (name != "envoy-admin-ca" && name != "inter-cp-ca");
}

Node prepare_for_apply(const Node& resource, ExportProfile profile) {
  Node out = text_at(resource, "type") == "Mesh" ? without_policies(resource) : resource;
  if (is_federation(profile)) leave_out_origin(out);
  return out;
}

bool is_exported_to(const Node& object, ExportProfile profile, std::string_view system_namespace) {
  const std::string name_space = text_at(object, "metadata.namespace");
  return !is_federation(profile) || name_space.empty() || name_space == system_namespace;
}

Node prepare_object(const Node& object, ExportProfile profile) {
  Node out = object;
  for (Member& member : out.members) {
    if (member.key == "spec" && text_at(object, "kind") == "Mesh") member.value = without_policies(member.value);
    if (member.key == "metadata" && is_federation(profile)) leave_out_origin(member.value);
  }
  return out;
}

void sort_for_apply(std::vector<Node>& documents) {
  std::stable_sort(documents.begin(), documents.end(), [](const Node& a, const Node& b) { return rank(a) < rank(b); });
}

}  // namespace weft::ctl
