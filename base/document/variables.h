// "{{ name }}" in a text: what lets one file serve many proxies. Pure functions.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace weft {

using Variables = std::map<std::string, std::string, std::less<>>;

// Adds "key=value" or "a=1,b=2". Error: says which part is none.
Status add_variables(std::string_view text, Variables& variables);

// Replaces every "{{ name }}"; dots belong to the name. One that is not set becomes nothing and its name is added to
// `unset`. What cannot be a name (".Mesh", "label \"team\"": templates that resources hold) stays as it is. Error: "{{"
// without "}}", with its line.
Result<std::string> render_variables(std::string_view text, const Variables& variables,
                                     std::vector<std::string>* unset = nullptr);

}  // namespace weft
