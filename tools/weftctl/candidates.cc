#include "tools/weftctl/candidates.h"

#include <algorithm>
#include <set>

#include "api/reference/place.h"
#include "base/text.h"

namespace weft::ctl {
namespace {

using reference::Kind;
using reference::Schema;

// What was typed before the word under the cursor.
struct Before {
  std::vector<std::string> positional;
  std::string pending;  // the flag whose value is being typed; empty: none
};

// What every command takes, and takes a value.
constexpr std::string_view kGlobalWithValue[] = {"config-file", "context", "log-level", "api-timeout"};

std::string name_of_flag(std::string_view word, const std::vector<Flags::Listed>& flags) {
  if (word.starts_with("--")) return std::string(word.substr(2));
  for (const Flags::Listed& flag : flags) {
    if (word.size() == 2 && flag.letter == word[1]) return flag.name;
  }
  return {};
}

bool takes_value(std::string_view name, const std::vector<Flags::Listed>& flags) {
  if (std::find(std::begin(kGlobalWithValue), std::end(kGlobalWithValue), name) != std::end(kGlobalWithValue))
    return true;
  return std::any_of(flags.begin(), flags.end(),
                     [&](const Flags::Listed& flag) { return flag.name == name && flag.takes_value; });
}

Before read_before(const std::vector<std::string>& words, const std::vector<Flags::Listed>& flags) {
  Before out;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i].size() < 2 || words[i][0] != '-') {
      out.positional.push_back(words[i]);
      continue;
    }
    if (words[i].find('=') != std::string::npos || !takes_value(name_of_flag(words[i], flags), flags)) continue;
    if (++i + 1 == words.size()) out.pending = name_of_flag(words[i - 1], flags);
  }
  return out;
}

// How many words of `command` stand at the beginning of `positional`; all of them when it is the command.
bool begins_with(const std::vector<std::string>& positional, const std::vector<std::string_view>& command) {
  if (positional.size() < command.size()) return false;
  return std::equal(command.begin(), command.end(), positional.begin());
}

// The command whose words were typed, the longest one; null when there is none yet.
const Command* command_in(std::span<const Command> commands, const std::vector<std::string>& positional) {
  const Command* found = nullptr;
  size_t most = 0;
  for (const Command& command : commands) {
    const auto words = split(command.words, ' ');
    if (!begins_with(positional, words) || words.size() <= most) continue;
    found = &command;
    most = words.size();
  }
  return found;
}

// The words that may follow `positional` on the way to a command.
void add_next_words(std::span<const Command> commands, const std::vector<std::string>& positional,
                    std::set<std::string>& out) {
  for (const Command& command : commands) {
    const auto words = split(command.words, ' ');
    if (words.size() <= positional.size() || words.front().starts_with("__")) continue;
    if (std::equal(positional.begin(), positional.end(), words.begin())) out.emplace(words[positional.size()]);
  }
}

// "meshretry.spec.to.": the fields that may stand at the end of a path.
std::vector<std::string> paths(const Schema& schema, const std::string& word) {
  std::vector<std::string> out;
  const size_t dot = word.rfind('.');
  if (dot == word.npos) {
    for (const Kind& kind : schema.kinds()) out.push_back(lower(kind.type()));
    return out;
  }
  const std::string prefix = word.substr(0, dot);
  const auto place = reference::find_place(schema, prefix);
  if (!place.ok()) return out;
  if (place->path.empty()) {
    for (const auto& meta : reference::meta_fields(*place->kind)) out.push_back(cat(prefix, ".", meta.name));
    if (!place->kind->is_inline()) out.push_back(prefix + ".spec");
    if (place->kind->status != nullptr) out.push_back(prefix + ".status");
  }
  const bool fields = place->object != nullptr && (!place->path.empty() || place->kind->is_inline());
  for (int i = 0; fields && i < place->object->field_count(); ++i)
    out.push_back(cat(prefix, ".", place->object->field(i)->json_name()));
  return out;
}

