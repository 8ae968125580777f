// weftctl inspect dataplanes: which proxies there are and whether they are connected.
#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/table.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

// What a proxy's subscriptions say, the last one being the present.
struct Connection {
  bool online = false;
  std::string connected, updated, version;
  uint64_t updates = 0, errors = 0;
};

void add_count(const Node& subscription, std::string_view path, uint64_t& out) {
  uint64_t count = 0;
  if (parse_number(text_at(subscription, path), count)) out += count;
}

Connection connection_of(const Node& overview) {
  Connection out;
  const Node* subscriptions = at(overview, "dataplaneInsight.subscriptions");
  if (subscriptions == nullptr) return out;
  for (const Node& subscription : subscriptions->items) {
    out.online = out.online ||
                 (!text_at(subscription, "connectTime").empty() && text_at(subscription, "disconnectTime").empty());
    out.connected = text_at(subscription, "connectTime");
    out.updated = text_at(subscription, "status.lastUpdateTime");
    out.version = text_at(subscription, "version.kumaDp.version");
    add_count(subscription, "status.total.responsesSent", out.updates);
    add_count(subscription, "status.total.responsesRejected", out.errors);
  }
  return out;
}

std::string status_of(const Node& overview, const Connection& connection) {
  if (!connection.online) return "Offline";
  const Node* inbounds = at(overview, "dataplane.networking.inbound");
  if (inbounds == nullptr || inbounds->items.empty()) return "Online";
  size_t down = 0;
  for (const Node& inbound : inbounds->items) down += text_at(inbound, "state") == "NotReady" ? 1 : 0;
  return down == 0 ? "Online" : down == inbounds->items.size() ? "Offline" : "Partially degraded";
}

std::string overview_table(const Node& page) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::vector<Row> rows;
  if (const Node* items = page.find("items")) {
    for (const Node& item : items->items) {
      const Connection connection = connection_of(item);
      std::vector<std::string> labels;
      if (const Node* found = item.find("labels")) {
        for (const Member& label : found->members) labels.push_back(cat(label.key, "=", label.value.text));
      }
      rows.push_back({text_at(item, "mesh"), text_at(item, "name"), join(labels, " "), status_of(item, connection),
                      age(connection.connected, now), age(connection.updated, now), cat(connection.updates),
                      cat(connection.errors), connection.version.empty() ? "-" : connection.version});
    }
  }
  return table({"MESH", "NAME", "TAGS", "STATUS", "LAST CONNECTED AGO", "LAST UPDATED AGO", "TOTAL UPDATES",
                "TOTAL ERRORS", "PROXY VERSION"},
               rows);
}

}  // namespace

Status run_inspect_dataplanes(const Command& self, const std::vector<std::string>& arguments) {
  std::string mesh = "default", output = "table";
  std::vector<std::string> tags;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(default)", &mesh);
  flags.add("tag", 0, "KEY=VALUE", "only those with this label; repeatable", &tags);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (output != "table" && output != "yaml" && output != "json") return invalid("--output: none of table, yaml, json");
  std::string query;
  for (const std::string& tag : tags) {
    const size_t equals = tag.find('=');
    if (equals == tag.npos) return invalid(cat("--tag: \"", tag, "\" is not of the form key=value"));
    append(query, query.empty() ? "?" : "&", "tag=", url_part(tag.substr(0, equals)), ":",
           url_part(tag.substr(equals + 1)));
  }
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto answer = client->get(cat("/meshes/", url_part(mesh), "/dataplanes/_overview", query));
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  const auto page = parse_json(answer->body);
  if (!page.ok()) return page.status();
  print(output == "table" ? overview_table(*page) : output == "yaml" ? yaml_text(*page) : pretty_json(*page));
  return ok();
}

}  // namespace weft::ctl
