// Rules of MeshHTTPRoutes that no request gets to, because others always come first. Pure, any thread.
#pragma once

#include <span>
#include <vector>

#include "policies/policy.h"

namespace weft::mesh_http_route {

// PolicyKind::hidden_rules; the confs are v1::MeshHTTPRouteConf.
std::vector<HiddenRule> hidden_rules(std::span<const google::protobuf::Message* const> confs, size_t own);

}  // namespace weft::mesh_http_route
