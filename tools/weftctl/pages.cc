#include "tools/weftctl/pages.h"

#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/terminal.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

// Without a size of one's own: the largest the contract allows, so that a long list takes few requests.
constexpr int kLargestPage = 1000;

Result<Node> get_page(Client& client, const std::string& path, Query query, int size, const std::string& offset) {
  if (size > 0) query.add("size", cat(size));
  if (!offset.empty()) query.add("offset", offset);
  return get_json(client, path + query.text());
}

}  // namespace

Result<Node> get_json(Client& client, const std::string& target) {
  const auto answer = client.get(target);
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  auto body = parse_json(answer->body);
  if (!body.ok())
    return annotate(body.status(), cat(client.plane().url, target, ": not the answer of a control plane"));
  return body;
}

std::string next_offset(const Node& page) {
  const std::string next = text_at(page, "next");
  const size_t at = next.find("offset=");
  if (at == next.npos) return "";
  return next.substr(at + 7, next.find('&', at) - at - 7);
}

const std::vector<Node>& items_of(const Node& page) {
  static const std::vector<Node> kNone;
  const Node* items = page.find("items");
  return items == nullptr ? kNone : items->items;
}

Result<Node> get_list(Client& client, const std::string& path, const Query& query, const PageOptions& options) {
  // The first page as the server would give it: most lists end with it.
  auto first = get_page(client, path, query, options.size, options.offset);
  if (!first.ok() || options.size > 0) return first;
  Node all = *std::move(first);
  Node joined = list();
  joined.items = items_of(all);
  Progress progress("listed", 0);
  for (std::string offset = next_offset(all); !offset.empty();) {
    progress.step(joined.items.size());
    const auto page = get_page(client, path, query, kLargestPage, offset);
    if (!page.ok()) return page.status();
    joined.items.insert(joined.items.end(), items_of(*page).begin(), items_of(*page).end());
    const std::string next = next_offset(*page);
    // A server that does not move on would be asked for ever.
    offset = next == offset ? "" : next;
  }
  // An answer may say null for an empty list; it stays as it is then.
  if (!joined.items.empty()) put(all, "items", std::move(joined));
  if (all.find("next") != nullptr) put(all, "next", Node{});
  return all;
}

Status check_output(std::string_view output) {
  if (output == "table" || output == "yaml" || output == "json") return ok();
  return invalid(cat("--output: \"", output, "\" is none of table, yaml, json"));
}

void print_tree(const Node& tree, std::string_view output) {
  print(output == "yaml" ? yaml_text(tree) : pretty_json(tree));
}

}  // namespace weft::ctl