void add(std::set<std::string>& out, const std::vector<std::string>& words) { out.insert(words.begin(), words.end()); }

struct Completion {
  const Schema& schema;
  const std::vector<std::string>& words;
  const Lookup& lookup;

  std::string mesh() const { return flag_value(words, "mesh", 'm', ""); }

  void add_names(const Kind* kind, std::set<std::string>& out) const {
    if (kind != nullptr && lookup.names) add(out, lookup.names(*kind, mesh()));
  }

  // A word of a command's "takes". `typed`: the arguments before it.
  void add_argument(std::string_view takes, const Command& command, const std::vector<std::string>& typed,
                    std::set<std::string>& out) const {
    if (takes.starts_with("KIND[")) return add(out, paths(schema, words.back()));
    if (takes.find('|') != takes.npos) {
      for (const std::string_view word : split(takes, '|')) out.emplace(word);
    }
    if (takes == "DATAPLANE") add_names(schema.find("Dataplane"), out);
    if (takes == "NAME" && !typed.empty()) add_names(schema.find(typed.front()), out);
    if (takes == "NAME" && command.words == "inspect dataplane") add_names(schema.find("Dataplane"), out);
    if (takes != "TYPE" && takes != "POLICY") return;
    for (const Kind& kind : schema.kinds()) {
      if (takes == "POLICY" && !kind.is_policy()) continue;
      out.insert(lower(kind.type()));
      if (command.words == "get") out.insert(kind.rules.path());
    }
  }

  void add_value(const std::string& flag, std::set<std::string>& out) const {
    if (flag == "mesh") return add_names(schema.find("Mesh"), out);
    if (flag == "context" && lookup.contexts) return add(out, lookup.contexts());
    if (flag == "output") return add(out, {"table", "yaml", "json"});
    if (flag == "log-level") return add(out, {"off", "info", "debug"});
    if (flag == "kind") {
      for (const Kind& kind : schema.kinds()) {
        if (kind.is_policy()) out.insert(lower(kind.type()));
      }
    }
    if (flag == "file" || flag.ends_with("-file") || flag.ends_with("-path")) out.emplace(kFiles);
  }
};

}  // namespace

std::string flag_value(const std::vector<std::string>& words, std::string_view name, char letter,
                       std::string_view otherwise) {
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] == cat("--", name) || (letter != 0 && words[i] == cat("-", letter))) return words[i + 1];
  }
  return std::string(otherwise);
}

std::vector<std::string> candidates(std::span<const Command> commands, const Schema& schema,
                                    const std::vector<std::string>& words, const Lookup& lookup) {
  if (words.empty()) return {};
  const Completion completion{schema, words, lookup};
  std::set<std::string> out;
  // Twice: which flags there are depends on the command, and where the command is on which flags take a value.
  std::vector<Flags::Listed> flags;
  Before before = read_before(words, flags);
  const Command* command = command_in(commands, before.positional);
  if (command != nullptr && lookup.flags) {
    flags = lookup.flags(*command);
    before = read_before(words, flags);
  }
  if (!before.pending.empty()) {
    completion.add_value(before.pending, out);
  } else if (words.back().starts_with('-')) {
    for (const Flags::Listed& flag : flags) out.insert(cat("--", flag.name));
  } else {
    add_next_words(commands, before.positional, out);
    if (command != nullptr) {
      const auto own = split(command->words, ' ');
      const std::vector<std::string> typed(before.positional.begin() + static_cast<long>(own.size()),
                                           before.positional.end());
      const auto takes = split(command->takes, ' ');
      if (typed.size() < takes.size()) {
        std::string_view argument = takes[typed.size()];
        if (argument.starts_with('[') && argument.find('.') == argument.npos)
          argument = argument.substr(1, argument.size() - 2);
        else if (argument.starts_with("[KIND"))
          argument.remove_prefix(1);
        completion.add_argument(argument, *command, typed, out);
      }
    }
  }
  return {out.begin(), out.end()};
}

}  // namespace weft::ctl
