#include "base/document/variables.h"

#include <algorithm>

#include "base/text.h"

namespace weft {
namespace {

// "{{ .Workload }}" and "{{ label "team" }}" are templates of MeshIdentities and HostnameGenerators, for the control
// plane to fill in.
bool is_name(std::string_view text) { return !text.starts_with('.') && text.find_first_of(" \t\"'`|(") == text.npos; }

}  // namespace

Status add_variables(std::string_view text, Variables& variables) {
  for (const std::string_view pair : split(text, ',')) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0) return invalid(cat("\"", pair, "\" is not of the form key=value"));
    variables[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  return ok();
}

Result<std::string> render_variables(std::string_view text, const Variables& variables,
                                     std::vector<std::string>* unset) {
  std::string out;
  size_t at = 0;
  for (size_t open; (open = text.find("{{", at)) != text.npos;) {
    const size_t close = text.find("}}", open + 2);
    if (close == text.npos) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(open), '\n');
      return invalid(cat("line ", line, ": \"{{\" without \"}}\""));
    }
    append(out, text.substr(at, open - at));
    const std::string_view name = trim(text.substr(open + 2, close - open - 2));
    if (const auto variable = variables.find(name); variable != variables.end()) {
      out += variable->second;
    } else if (!is_name(name)) {
      append(out, text.substr(open, close + 2 - open));
    } else if (unset != nullptr) {
      unset->emplace_back(name);
    }
    at = close + 2;
  }
  append(out, text.substr(at));
  return out;
}

}  // namespace weft
