// weftctl generate: tokens and keys. A token is made by the control plane, or here when a signing key is given.
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

struct TokenOptions {
  std::string name;
  std::string mesh = "default";
  std::vector<std::string> tags;
  std::string workload;
  std::string proxy_type = "dataplane";
  std::string valid_for;
  std::string key_path;
  std::string key_id;
};

// "k=v1,v2", repeated: {"k": ["v1", "v2"]}.
Result<Node> read_tags(const std::vector<std::string>& texts) {
  Node tags = object();
  for (const std::string& pair : texts) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0)
      return invalid(cat("--tag: \"", pair, "\" is not of the form key=value1,value2"));
    Node values = list();
    for (const std::string_view value : split(std::string_view(pair).substr(equals + 1), ','))
      values.items.push_back(text(value));
    put(tags, pair.substr(0, equals), std::move(values));
  }
  return tags;
}

Result<std::string> token_from_server(const TokenOptions& options, const Node& tags, const Globals& globals) {
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const Node body = object({{"name", text(options.name)},
                            {"mesh", text(options.mesh)},
                            {"tags", tags},
                            {"type", text(options.proxy_type)},
                            {"workload", text(options.workload)},
                            {"validFor", text(options.valid_for)}});
  const auto answer = client->post("/tokens/dataplane", compact_json(body));
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  return answer->body;
}

Result<std::string> token_from_key(const TokenOptions& options, const Node& tags, Nanoseconds valid_for) {
  if (options.key_id.empty()) return invalid("--kid: a value is needed with --signing-key-path");
  const auto pem = read_file(options.key_path);
  if (!pem.ok()) return pem.status();
  const Node claims = object({{"Name", text(options.name)},
                              {"Mesh", text(options.mesh)},
                              {"Tags", tags},
                              {"Type", text(options.proxy_type)},
                              {"Workload", text(options.workload)}});
  const auto token = sign_token(*pem, options.key_id, claims, valid_for);
  if (!token.ok()) return annotate(token.status(), options.key_path);
  return token;
}

}  // namespace

Status run_generate_dataplane_token(const Command& self, const std::vector<std::string>& arguments) {
  TokenOptions options;
  Globals globals;
  Flags flags;
  flags.add("name", 0, "NAME", "of the Dataplane; without it: any of the mesh", &options.name);
  flags.add("mesh", 'm', "MESH", "(default)", &options.mesh);
  flags.add("tag", 0, "KEY=V1,V2", "a label the Dataplane must carry; repeatable", &options.tags);
  flags.add("workload", 0, "NAME", "the workload the Dataplane must belong to", &options.workload);
  flags.add("proxy-type", 0, "TYPE", "dataplane", &options.proxy_type);
  flags.add("valid-for", 0, "DURATION", "how long it is valid, 720h for instance (required)", &options.valid_for);
  flags.add("signing-key-path", 0, "FILE", "sign here with this key instead of asking the control plane",
            &options.key_path);
  flags.add("kid", 0, "ID", "the key's id", &options.key_id);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (options.valid_for.empty()) return invalid("--valid-for: a value is needed (720h for instance)");
  const auto valid_for = parse_duration(options.valid_for);
  if (!valid_for.ok()) return annotate(valid_for.status(), "--valid-for");
  if (options.proxy_type != "dataplane")
    return invalid(cat("--proxy-type: \"", options.proxy_type, "\" is not a valid proxy type"));
  const auto tags = read_tags(options.tags);
  if (!tags.ok()) return tags.status();
  const auto token = options.key_path.empty() ? token_from_server(options, *tags, globals)
                                              : token_from_key(options, *tags, *valid_for);
  if (!token.ok()) return token.status();
  print(*token);
  return ok();
}

Status run_generate_signing_key(const Command& self, const std::vector<std::string>& arguments) {
  std::string format = "pem-base64";
  Globals globals;
  Flags flags;
  flags.add("format", 0, "FORMAT", "pem-base64 (as a Secret holds it) or pem", &format);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (format != "pem" && format != "pem-base64")
    return invalid(cat("--format: \"", format, "\" is none of pem-base64, pem"));
  const auto key = make_signing_key();
  if (!key.ok()) return key.status();
  print(format == "pem" ? *key : base64(*key) + "\n");
  return ok();
}

Status run_generate_public_key(const Command& self, const std::vector<std::string>& arguments) {
  std::string path;
  Globals globals;
  Flags flags;
  flags.add("signing-key-path", 0, "FILE", "the signing key (required)", &path);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (path.empty()) return invalid("--signing-key-path: a value is needed");
  const auto pem = read_file(path);
  if (!pem.ok()) return pem.status();
  const auto key = public_key_of(*pem);
  if (!key.ok()) return annotate(key.status(), path);
  print(*key);
  return ok();
}

}  // namespace weft::ctl
