// weftctl config: which control planes there are and which one is active.
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/config_file.h"
#include "tools/weftctl/pinning.h"
#include "tools/weftctl/table.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct AddOptions {
  ControlPlane plane{.name = "", .url = "", .auth_conf = {}, .headers = {}};
  std::vector<std::string> headers;
  std::vector<std::string> auth_conf;
  bool overwrite = false;
  std::string ca_fingerprint;
  bool skip_check = false;

  // Nobody said how its certificate is to be verified.
  bool pins() const {
    return plane.url.starts_with("https://") && plane.ca_cert_file.empty() && !plane.skip_verify &&
           (!skip_check || !ca_fingerprint.empty());
  }
};

// "key=value", or several joined by commas. A comma before what is no pair belongs to the value.
Status read_pairs(const std::vector<std::string>& texts, std::string_view flag, Pairs& out) {
  for (const std::string& given : texts) {
    bool first = true;
    for (const std::string_view pair : split(given, ',')) {
      const size_t equals = pair.find('=');
      const bool is_pair = equals != pair.npos && equals != 0;
      // The text may be a token: it is not repeated.
      if (first && !is_pair) return invalid(cat(flag, ": expected key=value"));
      if (is_pair) {
        out.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
      } else {
        append(out.back().second, ",", pair);
      }
      first = false;
    }
  }
  return ok();
}

Status check_options(AddOptions& options) {
  const ControlPlane& plane = options.plane;
  if (plane.name.empty()) return invalid("--name: a value is needed");
  if (plane.url.empty()) return invalid("--address: a value is needed (http://HOST:5681)");
  if (plane.client_cert_file.empty() != plane.client_key_file.empty()) {
    return invalid("Both --client-cert-file and --client-key-file needs to be specified");
  }
  if (!plane.auth_type.empty() && plane.auth_type != "tokens") {
    return invalid(cat("authentication plugin of type \"", plane.auth_type, "\" is not found"));
  }
  if (Status status = read_pairs(options.headers, "--headers", options.plane.headers); !status.ok()) return status;
  if (Status status = read_pairs(options.auth_conf, "--auth-conf", options.plane.auth_conf); !status.ok())
    return status;
  if (plane.auth_type == "tokens" && plane.token().empty())
    return invalid("--auth-conf: token=... is needed with --auth-type tokens");
  if (plane.auth_type.empty() && !plane.auth_conf.empty())
    return invalid("--auth-conf: say with --auth-type what it is for (tokens)");
  return ok();
}

// That there is a control plane at the address.
Status check_server(const ControlPlane& plane, Nanoseconds timeout) {
  const auto answer = Client(plane, timeout).get("/");
  if (!answer.ok()) return invalid(cat("could not connect to the Control Plane API Server: ", reason(answer.status())));
  if (!answer->ok()) return annotate(error_status(*answer), "could not connect to the Control Plane API Server");
  const auto body = parse_json(answer->body);
  const std::string product = body.ok() ? text_at(*body, "product") : "";
  const std::string version = body.ok() ? text_at(*body, "version") : "";
  // Products built on Kuma say "preview", as Weft does.
  if (product == "Kuma" || version.find("preview") != version.npos) return ok();
  return invalid(cat(plane.url, " is not the API of a control plane",
                     product.empty() ? "" : cat(" of this kind: it says it is \"", product, "\" ", version),
                     ". --skip-check adds it all the same"));
}

// Loads, changes, saves.
template <typename Change>
Status change_config(const Globals& globals, Change change) {
  if (globals.no_config) return invalid("--no-config: there is no configuration to change");
  auto config = load_config(globals);
  if (!config.ok()) return config.status();
  if (Status status = change(*config); !status.ok()) return status;
  return save_config(globals, *config);
}

Status unknown_plane(std::string_view name) {
  return not_found(cat("there is no Control Plane with name \"", name, "\""));
}

}  // namespace

