// A resource as the object it would be in Kubernetes, for whoever moves there. The reverse is not read. Pure function.
#pragma once

#include <string>
#include <string_view>

#include "control-plane/resource/resource.h"

namespace weft::cp {

// Where secrets, and resources that belong to no namespace of their own, live unless told otherwise.
inline constexpr std::string_view kSystemNamespace = "kuma-system";

// JSON text. `name_space`: where the object goes unless its labels say.
std::string encode_kubernetes(const Resource& resource, std::string_view name_space = kSystemNamespace);

}  // namespace weft::cp
