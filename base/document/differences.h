// What is different between two trees, field by field. Pure function; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/document/document.h"

namespace weft {

struct Difference {
  std::string path;              // "spec.to[0].default.idleTimeout", as value_at() reads it; empty: the whole tree
  const Node* before = nullptr;  // null: not there
  const Node* after = nullptr;
};

// In the order of `before`, then what only `after` has. Objects are compared key by key, lists item by item; what
// stands on one side alone is one difference, however much is in it. The trees must outlive the result.
std::vector<Difference> differences(const Node& before, const Node& after);

// "path.key", or `path["a/b"]` when the key is no plain word.
std::string path_below(std::string_view path, std::string_view key);

}  // namespace weft
