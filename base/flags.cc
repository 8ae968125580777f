#include "base/flags.h"

#include <algorithm>

#include "base/text.h"

namespace weft {
namespace {

std::string with_default(std::string_view help, std::string_view value) {
  return value.empty() ? std::string(help) : cat(help, " (default ", value, ")");
}

}  // namespace

void Flags::add(std::string_view name, char letter, std::string_view what, std::string_view help, std::string* target) {
  flags_.push_back({std::string(name), letter, std::string(what), with_default(help, *target), Value::kRequired, "",
                    [target](std::string_view text) {
                      *target = text;
                      return ok();
                    }});
}

void Flags::add(std::string_view name, char letter, std::string_view what, std::string_view help, int* target) {
  flags_.push_back({std::string(name), letter, std::string(what), with_default(help, cat(*target)), Value::kRequired,
                    "", [target](std::string_view text) {
                      return parse_number(text, *target) ? ok() : invalid(cat("\"", text, "\" is not a whole number"));
                    }});
}

void Flags::add(std::string_view name, char letter, std::string_view what, std::string_view help, Nanoseconds* target) {
  flags_.push_back({std::string(name), letter, std::string(what), with_default(help, format_duration(*target)),
                    Value::kRequired, "", [target](std::string_view text) {
                      const auto duration = parse_duration(text);
                      if (duration.ok()) *target = *duration;
                      return duration.status();
                    }});
}

void Flags::add(std::string_view name, char letter, std::string_view what, std::string_view help,
                std::vector<std::string>* target) {
  flags_.push_back({std::string(name), letter, std::string(what), std::string(help), Value::kRequired, "",
                    [target](std::string_view text) {
                      target->emplace_back(text);
                      return ok();
                    }});
}

void Flags::add(std::string_view name, char letter, std::string_view help, bool* target) {
  flags_.push_back(
      {std::string(name), letter, "", std::string(help), Value::kNone, "true", [target](std::string_view text) {
         if (text != "true" && text != "false") return invalid("takes true or false");
         *target = text == "true";
         return ok();
       }});
}

void Flags::add_optional(std::string_view name, std::string_view otherwise, std::string_view what,
                         std::string_view help, std::string* target) {
  flags_.push_back({std::string(name), 0, std::string(what), std::string(help), Value::kOptional,
                    std::string(otherwise), [target](std::string_view text) {
                      *target = text;
                      return ok();
                    }});
}

const Flags::Flag* Flags::find(std::string_view name) const {
  const auto at = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return flag.name == name; });
  return at == flags_.end() ? nullptr : &*at;
}

const Flags::Flag* Flags::find(char letter) const {
  const auto at = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return flag.letter == letter; });
  return letter == 0 || at == flags_.end() ? nullptr : &*at;
}

std::string Flags::unknown(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const Flag& flag : flags_) names.push_back(flag.name);
  const std::string_view meant = did_you_mean(name, names);
  return cat("unknown flag: --", name, meant.empty() ? "" : cat(" (did you mean --", meant, "?)"));
}

Status Flags::read(const std::vector<std::string>& arguments, size_t& at) const {
  const std::string_view argument = arguments[at];
  const bool is_long = argument.starts_with("--");
  if (!is_long && argument.size() > 2 && argument[2] != '=') {  // -oyaml
    const Flag* flag = find(argument[1]);
    if (flag == nullptr || flag->value != Value::kRequired) return invalid(cat("unknown flag: ", argument));
    return annotate(flag->set(argument.substr(2)), cat("--", flag->name));
  }
  const size_t equals = argument.find('=');
  const bool attached = equals != std::string_view::npos;
  const std::string_view name = argument.substr(is_long ? 2 : 1, attached ? equals - (is_long ? 2 : 1) : argument.npos);
  const Flag* flag = is_long ? find(name) : name.size() == 1 ? find(name[0]) : nullptr;
  if (flag == nullptr) return invalid(is_long ? unknown(name) : cat("unknown flag: ", argument));
  if (attached) return annotate(flag->set(argument.substr(equals + 1)), cat("--", flag->name));
  if (flag->value != Value::kRequired) return flag->set(flag->otherwise);
  if (at + 1 == arguments.size()) return invalid(cat("--", flag->name, ": a value is missing (", flag->what, ")"));
  return annotate(flag->set(arguments[++at]), cat("--", flag->name));
}

Result<std::vector<std::string>> Flags::parse(const std::vector<std::string>& arguments) const {
  std::vector<std::string> positional;
  for (size_t at = 0; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    if (argument == "--") {
      positional.insert(positional.end(), arguments.begin() + static_cast<ptrdiff_t>(at) + 1, arguments.end());
      break;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      positional.push_back(argument);
    } else if (Status status = read(arguments, at); !status.ok()) {
      return status;
    }
  }
  return positional;
}

std::vector<Flags::Listed> Flags::list() const {
  std::vector<Listed> out;
  for (const Flag& flag : flags_) out.push_back({flag.name, flag.letter, flag.value == Value::kRequired});
  return out;
}

std::string Flags::help() const {
  std::string out;
  for (const Flag& flag : flags_) {
    std::string left = flag.letter == 0 ? "      " : cat("  -", flag.letter, ", ");
    append(left, "--", flag.name);
    if (flag.value == Value::kRequired) append(left, " ", flag.what);
    if (flag.value == Value::kOptional) append(left, "[=", flag.what, "]");
    if (left.size() < 34) left.append(34 - left.size(), ' ');
    append(out, left, " ", flag.help, "\n");
  }
  return out;
}

}  // namespace weft
