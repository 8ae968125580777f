// Items for this folder's tests.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/hash.h"
#include "control-plane/engine/compiled_item.h"

namespace weft::cp {

inline CompiledItemPtr item(v1::ItemType type, std::string name, std::string content) {
  auto made = std::make_shared<CompiledItem>();
  made->type = type;
  made->name = std::move(name);
  made->hash = content_hash(content);
  made->bytes = std::make_shared<const std::string>(std::move(content));
  return made;
}
inline CompiledItemPtr destination(std::string name, std::string content) {
  return item(v1::DESTINATION, std::move(name), std::move(content));
}

inline ProxyItemsPtr items(std::vector<CompiledItemPtr> list) {
  std::sort(list.begin(), list.end(), [](const CompiledItemPtr& a, const CompiledItemPtr& b) {
    return std::tie(a->type, a->name) < std::tie(b->type, b->name);
  });
  auto made = std::make_shared<ProxyItems>();
  made->items = std::move(list);
  return made;
}

// "a b -c": the names of what an update changes and removes.
template <typename Difference>
std::string names(const Difference& difference) {
  std::string out;
  for (const auto& changed : difference.changed) out += (out.empty() ? "" : " ") + changed->name;
  for (const auto& removed : difference.removed) out += (out.empty() ? "-" : " -") + removed.name;
  return out;
}

}  // namespace weft::cp
