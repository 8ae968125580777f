// Which control planes weftctl knows and which one is active: $HOME/.weftctl/config, YAML, readable by its owner only
// because it holds tokens. Plain data; read once and replaced whole.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/document/document.h"
#include "base/status.h"
#include "tools/weftctl/command.h"

namespace weft::ctl {

struct ControlPlane {
  std::string name = "local";
  std::string url = "http://localhost:5681";
  std::string ca_cert_file;
  std::string client_cert_file;
  std::string client_key_file;
  bool skip_verify = false;
  std::string auth_type;  // "tokens" or empty
  std::vector<std::pair<std::string, std::string>> auth_conf;
  std::vector<std::pair<std::string, std::string>> headers;

  // Empty when there is none.
  std::string_view token() const;
};

// A control plane under a name, with what is usual there.
struct Context {
  std::string name;
  std::string control_plane;
  std::string mesh;  // for commands without --mesh; empty: "default"
};

struct Config {
  std::vector<ControlPlane> control_planes;
  std::vector<Context> contexts;
  std::string current;  // name of a context; empty: none

  const ControlPlane* find(std::string_view name) const;
  const Context* find_context(std::string_view name) const;
  // Replaces what has its name, together with the context of that name, and makes it current.
  void add(ControlPlane plane);
  // False when there is none. Contexts that lead to it go with it.
  bool remove(std::string_view name);
};

// The file that `globals` name, or the default one.
Result<std::string> config_path(const Globals& globals);

// Control plane "local" when there is no file (which is then created) or --no-config is given. Error: names the file
// and what is wrong in it.
Result<Config> load_config(const Globals& globals);
Status save_config(const Globals& globals, const Config& config);

// Where to talk to.
struct Destination {
  ControlPlane plane;
  std::string mesh;  // what --mesh stands for when it is not given
};
// Error: no context is active, or --context names an unknown one.
Result<Destination> active_destination(const Globals& globals);

Result<Config> parse_config(std::string_view text);
// Secrets replaced when `masked`.
std::string config_text(const Config& config, bool masked);

}  // namespace weft::ctl
