// weftctl get: a list or one resource, as a table, YAML or JSON.
#include <algorithm>

#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/table.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

struct Options {
  std::string mesh = "default";
  std::string output = "table";
  int size = 0;
  std::string offset;
};

// "kuma.io/workload=web version=v1,v2": labels and gateway tags, sorted.
std::string tags(const Node& dataplane) {
  std::vector<std::string> out;
  if (const Node* labels = dataplane.find("labels")) {
    for (const Member& label : labels->members) out.push_back(cat(label.key, "=", label.value.text));
  }
  if (const Node* gateway = at(dataplane, "networking.gateway.tags")) {
    for (const Member& tag : gateway->members) out.push_back(cat(tag.key, "=", tag.value.text));
  }
  std::sort(out.begin(), out.end());
  return join(out, " ");
}

std::string resource_table(const Kind& kind, const std::vector<Node>& items) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const bool dataplane = kind.type == "Dataplane";
  Row header = kind.global ? Row{"NAME", "AGE"} : Row{"MESH", "NAME", "AGE"};
  if (dataplane) header = {"MESH", "NAME", "TAGS", "ADDRESS", "AGE"};
  std::vector<Row> rows;
  for (const Node& item : items) {
    Row row;
    if (!kind.global) row.push_back(text_at(item, "mesh"));
    row.push_back(text_at(item, "name"));
    if (dataplane) {
      row.push_back(tags(item));
      row.push_back(text_at(item, "networking.address"));
    }
    row.push_back(age(text_at(item, "modificationTime"), now));
    rows.push_back(std::move(row));
  }
  return table(header, rows);
}

// The value of `offset` in the URL of the next page; empty on the last one.
std::string next_offset(const Node& page) {
  const std::string next = text_at(page, "next");
  const size_t at = next.find("offset=");
  if (at == next.npos) return "";
  return next.substr(at + 7, next.find('&', at) - at - 7);
}

Result<Node> get_json(Client& client, const std::string& target) {
  const auto answer = client.get(target);
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  return parse_json(answer->body);
}

// One page, or with no --size all of them joined.
Result<Node> get_list(Client& client, const Kind& kind, const Options& options) {
  Node all;
  std::string offset = options.offset;
  for (;;) {
    std::string query;
    if (options.size > 0) append(query, "?size=", options.size);
    if (!offset.empty()) append(query, query.empty() ? "?" : "&", "offset=", url_part(offset));
    auto page = get_json(client, kind.collection(options.mesh) + query);
    if (!page.ok()) return page.status();
    const std::string next = next_offset(*page);
    if (all.members.empty()) {
      all = *std::move(page);
    } else if (const Node* items = page->find("items")) {
      for (Member& member : all.members) {
        if (member.key == "items")
          member.value.items.insert(member.value.items.end(), items->items.begin(), items->items.end());
      }
    }
    if (options.size > 0 || next.empty() || next == offset) break;
    offset = next;
  }
  if (options.size == 0) put(all, "next", Node{});
  return all;
}

void print_tree(const Node& tree, std::string_view output) {
  print(output == "yaml" ? yaml_text(tree) : pretty_json(tree));
}

Status show_list(Client& client, const Kind& kind, const Options& options) {
  const auto page = get_list(client, kind, options);
  if (!page.ok()) return page.status();
  if (options.output != "table") {
    print_tree(*page, options.output);
    return ok();
  }
  const Node* items = page->find("items");
  print(resource_table(kind, items == nullptr ? std::vector<Node>{} : items->items));
  if (const std::string next = next_offset(*page); !next.empty()) {
    print(cat("\nRerun command with --offset=", next, " argument to retrieve more resources\n"));
  }
  return ok();
}

Status show_one(Client& client, const Kind& kind, const std::string& name, const Options& options) {
  const auto item = get_json(client, kind.item(options.mesh, name));
  if (is_not_found(item.status())) {
    return not_found(
        cat("there is no ", kind.type, " with name \"", name, "\"", kind.global ? "" : cat(" in mesh ", options.mesh)));
  }
  if (!item.ok()) return item.status();
  if (options.output == "table") {
    print(resource_table(kind, {*item}));
  } else {
    print_tree(*item, options.output);
  }
  return ok();
}

}  // namespace

Status run_get(const Command& self, const std::vector<std::string>& arguments) {
  Options options;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(default)", &options.mesh);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &options.output);
  flags.add("size", 0, "N", "only one page of so many (without it: all)", &options.size);
  flags.add("offset", 0, "TEXT", "begin at this page", &options.offset);
  const auto rest = parse_arguments(self, flags, arguments, 1, 2, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (options.output != "table" && options.output != "yaml" && options.output != "json") {
    return invalid(cat("--output: \"", options.output, "\" is none of table, yaml, json"));
  }
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto kinds = Kinds::load(*client);
  if (!kinds.ok()) return kinds.status();
  const Kind* kind = kinds->by_word(rest->front());
  if (kind == nullptr) return kinds->unknown_word(rest->front());
  return rest->size() == 2 ? show_one(*client, *kind, (*rest)[1], options) : show_list(*client, *kind, options);
}

}  // namespace weft::ctl
