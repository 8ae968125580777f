// Command-line flags of the programs: a command lists its flags with the variables they fill, then parses. Accepts
// "--name value", "--name=value", "-n value", "-nvalue", bare switches and "--"; everything else is a positional
// argument. Owned by the function that parses.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/status.h"

namespace weft {

class Flags {
 public:
  // `letter` 0: no short form. `what` is shown in the help for the value ("FILE"). The target keeps its value when the
  // flag is not given and must outlive parse().
  void add(std::string_view name, char letter, std::string_view what, std::string_view help, std::string* target);
  void add(std::string_view name, char letter, std::string_view what, std::string_view help, int* target);
  void add(std::string_view name, char letter, std::string_view what, std::string_view help, Nanoseconds* target);
  // Every occurrence appends.
  void add(std::string_view name, char letter, std::string_view what, std::string_view help,
           std::vector<std::string>* target);
  // A switch: no value (or "=true", "=false").
  void add(std::string_view name, char letter, std::string_view help, bool* target);
  // "--wait" means "--wait=otherwise"; a value is only taken after "=".
  void add_optional(std::string_view name, std::string_view otherwise, std::string_view what, std::string_view help,
                    std::string* target);

  // Fills the targets and returns the positional arguments. Error: names the flag that is unknown, lacks its value or
  // holds a wrong one.
  Result<std::vector<std::string>> parse(const std::vector<std::string>& arguments) const;

  // One line a flag, with the value that its target had when it was added.
  std::string help() const;

  // What there is, for shells that complete.
  struct Listed {
    std::string name;  // "mesh"
    char letter = 0;
    bool takes_value = false;  // as an argument of its own
  };
  std::vector<Listed> list() const;

 private:
  enum class Value { kRequired, kNone, kOptional };
  struct Flag {
    std::string name;
    char letter;
    std::string what;
    std::string help;
    Value value;
    std::string otherwise;
    std::function<Status(std::string_view)> set;
  };
  const Flag* find(std::string_view name) const;
  const Flag* find(char letter) const;
  std::string unknown(std::string_view name) const;
  // Reads the flag at arguments[at]; moves `at` onto its value when that is an argument of its own.
  Status read(const std::vector<std::string>& arguments, size_t& at) const;

  std::vector<Flag> flags_;
};

}  // namespace weft
