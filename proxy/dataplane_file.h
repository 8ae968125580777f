// The Dataplane a proxy registers itself with: a YAML or JSON text with {{ variables }}, turned into the JSON text that Hello
// carries. Only what the proxy itself must know is checked here (the type, the mesh, the name); the control plane validates the
// rest. Pure functions, used once at start. dataplane_file.cc is the only file of the proxy that sees yaml-cpp.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft::proxy {

struct DataplaneDefinition {
  std::string mesh;
  std::string name;
  std::string json;
};

// "{{ name }}" and "{{ a.b }}" become the variable of that name; a variable that was not given becomes nothing.
Result<std::string> render_variables(std::string_view text, const std::map<std::string, std::string>& variables);

// `text` after rendering. Error: says what is wrong and, for syntax, where.
Result<DataplaneDefinition> parse_dataplane(std::string_view text, const std::map<std::string, std::string>& variables);

// The file's bytes, or standard input's for "-". At most 1 MiB.
Result<std::string> read_text_file(const std::string& path);

}  // namespace weft::proxy
