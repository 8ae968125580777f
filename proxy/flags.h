// A table of command-line flags and how to read it: "--name value", "--name=value", "-d value"; a boolean flag alone means true.
// A flag may be preset by an environment variable. Used by options.cc only; plain data, main thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/status.h"
#include "base/text.h"

namespace weft::proxy {

template <typename Options>
struct Flag {
  std::string_view name;         // "--mesh"; empty: environment only
  std::string_view short_name;   // "-d" or empty
  std::string_view environment;  // "KUMA_DATAPLANE_MESH" or empty
  std::string_view help;
  bool boolean = false;
  // The status says what is wrong with the value; the caller adds which flag or variable it was.
  std::function<Status(Options&, std::string_view value)> set;
};

inline Status read_bool(std::string_view text, bool& out) {
  if (text == "true" || text == "1" || text == "TRUE" || text == "True" || text == "t" || text == "T") return out = true, ok();
  if (text == "false" || text == "0" || text == "FALSE" || text == "False" || text == "f" || text == "F") {
    return out = false, ok();
  }
  return invalid(cat("\"", text, "\" is neither true nor false"));
}

inline Status read_duration(std::string_view text, Nanoseconds& out) {
  Result<Nanoseconds> parsed = parse_duration(text);
  if (!parsed.ok()) return parsed.status();
  if (*parsed < Nanoseconds::zero()) return invalid(cat("\"", text, "\" is negative"));
  out = *parsed;
  return ok();
}

template <typename Number>
Status read_number(std::string_view text, Number& out) {
  return parse_number(text, out) ? ok() : invalid(cat("\"", text, "\" is not a number in range"));
}

// Applies `arguments` in order. Stops at the first that is wrong.
template <typename Options>
Status read_flags(const std::vector<Flag<Options>>& table, const std::vector<std::string>& arguments, Options& options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    const Flag<Options>* flag = nullptr;
    for (const auto& candidate : table) {
      if (!name.empty() && (candidate.name == name || candidate.short_name == name)) flag = &candidate;
    }
    if (flag == nullptr) {
      if (!argument.starts_with('-')) return invalid(cat("unexpected argument \"", argument, "\""));
      std::vector<std::string_view> names;
      for (const auto& candidate : table) names.push_back(candidate.name);
      const std::string_view close = did_you_mean(name, names);
      return invalid(close.empty() ? cat("unknown flag ", name) : cat("unknown flag ", name, ", did you mean ", close, "?"));
    }
    std::string_view value = "true";
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (!flag->boolean) {
      if (i + 1 == arguments.size()) return invalid(cat(name, " needs a value"));
      value = arguments[++i];
    }
    if (Status status = flag->set(options, value); !status.ok()) return annotate(status, name);
  }
  return ok();
}

template <typename Options>
std::string flags_help(const std::vector<Flag<Options>>& table) {
  std::string out;
  for (const auto& flag : table) {
    std::string left = cat("  ", flag.name.empty() ? "(environment only)" : flag.name);
    if (!flag.short_name.empty()) append(left, ", ", flag.short_name);
    if (left.size() < 34) left.append(34 - left.size(), ' ');
    append(out, left, " ", flag.help);
    if (!flag.environment.empty()) append(out, " [", flag.environment, "]");
    out += '\n';
  }
  return out;
}

}  // namespace weft::proxy
