#include "control-plane/engine/propagated_labels.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/hash.h"
#include "base/text.h"

namespace weft::cp {
namespace {

constexpr std::string_view kMarkPrefix = "kuma.io/pkey-";

bool is_reserved(std::string_view key) { return key.starts_with("kuma.io/") || key.starts_with("k8s.kuma.io/"); }

std::string mark_of(std::string_view key) { return cat(kMarkPrefix, hex64(fnv1a64(key))); }

struct Support {
  size_t count = 0;
  Time newest{};
};

// By key, by value. Instances are few per service.
std::map<std::string, std::map<std::string, Support>> values_of(const std::vector<InstancePtr>& instances,
                                                                const std::vector<std::string>& keys) {
  std::map<std::string, std::map<std::string, Support>> values;
  for (const InstancePtr& instance : instances) {
    for (const auto& [key, value] : instance->resource->labels) {
      if (is_reserved(key)) continue;
      if (!keys.empty() && std::find(keys.begin(), keys.end(), key) == keys.end()) continue;
      Support& support = values[key][value];
      ++support.count;
      support.newest = std::max(support.newest, instance->resource->created);
    }
  }
  return values;
}

const std::string& chosen(const std::map<std::string, Support>& values) {
  auto best = values.begin();
  for (auto it = values.begin(); it != values.end(); ++it) {
    const auto rank = [](const Support& s) { return std::tie(s.count, s.newest); };
    if (rank(best->second) < rank(it->second)) best = it;
  }
  return best->first;
}

}  // namespace

void propagate_labels(const std::vector<InstancePtr>& instances, const std::vector<std::string>* keys, Labels& labels) {
  std::erase_if(labels,
                [&](const auto& label) { return !is_reserved(label.first) && labels.contains(mark_of(label.first)); });
  std::erase_if(labels, [](const auto& label) { return label.first.starts_with(kMarkPrefix); });
  if (keys == nullptr) return;
  for (const auto& [key, values] : values_of(instances, *keys)) {
    if (!labels.try_emplace(key, chosen(values)).second) continue;  // somebody else's
    labels[mark_of(key)] = "";
  }
}

}  // namespace weft::cp
