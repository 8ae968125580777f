// What the word under the cursor may become. Commands, flags and kinds are known here; names of resources, meshes and
// contexts are asked for through Lookup, so that this stays a pure function.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/reference/schema.h"
#include "tools/weftctl/command.h"

namespace weft::ctl {

// A candidate that stands for the names of files.
inline constexpr std::string_view kFiles = ":files";

struct Lookup {
  std::function<std::vector<std::string>(const reference::Kind& kind, const std::string& mesh)>
      names;  // mesh empty: not given
  std::function<std::vector<std::string>()> contexts;
  std::function<std::vector<Flags::Listed>(const Command& command)> flags;
};

// `words`: what stands after the program's name; the last one is being typed and may be empty. Unfiltered but for what
// is plainly another thing (flags where no flag was begun).
std::vector<std::string> candidates(std::span<const Command> commands, const reference::Schema& schema,
                                    const std::vector<std::string>& words, const Lookup& lookup);

// The value of a flag among `words`, given as "--name value" or "-n value"; `otherwise` when it is not there.
std::string flag_value(const std::vector<std::string>& words, std::string_view name, char letter,
                       std::string_view otherwise);

}  // namespace weft::ctl
