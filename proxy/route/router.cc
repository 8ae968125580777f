#include "proxy/route/router.h"

namespace weft::proxy {

bool covers_path(std::string_view prefix, std::string_view path) {
  if (prefix.empty() || prefix == "/") return true;
  if (prefix.back() == '/') prefix.remove_suffix(1);
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || path[prefix.size()] == '/' || path[prefix.size()] == '?';
}

const Route* match_route(const Destination& destination, std::string_view path) {
  for (const Route& route : destination.routes) {
    if (covers_path(route.path_prefix, path)) return &route;
  }
  return nullptr;
}

}  // namespace weft::proxy
