// How resources are named to the outside: the KRI ("kri_msvc_default_east_shop_web_http") and the server name of a
// service's port. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/resource.h"

namespace weft::cp {

// kri(resource, section) stands in resource.h.

struct Kri {
  const Kind* kind = nullptr;  // never null
  std::string mesh, zone, name_space, name, section;
};

// Error: says what is wrong, in the words the API uses.
Result<Kri> parse_kri(std::string_view text);

// Whether `resource` is what `kri` names; a part that either side leaves empty is not compared.
bool names(const Kri& kri, const Resource& resource);

// "sni.msvc.default.east.web.http": the server name of one port of a service, of any of the three kinds.
std::string sni(const Resource& resource, std::string_view section);

// Ports of a service and the server name of each, by port; empty for other kinds.
std::vector<std::pair<uint32_t, std::string>> snis(const Resource& resource);

}  // namespace weft::cp
