// Comparing what came with what was wanted: as structures, not as bytes (the order of keys does not count, that of
// lists does), with a difference that a person can read. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/document/document.h"
#include "tests/conformance/suite.h"

namespace weft::conformance {

// Building the trees that are compared.
Node object_node(std::vector<Member> members = {});
Node list_node(std::vector<Node> items = {});
Node string_node(std::string_view text);
Node number_node(int64_t value);
Node null_node();
// Replaces the member if it is there.
void set_member(Node& object, std::string_view key, Node value);

// Where the two differ, one line a place ("items[0].name: wanted "a", got "b""); empty when they are the same.
std::string difference(const Node& wanted, const Node& got);
// The same for texts, line by line.
std::string difference_of_text(std::string_view wanted, std::string_view got);

// The two ways in which golden data write who a resource is (`name`, `kri`, ... or `Name`, `Version`, ...) made one:
// name, mesh, labels, and type and kri where they are given. Times go. At any depth.
Node with_plain_metadata(Node tree);
// Who a resource is, for comparing with the above. Drops from `got` what only the first way says where `wanted` is
// written in the second.
std::string difference_of_rules(const Node& wanted, const Node& got);

// Passed when `difference` is empty.
CaseReport report(std::string id, std::string difference);

}  // namespace weft::conformance
