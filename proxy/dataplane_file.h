// The Dataplane a proxy registers itself with: a YAML or JSON text with {{ variables }}, turned into the JSON text that
// Hello carries. Only what the proxy itself must know is checked here (the type, the mesh, the name); the control plane
// validates the rest. Pure functions, used once at start.
#pragma once

#include <string>
#include <string_view>

#include "base/document/variables.h"
#include "base/status.h"

namespace weft::proxy {

struct DataplaneDefinition {
  std::string mesh;
  std::string name;
  std::string json;
  // It has a listener below 1024.
  bool low_ports = false;
};

// Renders `variables`, then reads. Error: says what is wrong and, for syntax, where.
Result<DataplaneDefinition> parse_dataplane(std::string_view text, const Variables& variables);

// The file's text, or standard input's for "-".
Result<std::string> read_dataplane_text(const std::string& path);

}  // namespace weft::proxy
