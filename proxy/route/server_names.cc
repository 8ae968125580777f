#include "proxy/route/server_names.h"

#include <utility>

#include "proxy/tls/server_name.h"

namespace weft::proxy {

bool ServerNames::add(std::string_view name, std::shared_ptr<const Destination> to) {
  const bool wildcard = name.starts_with("*.");
  if (const std::string_view full = name.substr(wildcard ? 2 : 0); full.empty() || server_name(full) != full)
    return false;
  return places_.try_emplace(std::string(name.substr(wildcard ? 1 : 0)), std::move(to)).second;
}

const std::shared_ptr<const Destination>* ServerNames::find(std::string_view name) const {
  auto place = places_.find(name);
  while (place == places_.end()) {
    const size_t dot = name.find('.', 1);
    if (dot == std::string_view::npos) return nullptr;
    name.remove_prefix(dot);
    place = places_.find(name);
  }
  return &place->second;
}

}  // namespace weft::proxy
