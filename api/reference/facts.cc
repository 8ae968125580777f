#include "api/reference/facts.h"

#include <optional>

#include "base/text.h"

namespace weft::reference {
namespace {

// Messages that stand for one written value.
std::string_view written_as(const Descriptor& message) {
  const std::string& name = message.full_name();
  if (name == "google.protobuf.Duration") return "duration";
  if (name == "google.protobuf.Timestamp") return "time";
  if (name == "google.protobuf.Value") return "any value";
  if (name == "google.protobuf.Struct") return "any object";
  if (name == "google.protobuf.ListValue") return "any list";
  if (name == "google.protobuf.BoolValue") return "boolean";
  if (name == "google.protobuf.StringValue") return "string";
  if (name == "google.protobuf.BytesValue") return "base64";
  if (name == "google.protobuf.DoubleValue" || name == "google.protobuf.FloatValue") return "number";
  if (name.starts_with("google.protobuf.")) return "integer";
  if (name == "weft.v1.IntOrString") return "integer or string";
  return {};
}

std::string number_text(double value) {
  const auto whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? cat(whole) : cat(value);
}

std::string range(std::optional<double> from, std::optional<double> to) {
  if (from && to) return *from == *to ? number_text(*from) : cat(number_text(*from), " to ", number_text(*to));
  if (from) return cat("at least ", number_text(*from));
  if (to) return cat("at most ", number_text(*to));
  return {};
}

std::optional<double> given(bool present, double value) { return present ? std::optional(value) : std::nullopt; }

std::vector<std::string> allowed_values(const v1::FieldRules& rules) {
  std::vector<std::string> out(rules.one_of().begin(), rules.one_of().end());
  for (const int64_t number : rules.one_of_numbers()) out.push_back(cat(number));
  return out;
}

// "\"Exact\"" -> Exact: as a person writes it in YAML.
std::string as_written(std::string_view json) {
  if (json.size() >= 2 && json.front() == '"' && json.back() == '"') json = json.substr(1, json.size() - 2);
  return std::string(json);
}

// The kinds that a targetRef may name there; empty when `field` is something else.
std::vector<std::string> target_kinds(const FieldDescriptor& field, const Kind& kind, std::string_view path) {
  if (!kind.is_policy() || field.name() != "kind" || field.containing_type()->full_name() != "weft.v1.TargetRef")
    return {};
  const v1::PolicyRules& policy = kind.rules.policy();
  const auto& kinds = path == "spec.targetRef.kind" ? policy.target_kinds() : policy.to_kinds();
  return {kinds.begin(), kinds.end()};
}

// What documents call a field of a list's entries.
std::string document_name(const FieldDescriptor& list, const std::string& name) {
  const FieldDescriptor* field = name.empty() ? nullptr : list.message_type()->FindFieldByName(name);
  return field == nullptr ? std::string() : field->json_name();
}

bool in_conf(std::string_view path) { return path.find(".default.") != path.npos; }

}  // namespace

std::string value_type(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL: return "boolean";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return "number";
    case FieldDescriptor::CPPTYPE_STRING: return field.type() == FieldDescriptor::TYPE_BYTES ? "base64" : "string";
    case FieldDescriptor::CPPTYPE_ENUM: return "string";
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      const std::string_view word = written_as(*field.message_type());
      return std::string(word.empty() ? std::string_view(field.message_type()->name()) : word);
    }
    default: return "integer";
  }
}

const Descriptor* object_of(const FieldDescriptor& field) {
  const FieldDescriptor* value = field.is_map() ? field.message_type()->map_value() : &field;
  if (value->message_type() == nullptr || !written_as(*value->message_type()).empty()) return nullptr;
  return value->message_type();
}

Facts facts_of(const FieldDescriptor& field, const Kind& kind, std::string_view path) {
  const v1::FieldRules& rules = field.options().GetExtension(v1::schema);
  Facts facts;
  facts.name = field.json_name();
  facts.type = field.is_map()        ? cat("map of ", value_type(*field.message_type()->map_value()))
               : field.is_repeated() ? cat("list of ", value_type(field))
                                     : value_type(field);
  facts.comment = comment_of(field);
  facts.required = rules.required();
  facts.server_owned = rules.server_owned();
  facts.append = rules.append();
  const bool is_list = field.is_repeated() && !field.is_map();
  facts.keyed_by = document_name(field, rules.keyed_by());
  facts.replaced_whole = kind.is_policy() && is_list && !rules.append() && rules.keyed_by().empty() && in_conf(path);
  facts.allowed = target_kinds(field, kind, path);
  if (facts.allowed.empty()) facts.allowed = allowed_values(rules);
  facts.schema_default = as_written(rules.schema_default());
  facts.runtime_default = !rules.runtime_default().empty() ? rules.runtime_default() : rules.implicit();
  facts.bounds = range(given(rules.has_minimum(), rules.minimum()), given(rules.has_maximum(), rules.maximum()));
  facts.length =
      range(given(rules.has_min_length(), rules.min_length()), given(rules.has_max_length(), rules.max_length()));
  facts.items = range(given(rules.has_min_items(), rules.min_items()), given(rules.has_max_items(), rules.max_items()));
  facts.empty_counts = rules.empty_counts();
  facts.pattern = rules.pattern();
  return facts;
}

std::vector<std::string> Facts::sentences() const {
  std::vector<std::string> out;
  if (required) out.push_back("Required.");
  if (server_owned) out.push_back("Written by the control plane; what a client sends is dropped.");
  if (!allowed.empty()) out.push_back(cat("One of: ", join(allowed, ", "), "."));
  if (!bounds.empty()) out.push_back(cat("Range: ", bounds, "."));
  if (!length.empty()) out.push_back(cat("Characters: ", length, "."));
  if (!items.empty()) out.push_back(cat("Items: ", items, "."));
  if (empty_counts) out.push_back("An empty list is kept as such.");
  if (!pattern.empty()) out.push_back(cat("Must match: ", pattern));
  if (!schema_default.empty()) out.push_back(cat("Filled in when absent: ", schema_default, "."));
  if (!runtime_default.empty()) out.push_back(cat("When nothing sets it: ", runtime_default, "."));
  if (append) out.push_back("Merging: the lists of all policies that apply are joined, the weakest first.");
  if (!keyed_by.empty()) {
    out.push_back(cat("Merging: entries with equal `", keyed_by,
                      "` are laid over each other; those of the strongest policy come first."));
  }
  if (replaced_whole) out.push_back("Merging: the list of the strongest policy replaces the others.");
  return out;
}

std::vector<MetaField> meta_fields(const Kind& kind) {
  std::vector<MetaField> out = {{"type", "string", "The kind.", true, false}};
  if (!kind.is_global()) out.push_back({"mesh", "string", "The mesh it belongs to.", true, false});
  out.push_back(
      {"name", "string", "Unique among resources of the kind (in the mesh, where there is one).", true, false});
  out.push_back(
      {"labels", "map of string", "What selectors look at. Keys that contain kuma.io/ have a meaning.", false, false});
  out.push_back({"creationTime", "time", "When it was first stored.", false, true});
  out.push_back({"modificationTime", "time", "When it was last changed.", false, true});
  if (!kind.rules.short_name().empty())
    out.push_back({"kri", "string", "Its identifier, unique over all kinds, meshes and zones.", false, true});
  return out;
}

}  // namespace weft::reference
