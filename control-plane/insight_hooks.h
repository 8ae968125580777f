// What is counted and computed when the API is asked, joined to it: insights and host names as hooks of the REST API.
// Without state of its own.
#pragma once

#include <memory>
#include <string_view>

#include "control-plane/resource/place.h"
#include "control-plane/source/api_server.h"
#include "control-plane/store/world.h"
#include "weft/v1/dataplane_insight.pb.h"

namespace weft::cp {

// Uses hooks.insight as it is now.
void add_insight_hooks(ApiHooks& hooks, const Place& place);

// `insight` with whom the mesh believes, when the proxy has a certificate.
std::shared_ptr<const v1::DataplaneInsight> with_trusts(std::shared_ptr<const v1::DataplaneInsight> insight,
                                                        const World& world, std::string_view mesh);

}  // namespace weft::cp
