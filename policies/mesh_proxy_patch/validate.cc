#include "policies/mesh_proxy_patch/validate.h"

#include <string>

#include "base/text.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_proxy_patch.pb.h"

namespace weft::mesh_proxy_patch {
namespace {

using Conf = v1::MeshProxyPatchConf;

void validate_json_patch(const Conf::JsonPatch& patch, const std::string& field, Violations& violations) {
  const bool takes_value = patch.op() == "add" || patch.op() == "replace";
  const bool takes_from = patch.op() == "move" || patch.op() == "copy";
  if (takes_value != patch.has_value()) {
    violations.add(field + ".value", takes_value ? reason_text::kMustBeDefined : reason_text::kMustNotBeDefined);
  }
  if (takes_from != patch.has_from()) {
    violations.add(field + ".from", takes_from ? reason_text::kMustBeDefined : reason_text::kMustNotBeDefined);
  }
  if (patch.op() == "remove" && (patch.path().empty() || patch.path() == "/")) {
    violations.add(field + ".path", "must not be the whole resource");
  }
}

// Whether a text can be what it says is known to an Envoy alone. What is certain without one: the names of an Envoy
// resource's fields start with a lower-case letter (or @type), so a line at its left edge does not start otherwise.
bool looks_like_envoy(std::string_view yaml) {
  for (const std::string_view line : split(yaml, '\n')) {
    if (!line.empty() && line[0] >= 'A' && line[0] <= 'Z') return false;
  }
  return true;
}

void validate_value(const std::string& value, const std::string& field, Violations& violations) {
  if (!looks_like_envoy(value)) violations.add(field, "native Envoy resource is not valid: it has no such field");
}

// What all five kinds of modification share. Add* needs a value, Remove has none, Patch has a value or JSON patches.
template <typename Modification>
void validate_content(const Modification& modification, const std::string& field, Violations& violations) {
  const std::string& operation = modification.operation();
  const bool has_value = modification.has_value();
  if (operation == "Remove") {
    if (has_value) violations.add(field + ".value", reason_text::kMustNotBeDefined);
    return;
  }
  if (operation == "Patch") {
    const bool has_patches = !modification.json_patches().empty();
    if (has_value && has_patches) violations.add(field, "patch must have only one type defined: value, jsonPatches");
    if (!has_value && !has_patches) violations.add(field, "patch must have exactly one defined: value, jsonPatches");
    for (int i = 0; i < modification.json_patches_size(); ++i) {
      validate_json_patch(modification.json_patches(i), cat(field, ".jsonPatches[", i, "]"), violations);
    }
  } else if (!has_value) {
    return violations.add(field + ".value", reason_text::kMustBeDefined);
  }
  if (has_value) validate_value(modification.value(), field + ".value", violations);
}

template <typename Modification>
void validate_resource(const Modification& modification, const std::string& field, Violations& violations) {
  if (modification.operation() == "Add" && modification.has_match()) {
    violations.add(field + ".match", reason_text::kMustNotBeDefined);
  }
  validate_content(modification, field, violations);
}

void validate_virtual_host(const Conf::VirtualHost& host, const std::string& field, Violations& violations) {
  if (host.operation() == "Add" && host.match().has_name()) {
    violations.add(field + ".match.name", reason_text::kMustNotBeDefined);
  }
  validate_content(host, field, violations);
}

void validate_filter(const Conf::Filter& filter, const std::string& field, Violations& violations) {
  const std::string& operation = filter.operation();
  const bool needs_name = operation == "AddBefore" || operation == "AddAfter" || operation == "Patch";
  if (needs_name && filter.match().name().empty()) {
    violations.add(field + ".match.name", reason_text::kMustBeDefined);
  }
  validate_content(filter, field, violations);
}

void validate_modification(const Conf::Modification& modification, const std::string& field, Violations& violations) {
  const int defined = modification.has_cluster() + modification.has_listener() + modification.has_network_filter() +
                      modification.has_http_filter() + modification.has_virtual_host();
  if (defined != 1) {
    return violations.add(field, cat("exactly one modification can be defined at a time. Currently, ", defined,
                                     " modifications are defined"));
  }
  if (modification.has_cluster()) validate_resource(modification.cluster(), field + ".cluster", violations);
  if (modification.has_listener()) validate_resource(modification.listener(), field + ".listener", violations);
  if (modification.has_network_filter()) {
    validate_filter(modification.network_filter(), field + ".networkFilter", violations);
  }
  if (modification.has_http_filter()) validate_filter(modification.http_filter(), field + ".httpFilter", violations);
  if (modification.has_virtual_host()) {
    validate_virtual_host(modification.virtual_host(), field + ".virtualHost", violations);
  }
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshProxyPatch&>(message);
  validate_targets(spec, violations);
  const Conf& conf = spec.default_();
  if (conf.append_modifications().empty()) {
    violations.add("spec.default.appendModifications", reason_text::kMustNotBeEmpty);
  }
  for (int i = 0; i < conf.append_modifications_size(); ++i) {
    validate_modification(conf.append_modifications(i), cat("spec.default.appendModifications[", i, "]"), violations);
  }
}

}  // namespace weft::mesh_proxy_patch
