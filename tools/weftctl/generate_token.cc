// weftctl generate dataplane-token, zone-token, user-token: made by the control plane, or here when a signing key is
// given.
#include "base/document/print.h"
#include "base/file.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/token.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

// What every kind of token takes.
struct TokenOptions {
  std::string valid_for;
  std::string key_path;
  std::string key_id;

  void add_to(Flags& flags) {
    flags.add("valid-for", 0, "DURATION", "how long it is valid, 720h for instance (required)", &valid_for);
    flags.add("signing-key-path", 0, "FILE", "sign here with this key instead of asking the control plane", &key_path);
    flags.add("kid", 0, "ID", "the key's id", &key_id);
  }
};

Result<Nanoseconds> read_valid_for(const TokenOptions& options) {
  if (options.valid_for.empty()) return invalid("--valid-for: a value is needed (720h for instance)");
  const auto valid_for = parse_duration(options.valid_for);
  if (!valid_for.ok()) return annotate(valid_for.status(), "--valid-for");
  if (valid_for->count() <= 0) return invalid("--valid-for: must be greater than 0");
  return valid_for;
}

Result<std::string> token_from_server(std::string_view kind, Node request, const TokenOptions& options,
                                      const Globals& globals) {
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  // Without --mesh: that of the context.
  if (const Node* mesh = request.find("mesh")) put(request, "mesh", text(client->mesh(mesh->text)));
  put(request, "validFor", text(options.valid_for));
  const auto answer = client->post(cat("/tokens/", kind), compact_json(request));
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  return answer->body;
}

Result<std::string> token_from_key(const Node& claims, const TokenOptions& options, Nanoseconds valid_for) {
  if (options.key_id.empty()) return invalid("--kid: a value is needed with --signing-key-path");
  const auto pem = read_file(options.key_path);
  if (!pem.ok()) return pem.status();
  const auto token = sign_token(*pem, options.key_id, claims, valid_for);
  if (!token.ok()) return annotate(token.status(), options.key_path);
  return token;
}

// `request` is what the control plane is asked, `claims` what is signed here.
Status make_token(std::string_view kind, const Node& request, const Node& claims, const TokenOptions& options,
                  const Globals& globals) {
  const auto valid_for = read_valid_for(options);
  if (!valid_for.ok()) return valid_for.status();
  const auto token = options.key_path.empty() ? token_from_server(kind, request, options, globals)
                                              : token_from_key(claims, options, *valid_for);
  if (!token.ok()) return token.status();
  print(*token);
  return ok();
}

// "a,b", repeated: ["a", "b", ...].
Node words(const std::vector<std::string>& given) {
  Node out = list();
  for (const std::string& one : given) {
    for (const std::string_view word : split(one, ',')) out.items.push_back(text(word));
  }
  return out;
}

// "k=v1,v2", repeated: {"k": ["v1", "v2"]}.
Result<Node> read_tags(const std::vector<std::string>& texts) {
  Node tags = object();
  for (const std::string& pair : texts) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0)
      return invalid(cat("--tag: \"", pair, "\" is not of the form key=value1,value2"));
    put(tags, pair.substr(0, equals), words({pair.substr(equals + 1)}));
  }
  return tags;
}

}  // namespace

Status run_generate_dataplane_token(const Command& self, const std::vector<std::string>& arguments) {
  TokenOptions options;
  std::string name, mesh, workload, proxy_type = "dataplane";
  std::vector<std::string> given_tags;
  Globals globals;
  Flags flags;
  flags.add("name", 0, "NAME", "of the Dataplane; without it: any of the mesh", &name);
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &mesh);
  flags.add("tag", 0, "KEY=V1,V2", "a label the Dataplane must carry; repeatable", &given_tags);
  flags.add("workload", 0, "NAME", "the workload the Dataplane must belong to", &workload);
  flags.add("proxy-type", 0, "TYPE", "dataplane", &proxy_type);
  options.add_to(flags);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (!proxy_type.empty() && proxy_type != "dataplane")
    return invalid(cat("--proxy-type: \"", proxy_type, "\" is not a valid proxy type"));
  const auto tags = read_tags(given_tags);
  if (!tags.ok()) return tags.status();
  const Node request = object({{"name", text(name)},
                               {"mesh", text(mesh)},
                               {"tags", *tags},
                               {"type", text(proxy_type)},
                               {"workload", text(workload)}});
  const Node claims = object({{"Name", text(name)},
                              {"Mesh", text(mesh.empty() ? "default" : mesh)},
                              {"Tags", *tags},
                              {"Type", text(proxy_type)},
                              {"Workload", text(workload)}});
  return make_token("dataplane", request, claims, options, globals);
}

Status run_generate_zone_token(const Command& self, const std::vector<std::string>& arguments) {
  TokenOptions options;
  std::string zone;
  std::vector<std::string> scope;
  Globals globals;
  Flags flags;
  flags.add("zone", 0, "NAME", "whose token it is", &zone);
  flags.add("scope", 0, "WORD", "what it is for; repeatable (cp)", &scope);
  options.add_to(flags);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (scope.empty()) scope = {"cp"};
  return make_token("zone", object({{"zone", text(zone)}, {"scope", words(scope)}}),
                    object({{"Zone", text(zone)}, {"Scope", words(scope)}}), options, globals);
}

Status run_generate_user_token(const Command& self, const std::vector<std::string>& arguments) {
  TokenOptions options;
  std::string name;
  std::vector<std::string> groups;
  Globals globals;
  Flags flags;
  flags.add("name", 0, "NAME", "of the user (required)", &name);
  flags.add("group", 0, "NAME", "that the user belongs to; repeatable", &groups);
  options.add_to(flags);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (name.empty()) return invalid("--name: a value is needed");
  return make_token("user", object({{"name", text(name)}, {"groups", words(groups)}}),
                    object({{"Name", text(name)}, {"Groups", words(groups)}}), options, globals);
}

}  // namespace weft::ctl
