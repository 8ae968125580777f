// weftctl inspect dataplane NAME: what one proxy runs with. weftctl inspect POLICY NAME: whom a policy concerns.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/pages.h"
#include "tools/weftctl/table.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

struct Options {
  std::string mesh;
  std::string type = "policies";
  std::string output = "table";
  std::string include;
  bool include_eds = false;
  bool shadow = false;
};

constexpr std::array<std::string_view, 5> kTypes = {"policies", "config-dump", "stats", "clusters", "config"};

// KIND and the identifiers of the policies that made it.
std::string policies_table(const Node& answer) {
  std::vector<Row> rows;
  if (const Node* policies = answer.find("policies")) {
    for (const Node& policy : policies->items) {
      std::vector<std::string> origins;
      if (const Node* list = policy.find("origins")) {
        for (const Node& origin : list->items) origins.push_back(text_at(origin, "kri"));
      }
      rows.push_back({text_at(policy, "kind"), join(origins, ",")});
    }
  }
  return table({"Kind", "Origins"}, rows);
}

// What the answer says, as it is.
Status show_raw(Client& client, const std::string& target) {
  const auto answer = client.get(target);
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  print(cat(answer->body, answer->body.ends_with('\n') ? "" : "\n"));
  return ok();
}

Status show_dataplane(Client& client, const std::string& name, const Options& options) {
  const std::string proxy = cat("/meshes/", url_part(client.mesh(options.mesh)), "/dataplanes/", url_part(name));
  Query query;
  if (options.type == "config-dump") {
    if (options.include_eds) query.add("include_eds", "true");
    return show_raw(client, cat(proxy, "/xds", query.text()));
  }
  if (options.type == "stats" || options.type == "clusters") {
    return show_raw(client, cat(proxy, "/", options.type));
  }
  if (options.type == "config") {
    query.add("shadow", options.shadow ? "true" : "false");
    if (!options.include.empty()) query.add("include", options.include);
    return show_raw(client, cat(proxy, "/_config", query.text()));
  }
  const auto answer = get_json(client, proxy + "/_policies");
  if (!answer.ok()) return answer.status();
  if (options.output == "table") {
    print(policies_table(*answer));
  } else {
    print_tree(*answer, options.output);
  }
  return ok();
}

// The proxies that a policy selects, by name.
std::string affected_text(const Node& answer) {
  std::string out = "Affected data plane proxies:\n";
  for (const Node& item : items_of(answer)) append(out, "\n  ", text_at(item, "dataplane.name"), "\n");
  return out;
}

std::string affected_table(const Node& answer) {
  std::vector<Row> rows;
  for (const Node& item : items_of(answer))
    rows.push_back({text_at(item, "type"), text_at(item, "mesh"), text_at(item, "name")});
  return cat(table({"Type", "Mesh", "Name"}, rows), "\nTotal: ", text_at(answer, "total"), "\n");
}

Status unknown_subject(const Kinds& kinds, std::string_view word) {
  std::vector<std::string> words = {"dataplane", "dataplanes", "meshes", "zones"};
  for (const Kind& kind : kinds.all()) {
    if (kind.policy) words.push_back(kind.singular());
  }
  const std::string_view meant = did_you_mean(lower(word), {words.begin(), words.end()});
  return invalid(cat("there is nothing to inspect about \"", word, "\"",
                     meant.empty() ? "" : cat(" (did you mean ", meant, "?)"), ". Possible: ", join(words, ", ")));
}

}  // namespace

Status run_inspect_dataplane(const Command& self, const std::vector<std::string>& arguments) {
  Options options;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &options.mesh);
  flags.add("type", 0, "TYPE", "policies, config-dump, stats, clusters or config", &options.type);
  flags.add("include-eds", 0, "config-dump: with endpoints", &options.include_eds);
  flags.add("shadow", 0, "config: as if shadow policies were real ones", &options.shadow);
  flags.add("include", 0, "WHAT", "config: diff", &options.include);
  flags.add("output", 'o', "FORMAT", "policies: table, yaml or json", &options.output);
  const auto rest = parse_arguments(self, flags, arguments, 1, 1, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(options.output); !status.ok()) return status;
  if (std::find(kTypes.begin(), kTypes.end(), options.type) == kTypes.end())
    return invalid(cat("--type: \"", options.type, "\" is none of policies, config-dump, stats, clusters, config"));
  if (options.type != "config" && (options.shadow || !options.include.empty()))
    return invalid("--shadow and --include go with --type config");
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  return show_dataplane(*client, rest->front(), options);
}

Status run_inspect_policy(const Command& self, const std::vector<std::string>& arguments) {
  std::string mesh, output = "table";
  PageOptions pages;
  bool new_api = false;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &mesh);
  flags.add("new-api", 0, "as a table", &new_api);
  flags.add("size", 0, "N", "only one page of so many; 0: all", &pages.size);
  flags.add("offset", 0, "TEXT", "begin at this page", &pages.offset);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 1, 2, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(output); !status.ok()) return status;
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto kinds = Kinds::load(*client);
  if (!kinds.ok()) return kinds.status();
  const Kind* kind = kinds->by_word(rest->front());
  if (kind == nullptr || !kind->policy) return unknown_subject(*kinds, rest->front());
  if (rest->size() == 1) return invalid(cat("an argument is missing. Usage: weftctl inspect ", rest->front(), " NAME"));
  const std::string policy = kind->item(client->mesh(mesh), (*rest)[1]);
  const auto answer = get_list(*client, cat(policy, new_api ? "/_resources/dataplanes" : "/dataplanes"), {}, pages);
  if (!answer.ok()) return answer.status();
  if (output != "table") {
    print_tree(*answer, output);
  } else {
    print(new_api ? affected_table(*answer) : affected_text(*answer));
  }
  if (const std::string next = next_offset(*answer); !next.empty() && output == "table")
    print(cat("\nRerun command with --offset=", next, " argument to retrieve more resources\n"));
  return ok();
}

}  // namespace weft::ctl
