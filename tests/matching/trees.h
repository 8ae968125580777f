// RFC 7396 and the other ways to lay one conf over another, on trees. For the reference; pure functions.
#pragma once

#include <string_view>
#include <vector>

#include "base/document/document.h"

namespace weft::reference {

// The value of a key as text; empty when it is absent.
std::string text(const Node& node, std::string_view key);
// By "a.b.c"; null when it is not there.
const Node* at(const Node& node, std::string_view path);
// Empty when it is not there.
const std::vector<Node>& items(const Node& node, std::string_view path);

// The merge of confs, the last wins: objects merge, everything else is replaced, null deletes, lists called append...
// grow, `rules` of routes are put together by their matches.
Node merge(const std::vector<Node>& confs);

}  // namespace weft::reference
