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

struct Config {
  std::vector<ControlPlane> control_planes;
  std::string current;  // a control plane's name; its context has the same name

  const ControlPlane* find(std::string_view name) const;
};

// The file that `globals` name, or the default one.
Result<std::string> config_path(const Globals& globals);

// Control plane "local" when there is no file (which is then created) or --no-config is given. Error: names the file
// and what is wrong in it.
Result<Config> load_config(const Globals& globals);
Status save_config(const Globals& globals, const Config& config);

// The control plane to talk to. Error: none is active, or --context names an unknown one.
Result<ControlPlane> active_control_plane(const Globals& globals);

Result<Config> parse_config(std::string_view text);
// Secrets replaced when `masked`.
std::string config_text(const Config& config, bool masked);

}  // namespace weft::ctl
