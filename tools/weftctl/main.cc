// weftctl COMMAND [flags]: finds the command that the first words name and runs it.
#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "base/text.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/terminal.h"

namespace {

using weft::cat;
using weft::ctl::Command;
using Arguments = std::vector<std::string>;

// Global flags may stand before the command: where the n-th word of the command is.
std::vector<size_t> word_positions(const Arguments& arguments) {
  constexpr std::string_view kWithValue[] = {"--config-file", "--context", "--log-level", "--api-timeout",
                                             "--mesh",        "-m",        "--output",    "-o"};
  std::vector<size_t> positions;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (std::find(std::begin(kWithValue), std::end(kWithValue), arguments[i]) != std::end(kWithValue))
      ++i;
    else if (!arguments[i].starts_with('-'))
      positions.push_back(i);
  }
  return positions;
}

// The command whose words all stand first, the one with the most words; they are taken out of `arguments`.
const Command* find_command(Arguments& arguments) {
  const std::vector<size_t> positions = word_positions(arguments);
  const Command* found = nullptr;
  size_t most = 0;
  for (const Command& command : weft::ctl::commands()) {
    const auto words = weft::split(command.words, ' ');
    if (words.size() > positions.size() || words.size() <= most) continue;
    bool all = true;
    for (size_t i = 0; i < words.size(); ++i) all = all && arguments[positions[i]] == words[i];
    if (!all) continue;
    found = &command;
    most = words.size();
  }
  for (size_t i = most; i-- > 0;) arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(positions[i]));
  return found;
}

std::string usage(std::string_view beginning) {
  std::string out = "weftctl COMMAND [flags]\n\n";
  for (const Command& command : weft::ctl::commands()) {
    if (!command.words.starts_with(beginning) || command.words.starts_with("__")) continue;
    std::string left = cat("  ", command.words, command.takes.empty() ? "" : " ", command.takes);
    left.resize(std::max<size_t>(left.size() + 2, 34), ' ');
    weft::append(out, left, command.summary, "\n");
  }
  return out + "\nweftctl COMMAND --help shows the flags of a command.\n";
}

int no_command(const Arguments& arguments) {
  const auto positions = word_positions(arguments);
  const bool asked = positions.empty() || arguments[positions[0]] == "help";
  std::string beginning;  // as many of the given words as begin some command
  size_t known = 0;
  for (const size_t at : positions) {
    const std::string longer = beginning.empty() ? arguments[at] : cat(beginning, " ", arguments[at]);
    if (asked || usage(longer) == usage("\n")) break;
    beginning = longer;
    ++known;
  }
  const std::string text = usage(beginning);
  std::fputs(text.c_str(), asked ? stdout : stderr);
  if (asked) return 0;
  if (known == positions.size()) {
    std::fprintf(stderr, "Error: weftctl %s: which of these?\n", beginning.c_str());
  } else {
    std::fprintf(stderr, "Error: there is no such command: %s\n", arguments[positions[known]].c_str());
  }
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments(argv + 1, argv + argc);
  weft::set_log_level("off");
  const Command* command = find_command(arguments);
  if (command == nullptr) return no_command(arguments);
  const weft::Status status = command->run(*command, arguments);
  if (status.ok()) return weft::ctl::exit_code();
  std::fflush(stdout);
  const std::string error = weft::ctl::paint("Error:", weft::ctl::Colour::kRed, stderr);
  std::fprintf(stderr, "%s %s\n", error.c_str(), weft::reason(status).c_str());
  return command->failure_code;
}
