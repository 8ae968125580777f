// A sub-command: its words, one line about it, and the function that does it. commands.cc holds the one list.
// Single-threaded.
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/flags.h"
#include "base/status.h"

namespace weft::ctl {

struct Command {
  std::string_view words;    // "config control-planes add"
  std::string_view takes;    // "TYPE NAME", what follows the words
  std::string_view summary;  // one line
  // Fills in the command's own flags, parses, does it. Prints results on standard output, warnings on standard error; a
  // failure is the returned status, printed by main as "Error: ...".
  Status (*run)(const Command& self, const std::vector<std::string>& arguments);
  // What the program exits with when that fails.
  int failure_code = 1;
};

std::span<const Command> commands();

// The flags that every command takes.
struct Globals {
  std::string config_file;  // default $HOME/.weftctl/config
  std::string context;      // empty: the current one
  bool no_config = false;
  std::string log_level = "off";
  Nanoseconds api_timeout = std::chrono::minutes(1);  // the whole exchange; 0: no limit
  bool help = false;
};

// Parses `flags`, the global ones added. Returns the positional arguments, of which there must be from `least` to
// `most`. When help was asked for, prints it and sets globals.help: the caller then returns ok().
Result<std::vector<std::string>> parse_arguments(const Command& command, Flags& flags,
                                                 const std::vector<std::string>& arguments, size_t least, size_t most,
                                                 Globals& globals);

// The flags of a command, the global ones included, without doing anything.
std::vector<Flags::Listed> flags_of(const Command& command);

// What the program exits with when the command succeeds; 0 unless the command says otherwise.
void set_exit_code(int code);
int exit_code();

inline void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }
void warn(std::string_view sentence);  // "Warning: ..." on standard error

}  // namespace weft::ctl
