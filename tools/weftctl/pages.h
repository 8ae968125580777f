// Reading JSON answers, and lists that come in pages. Blocks; used on the main thread.
#pragma once

#include <string>
#include <string_view>

#include "base/document/document.h"
#include "base/status.h"
#include "tools/weftctl/client.h"

namespace weft::ctl {

// The answer's tree. Error: not_found for a 404; otherwise the API's own words.
Result<Node> get_json(Client& client, const std::string& target);

// The value of `offset` in the URL of the next page; empty on the last one.
std::string next_offset(const Node& page);

struct PageOptions {
  int size = 0;        // 0: every page, joined; otherwise only one of that size
  std::string offset;  // where to begin
};
// A list: {total, items, next}. `query` says what else narrows it.
Result<Node> get_list(Client& client, const std::string& path, const Query& query, const PageOptions& options = {});

// The items of a list; none when it has no such member.
const std::vector<Node>& items_of(const Node& page);

// "--output" as given. Error: says what is possible.
Status check_output(std::string_view output);
// As YAML or JSON.
void print_tree(const Node& tree, std::string_view output);

}  // namespace weft::ctl
