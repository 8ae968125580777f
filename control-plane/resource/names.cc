#include "control-plane/resource/names.h"

#include "base/text.h"

namespace weft::cp {
namespace {

constexpr size_t kMaxLabelLength = 63;

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_lower_label(std::string_view text) {
  if (text.empty() || !is_lower_alphanumeric(text.front()) || !is_lower_alphanumeric(text.back())) return false;
  for (const char c : text) {
    if (!is_lower_alphanumeric(c) && c != '-') return false;
  }
  return true;
}

}  // namespace

bool is_dns_subdomain(std::string_view text) {
  if (text.size() > kMaxNameLength) return false;
  for (const std::string_view part : split(text, '.')) {
    if (!is_lower_label(part)) return false;
  }
  return true;
}

bool is_dns_label(std::string_view text) {
  return text.size() <= kMaxLabelLength && is_lower_label(text) && text.front() >= 'a';
}

std::string_view dns_label_rule() {
  return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
         "character, and "
         "end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
         "'[a-z]([-a-z0-9]*[a-z0-9])?')";
}

void check_name(std::string_view name, Violations& violations) {
  if (name.empty()) {
    violations.add("name", "cannot be empty");
  } else if (name.size() > kMaxNameLength) {
    violations.add("name", "value length must less or equal 253");
  } else if (!is_dns_subdomain(name)) {
    violations.add(
        "name",
        "invalid characters. A lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
        "'-' or '.', and must start and end with an alphanumeric character");
  }
}

void check_mesh_name(std::string_view mesh, Violations& violations) {
  if (mesh.empty()) return violations.add("mesh", "cannot be empty");
  for (const char c : mesh) {
    if (is_lower_alphanumeric(c) || c == '-' || c == '_' || c == '.') continue;
    return violations.add(
        "mesh", "invalid characters. Valid characters are numbers, lowercase latin letters and '-', '_', '.' symbols.");
  }
}

void check_strict_name(const Kind& kind, std::string_view name, Violations& violations) {
  if (!kind.rules.strict_name()) return;
  const bool is_too_long = name.size() > kMaxLabelLength;
  if (kind.type() == "Mesh" && is_too_long) violations.add("name", "cannot be longer than 63 characters");
  if (kind.type() != "Mesh" && is_too_long) violations.add("name", "must be no more than 63 characters");
  if (!is_lower_label(name) || name.front() < 'a') violations.add("name", dns_label_rule());
}

}  // namespace weft::cp
