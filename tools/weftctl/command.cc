#include "tools/weftctl/command.h"

#include "base/log.h"
#include "base/text.h"
#include "tools/weftctl/terminal.h"

namespace weft::ctl {
namespace {

int g_exit_code = 0;
// Not null while flags_of() asks a command for its flags.
std::vector<Flags::Listed>* g_listing = nullptr;

}  // namespace

void set_exit_code(int code) { g_exit_code = code; }
int exit_code() { return g_exit_code; }

std::vector<Flags::Listed> flags_of(const Command& command) {
  std::vector<Flags::Listed> flags;
  g_listing = &flags;
  const Status nothing_done = command.run(command, {});
  g_listing = nullptr;
  return nothing_done.ok() ? flags : std::vector<Flags::Listed>();
}

Result<std::vector<std::string>> parse_arguments(const Command& command, Flags& flags,
                                                 const std::vector<std::string>& arguments, size_t least, size_t most,
                                                 Globals& globals) {
  flags.add("config-file", 0, "FILE", "control planes and which one is active ($HOME/.weftctl/config)",
            &globals.config_file);
  flags.add("context", 0, "NAME", "use this control plane instead of the active one", &globals.context);
  flags.add("no-config", 0, "neither read nor write the configuration file", &globals.no_config);
  flags.add("log-level", 0, "LEVEL", "off, info or debug; on standard error", &globals.log_level);
  flags.add("api-timeout", 0, "DURATION", "longest wait for an answer; 0: no limit", &globals.api_timeout);
  flags.add("help", 'h', "this text", &globals.help);
  if (g_listing != nullptr) {
    *g_listing = flags.list();
    globals.help = true;  // what a command does when help was asked for: nothing more
    return std::vector<std::string>();
  }
  auto rest = flags.parse(arguments);
  if (!rest.ok()) return rest.status();
  const std::string usage =
      cat("weftctl ", command.words, command.takes.empty() ? "" : " ", command.takes, " [flags]\n");
  if (globals.help) {
    print(cat(command.summary, "\n\n  ", usage, "\n", flags.help()));
    return rest;
  }
  if (!set_log_level(globals.log_level))
    return invalid(cat("--log-level: \"", globals.log_level, "\" is none of off, info, debug"));
  if (rest->size() < least) return invalid(cat("an argument is missing. Usage: ", usage));
  if (rest->size() > most) return invalid(cat("what is \"", (*rest)[most], "\"? Usage: ", usage));
  return rest;
}

void warn(std::string_view sentence) {
  std::fflush(stdout);  // what was printed before stands before it, wherever the two go
  const std::string line = cat(paint("Warning:", Colour::kYellow, stderr), " ", sentence, "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace weft::ctl
