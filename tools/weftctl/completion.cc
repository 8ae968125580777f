// weftctl completion: scripts for shells. They ask `weftctl __complete` what the word under the cursor may become.
#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"
#include "tools/weftctl/candidates.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

// Somebody is waiting for a keystroke to have an effect.
constexpr std::chrono::seconds kPatience{1};

constexpr std::string_view kBash = R"(# weftctl in bash: source <(weftctl completion bash)
_weftctl() {
  local current=${COMP_WORDS[COMP_CWORD]} line
  [ "$current" = "=" ] && current=
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ":files" ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    elif [[ $line == "$current"* ]]; then
      COMPREPLY+=("$line")
    fi
  done < <("${COMP_WORDS[0]}" __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _weftctl weftctl
)";

constexpr std::string_view kZsh = R"(#compdef weftctl
# weftctl in zsh: source <(weftctl completion zsh), after compinit
_weftctl() {
  local -a found
  found=("${(@f)$("${words[1]}" __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( ${found[(Ie):files]} )); then
    _files
  else
    compadd -a found
  fi
}
compdef _weftctl weftctl
)";

constexpr std::string_view kFish = R"(# weftctl in fish: weftctl completion fish | source
function __weftctl_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
    if test "$line" = ":files"
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c weftctl -f -a '(__weftctl_complete)'
)";

struct Script {
  std::string_view shell;
  std::string_view text;
};
constexpr std::array kScripts = {Script{"bash", kBash}, Script{"zsh", kZsh}, Script{"fish", kFish}};

// The flags that say which control plane to ask.
Globals globals_in(const std::vector<std::string>& words) {
  Globals globals;
  globals.config_file = flag_value(words, "config-file", 0, "");
  globals.context = flag_value(words, "context", 0, "");
  globals.no_config = std::find(words.begin(), words.end(), "--no-config") != words.end();
  globals.api_timeout = kPatience;
  // Completing a word is no reason to write a file.
  std::error_code error;
  const auto path = config_path(globals);
  if (path.ok() && !std::filesystem::exists(*path, error)) globals.no_config = true;
  return globals;
}

// Without a word about what goes wrong: there is nobody to read it.
std::vector<std::string> names_of(const Globals& globals, const reference::Kind& kind, const std::string& mesh) {
  std::vector<std::string> out;
  auto client = make_client(globals);
  if (!client.ok()) return out;
  const std::string collection = kind.is_global()
                                     ? cat("/", kind.rules.path())
                                     : cat("/meshes/", url_part(client->mesh(mesh)), "/", kind.rules.path());
  const auto answer = client->get(cat(collection, "?size=1000"));
  if (!answer.ok() || !answer->ok()) return out;
  const auto page = parse_json(answer->body);
  const Node* items = page.ok() ? page->find("items") : nullptr;
  if (items == nullptr) return out;
  for (const Node& item : items->items) out.push_back(text_at(item, "name"));
  return out;
}

std::vector<std::string> contexts(const Globals& globals) {
  std::vector<std::string> out;
  const auto config = load_config(globals);
  if (!config.ok()) return out;
  for (const Context& context : config->contexts) out.push_back(context.name);
  return out;
}

}  // namespace

Status run_completion(const Command& self, const std::vector<std::string>& arguments) {
  Globals globals;
  Flags flags;
  const auto rest = parse_arguments(self, flags, arguments, 1, 1, globals);
  if (!rest.ok() || globals.help) return rest.status();
  for (const Script& script : kScripts) {
    if (script.shell != rest->front()) continue;
    print(script.text);
    return ok();
  }
  return invalid(cat("\"", rest->front(), "\" is none of bash, zsh, fish"));
}

Status run_complete(const Command&, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  // bash gives "--mesh=x" as three words.
  std::erase(words, "=");
  if (words.size() < arguments.size() - 1 && !arguments.empty() && arguments.back() == "=") words.emplace_back();
  const Globals globals = globals_in(words);
  const Lookup lookup{
      .names = [&](const reference::Kind& kind, const std::string& mesh) { return names_of(globals, kind, mesh); },
      .contexts = [&] { return contexts(globals); },
      .flags = flags_of};
  std::string out;
  for (const std::string& word : candidates(commands(), reference::Schema::embedded(), words, lookup))
    append(out, word, "\n");
  print(out);
  return ok();
}

}  // namespace weft::ctl
