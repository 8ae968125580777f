// weftctl inspect dataplanes, zones, meshes: lists of overviews, a line each.
#include "base/text.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/columns.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/overview.h"
#include "tools/weftctl/pages.h"

namespace weft::ctl {
namespace {

// Prints the whole list at `path`.
template <typename ToRow>
Status show_list(Client& client, const std::string& path, const Query& query, const std::string& output,
                 const Row& header, ToRow to_row) {
  const auto page = get_list(client, path, query);
  if (!page.ok()) return page.status();
  if (output != "table") {
    print_tree(*page, output);
    return ok();
  }
  std::vector<Row> rows;
  for (const Node& item : items_of(*page)) rows.push_back(to_row(item));
  print(table(header, rows));
  return ok();
}

// "a=b" -> tag=a:b.
Status add_tags(const std::vector<std::string>& tags, Query& query) {
  for (const std::string& tag : tags) {
    const size_t equals = tag.find('=');
    if (equals == tag.npos || equals == 0) return invalid(cat("--tag: \"", tag, "\" is not of the form key=value"));
    query.add("tag", cat(tag.substr(0, equals), ":", tag.substr(equals + 1)));
  }
  return ok();
}

}  // namespace

Status run_inspect_dataplanes(const Command& self, const std::vector<std::string>& arguments) {
  std::string mesh, output = "table";
  std::vector<std::string> tags;
  bool gateway = false, ingress = false;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &mesh);
  flags.add("tag", 0, "KEY=VALUE", "only those with this label; repeatable", &tags);
  flags.add("gateway", 0, "only gateways", &gateway);
  flags.add("ingress", 0, "only ingresses", &ingress);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(output); !status.ok()) return status;
  Query query;
  if (gateway) query.add("gateway", "true");
  if (ingress) query.add("ingress", "true");
  if (Status status = add_tags(tags, query); !status.ok()) return status;
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const UtcSeconds now = current_time();
  return show_list(*client, cat("/meshes/", url_part(client->mesh(mesh)), "/dataplanes/_overview"), query, output,
                   dataplane_header(), [now](const Node& item) { return dataplane_row(item, now); });
}

Status run_inspect_zones(const Command& self, const std::vector<std::string>& arguments) {
  std::string output = "table";
  Globals globals;
  Flags flags;
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(output); !status.ok()) return status;
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const UtcSeconds now = current_time();
  return show_list(*client, "/zones/_overview", {}, output, zone_header(),
                   [now](const Node& item) { return zone_row(item, now); });
}

Status run_inspect_meshes(const Command& self, const std::vector<std::string>& arguments) {
  std::string output = "table";
  Globals globals;
  Flags flags;
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(output); !status.ok()) return status;
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  return show_list(*client, "/mesh-insights", {}, output, mesh_header(), mesh_row);
}

}  // namespace weft::ctl