Status run_config_view(const Command& self, const std::vector<std::string>& arguments) {
  Globals globals;
  Flags flags;
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  const auto config = load_config(globals);
  if (!config.ok()) return config.status();
  print(config_text(*config, true));
  return ok();
}

Status run_config_list(const Command& self, const std::vector<std::string>& arguments) {
  Globals globals;
  Flags flags;
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  const auto config = load_config(globals);
  if (!config.ok()) return config.status();
  const Context* active = config->find_context(config->current);
  std::vector<Row> rows;
  for (const ControlPlane& plane : config->control_planes) {
    rows.push_back({active != nullptr && plane.name == active->control_plane ? "*" : "", plane.name, plane.url});
  }
  print(table({"ACTIVE", "NAME", "ADDRESS"}, rows));
  return ok();
}

Status run_config_add(const Command& self, const std::vector<std::string>& arguments) {
  AddOptions options;
  Globals globals;
  Flags flags;
  flags.add("name", 0, "NAME", "what to call it (required)", &options.plane.name);
  flags.add("address", 0, "URL", "its API, http://HOST:5681 (required)", &options.plane.url);
  flags.add("overwrite", 0, "replace one of the same name", &options.overwrite);
  flags.add("ca-cert-file", 0, "FILE", "PEM file to verify it with", &options.plane.ca_cert_file);
  flags.add("ca-fingerprint", 0, "SHA256:...", "trust its authority if it is this one; without it you are asked",
            &options.ca_fingerprint);
  flags.add("client-cert-file", 0, "FILE", "certificate to show", &options.plane.client_cert_file);
  flags.add("client-key-file", 0, "FILE", "its key", &options.plane.client_key_file);
  flags.add("skip-verify", 0, "do not verify its certificate (insecure)", &options.plane.skip_verify);
  flags.add("headers", 0, "KEY=VALUE", "send this header; repeatable", &options.headers);
  flags.add("auth-type", 0, "TYPE", "tokens", &options.plane.auth_type);
  flags.add("auth-conf", 0, "KEY=VALUE", "token=...; repeatable", &options.auth_conf);
  flags.add("skip-check", 0, "do not ask whether it answers", &options.skip_check);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_options(options); !status.ok()) return status;
  const std::string& name = options.plane.name;
  const Status status = change_config(globals, [&](Config& config) {
    if (config.find(name) != nullptr && !options.overwrite) {
      return invalid(
          cat("Control Plane with name \"", name, "\" already exists. Use --overwrite to replace an existing one."));
    }
    if (options.pins()) {
      if (Status pinned = pin_authority(globals, options.ca_fingerprint, options.plane); !pinned.ok()) return pinned;
    }
    if (!options.skip_check) {
      if (Status checked = check_server(options.plane, globals.api_timeout); !checked.ok()) return checked;
    }
    config.add(options.plane);
    return ok();
  });
  if (status.ok()) print(cat("added Control Plane \"", name, "\"\nswitched active Control Plane to \"", name, "\"\n"));
  return status;
}

Status run_config_switch(const Command& self, const std::vector<std::string>& arguments) {
  std::string name;
  Globals globals;
  Flags flags;
  flags.add("name", 0, "NAME", "which one (required)", &name);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (name.empty()) return invalid("--name: a value is needed");
  const Status status = change_config(globals, [&](Config& config) {
    if (config.find_context(name) == nullptr) return unknown_plane(name);
    config.current = name;
    return ok();
  });
  if (status.ok()) print(cat("switched active Control Plane to \"", name, "\"\n"));
  return status;
}

Status run_config_remove(const Command& self, const std::vector<std::string>& arguments) {
  std::string name;
  Globals globals;
  Flags flags;
  flags.add("name", 0, "NAME", "which one (required)", &name);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (name.empty()) return invalid("--name: a value is needed");
  const Status status =
      change_config(globals, [&](Config& config) { return config.remove(name) ? ok() : unknown_plane(name); });
  if (status.ok()) print(cat("removed Control Plane \"", name, "\"\n"));
  return status;
}

}  // namespace weft::ctl
