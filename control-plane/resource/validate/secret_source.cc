#include "control-plane/resource/validate/secret_source.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace weft::cp {
namespace {

constexpr std::string_view kDefined = reason_text::kMustBeDefined;

// A block that has to be there, with a text in it that has to be there.
void check_block(const std::string& field, std::string_view key, bool has_block, const std::string& text,
                 Violations& violations) {
  if (!has_block) return violations.add(field, kDefined);
  if (text.empty()) violations.add(cat(field, ".", key), kDefined);
}

void check_file(const std::string& field, const v1::SecretSource& source, Violations& violations) {
  const std::string& path = source.file().path();
  check_block(field, "path", source.has_file(), path, violations);
  if (path.empty()) return;
  if (!path.starts_with('/')) return violations.add(cat(field, ".path"), "must be an absolute path");
  for (const std::string_view part : split(path, '/')) {
    if (part == "..") return violations.add(cat(field, ".path"), "must not contain \"..\"");
  }
}

}  // namespace

void check_secret_source(const std::string& field, const v1::SecretSource& source,
                         std::span<const std::string_view> allowed_types, Violations& violations) {
  const std::string& type = source.type();
  if (std::find(allowed_types.begin(), allowed_types.end(), type) == allowed_types.end()) {
    const std::vector<std::string> words(allowed_types.begin(), allowed_types.end());
    return violations.add(cat(field, ".type"), cat(type, " must be one of: ", join(words, ", ")));
  }
  if (type == "File") return check_file(cat(field, ".file"), source, violations);
  if (type == "EnvVar") {
    return check_block(cat(field, ".envVar"), "name", source.has_env_var(), source.env_var().name(), violations);
  }
  if (type == "Secret") {
    return check_block(cat(field, ".secretRef"), "name", source.has_secret_ref(), source.secret_ref().name(),
                       violations);
  }
  check_block(cat(field, ".insecureInline"), "value", source.has_insecure_inline(), source.insecure_inline().value(),
              violations);
}

}  // namespace weft::cp
