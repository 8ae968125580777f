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
  Node out = resource;
  if (text_at(out, "type") == "Mesh") {
    Node all = list();
    all.items.push_back(text("*"));
    put(out, "skipCreatingInitialPolicies", std::move(all));
  }
  if (!is_federation(profile)) return out;
  for (Member& member : out.members) {
    if (member.key != "labels") continue;
    remove_member(member.value, "kuma.io/origin");
    if (member.value.members.empty()) {
      remove_member(out, "labels");
      break;
    }
  }
  return out;
}

void sort_for_apply(std::vector<Node>& documents) {
  std::stable_sort(documents.begin(), documents.end(), [](const Node& a, const Node& b) { return rank(a) < rank(b); });
}

}  // namespace weft::ctl
