// What belongs into an export, in which form and order. Pure functions.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "base/status.h"
#include "tools/weftctl/kinds.h"

namespace weft::ctl {

enum class ExportProfile { kFederation, kFederationWithPolicies, kAll, kNoDataplanes };

// Error: says which ones there are.
Result<ExportProfile> read_profile(std::string_view word);

// The kinds of a profile, without those that only a control plane writes. Secrets go with the federation profiles, or
// when they are asked for.
std::vector<const Kind*> exported_kinds(std::span<const Kind> kinds, ExportProfile profile, bool include_admin);

// False for secrets that every control plane makes for itself.
bool is_exported(const Node& resource);

// The document that makes the same resource elsewhere: a mesh without policies of its own making, a resource of a
// federation profile without the label that says where it comes from.
Node prepare_for_apply(const Node& resource, ExportProfile profile);

// The same of objects of Kubernetes. A federation profile takes only what lives in the system's namespace, or in none.
bool is_exported_to(const Node& object, ExportProfile profile, std::string_view system_namespace);
Node prepare_object(const Node& object, ExportProfile profile);

// Meshes and their secrets first, global secrets after everything else, and the keys that sign users' tokens last: from
// then on the tokens of the other control plane are not valid any more.
void sort_for_apply(std::vector<Node>& documents);

}  // namespace weft::ctl
