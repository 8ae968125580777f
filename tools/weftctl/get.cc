// weftctl get: a list or one resource, as a table, YAML or JSON.
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/columns.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/pages.h"

namespace weft::ctl {
namespace {

struct Options {
  std::string mesh;
  std::string output = "table";
  PageOptions pages;
  std::vector<std::string> filters;
};

// "labels.kuma.io/workload=web" -> filter[labels.kuma.io/workload]=web, for which the contract has a place.
Status add_filters(const std::vector<std::string>& filters, Query& query) {
  for (const std::string& filter : filters) {
    const size_t equals = filter.find('=');
    if (!filter.starts_with("labels.") || equals == filter.npos || equals == 7) {
      return invalid(cat("--filter: \"", filter, "\" is not of the form labels.KEY=VALUE"));
    }
    query.add(cat("filter[", url_part(filter.substr(0, equals)), "]"), filter.substr(equals + 1));
  }
  return ok();
}

Status show_list(Client& client, const Kind& kind, const Options& options) {
  Query query;
  if (Status status = add_filters(options.filters, query); !status.ok()) return status;
  const auto page = get_list(client, kind.collection(client.mesh(options.mesh)), query, options.pages);
  if (!page.ok()) return page.status();
  if (options.output != "table") {
    print_tree(*page, options.output);
    return ok();
  }
  print(resource_table(kind, items_of(*page), current_time()));
  if (const std::string next = next_offset(*page); !next.empty()) {
    print(cat("\nRerun command with --offset=", next, " argument to retrieve more resources\n"));
  }
  return ok();
}

Status show_one(Client& client, const Kind& kind, const std::string& name, const Options& options) {
  const std::string mesh = client.mesh(options.mesh);
  const auto item = get_json(client, kind.item(mesh, name));
  if (is_not_found(item.status())) {
    return not_found(cat("No resources found", kind.global ? "" : cat(" in ", mesh, " mesh"), ": there is no ",
                         kind.type, " with name \"", name, "\""));
  }
  if (!item.ok()) return item.status();
  if (options.output == "table") {
    print(resource_table(kind, {*item}, current_time()));
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
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &options.mesh);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &options.output);
  flags.add("size", 0, "N", "only one page of so many; 0: all", &options.pages.size);
  flags.add("offset", 0, "TEXT", "begin at this page", &options.pages.offset);
  flags.add("filter", 0, "labels.KEY=VALUE", "only those with this label; repeatable", &options.filters);
  const auto rest = parse_arguments(self, flags, arguments, 1, 2, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(options.output); !status.ok()) return status;
  if (options.pages.size < 0) return invalid("--size: must not be negative");
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto kinds = Kinds::load(*client);
  if (!kinds.ok()) return kinds.status();
  const Kind* kind = kinds->by_word(rest->front());
  if (kind == nullptr) return kinds->unknown_word(rest->front());
  if (rest->size() == 1) return show_list(*client, *kind, options);
  if (!options.filters.empty()) return invalid("--filter: it narrows a list, not one resource");
  return show_one(*client, *kind, (*rest)[1], options);
}

}  // namespace weft::ctl
