// The answer of POST /_diff in words. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"

namespace weft::ctl {

// Documents first, each with its fields; then the proxies, those for which the same changes together.
std::string diff_text(const Node& diff);
bool has_changes(const Node& diff);
// What the control plane says about the documents, each naming its document.
std::vector<std::string> diff_warnings(const Node& diff);

// "the mesh", `MeshService backend (http)`, "inbound http", as rules of /_effective and /_diff name their place.
std::string place_text(const Node& rule);
// "backend-times-out" of "kri_mt_default_zone__backend-times-out_": what a person calls it.
std::string_view name_in_kri(std::string_view kri);

}  // namespace weft::ctl
