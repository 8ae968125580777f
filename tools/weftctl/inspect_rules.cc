// weftctl inspect rules | policies DATAPLANE: what holds for a proxy, and which policy said so.
#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/rules_text.h"

namespace weft::ctl {
namespace {

Status inspect(const Command& self, const std::vector<std::string>& arguments,
               std::string (*text)(const Node& effective, const RulesFilter& filter)) {
  std::string mesh, output = "table";
  RulesFilter filter;
  bool shadow = false;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &mesh);
  flags.add("kind", 0, "KIND", "only policies of this kind", &filter.kind);
  flags.add("to", 0, "NAME", "only what holds towards this destination", &filter.to);
  flags.add("shadow", 0, "as if policies labelled kuma.io/effect: shadow had effect", &shadow);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 1, 1, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (output != "table" && output != "yaml" && output != "json")
    return invalid(cat("--output: \"", output, "\" is none of table, yaml, json"));
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  mesh = client->mesh(mesh);
  const auto answer = client->get(cat("/meshes/", url_part(mesh), "/dataplanes/", url_part(rest->front()),
                                      "/_effective", shadow ? "?shadow=true" : ""));
  if (!answer.ok()) return answer.status();
  if (answer->status == 404)
    return not_found(cat("there is no Dataplane with name \"", rest->front(), "\" in mesh ", mesh));
  if (!answer->ok()) return error_status(*answer);
  const auto effective = parse_json(answer->body);
  if (!effective.ok()) return effective.status();
  print(output == "table"  ? text(*effective, filter)
        : output == "yaml" ? yaml_text(*effective)
                           : pretty_json(*effective));
  return ok();
}

}  // namespace

Status run_inspect_rules(const Command& self, const std::vector<std::string>& arguments) {
  return inspect(self, arguments, rules_text);
}

Status run_inspect_policies(const Command& self, const std::vector<std::string>& arguments) {
  return inspect(self, arguments, policies_text);
}

}  // namespace weft::ctl
