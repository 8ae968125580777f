#include "api/reference/openapi_schemas.h"

#include <map>

#include "api/reference/facts.h"
#include "base/text.h"

namespace weft::reference {
namespace {

using Messages = std::map<std::string, const Descriptor*>;

// "MeshRetryConf.Http"; the message of a kind is its spec, because the kind's own name is that of the document.
std::string component_name(const Descriptor& message) {
  const std::string_view package = message.file()->package();
  const std::string name = message.full_name().substr(package.size() + 1);
  return message.options().HasExtension(v1::resource) ? name + "Spec" : name;
}

void collect(const Descriptor& message, Messages& out) {
  if (!out.emplace(component_name(message), &message).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    if (const Descriptor* object = object_of(*message.field(i))) collect(*object, out);
  }
}

void write_words(JsonWriter& out, std::string_view key, const auto& words) {
  out.key(key);
  out.begin_list();
  for (const std::string& word : words) out.string(word);
  out.end_list();
}

void write_integer(JsonWriter& out, const FieldDescriptor& field, const v1::FieldRules& rules) {
  const auto type = field.cpp_type();
  const bool wide = type == FieldDescriptor::CPPTYPE_INT64 || type == FieldDescriptor::CPPTYPE_UINT64;
  const bool is_unsigned = type == FieldDescriptor::CPPTYPE_UINT32 || type == FieldDescriptor::CPPTYPE_UINT64;
  out.member("type", "integer");
  out.member("format", wide || is_unsigned ? "int64" : "int32");
  if (is_unsigned && !rules.has_minimum()) {
    out.key("minimum");
    out.number(0);
  }
}

// The members of a schema for one value of the field, without its description.
void write_value(JsonWriter& out, const FieldDescriptor& field) {
  if (const Descriptor* object = object_of(field); object != nullptr && !field.is_map()) {
    // Beside "$ref" nothing else counts.
    out.key("allOf");
    out.begin_list();
    write_ref(out, component_name(*object));
    out.end_list();
    return;
  }
  const v1::FieldRules& rules = field.options().GetExtension(v1::schema);
  const std::string type = value_type(field);
  if (type == "integer" && field.message_type() == nullptr) {
    write_integer(out, field, rules);
  } else if (type == "integer or string") {
    out.key("oneOf");
    out.begin_list();
    for (const char* one : {"integer", "string"}) {
      out.begin_object();
      out.member("type", one);
      out.end_object();
    }
    out.end_list();
  } else if (type == "any object" || type == "any list") {
    out.member("type", type == "any object" ? "object" : "array");
    if (type == "any list") out.key("items"), out.raw("{}");
  } else if (type == "boolean" || type == "number" || type == "integer") {
    out.member("type", type);
  } else if (type != "any value") {
    out.member("type", "string");
    if (type == "duration") out.member("pattern", "^-?([0-9]*\\.?[0-9]+(ns|us|µs|ms|s|m|h))+$|^0$");
    if (type == "time") out.member("format", "date-time");
    if (type == "base64") out.member("format", "byte");
  }
  if (rules.one_of_size() > 0) write_words(out, "enum", rules.one_of());
  if (rules.one_of_numbers_size() > 0) {
    out.key("enum");
    out.begin_list();
    for (const int64_t number : rules.one_of_numbers()) out.number(number);
    out.end_list();
  }
  if (rules.has_min_length()) out.key("minLength"), out.number(rules.min_length());
  if (rules.has_max_length()) out.key("maxLength"), out.number(rules.max_length());
  if (!rules.pattern().empty()) out.member("pattern", cat("^(?:", rules.pattern(), ")$"));
  if (rules.has_minimum()) out.key("minimum"), out.number(rules.minimum());
  if (rules.has_maximum()) out.key("maximum"), out.number(rules.maximum());
}

void write_field(JsonWriter& out, const FieldDescriptor& field) {
  const v1::FieldRules& rules = field.options().GetExtension(v1::schema);
  out.begin_object();
  const std::string comment = comment_of(field);
  if (!comment.empty()) out.member("description", comment);
  if (field.is_map() || field.is_repeated()) {
    out.member("type", field.is_map() ? "object" : "array");
    if (rules.has_min_items()) out.key("minItems"), out.number(rules.min_items());
    if (rules.has_max_items()) out.key("maxItems"), out.number(rules.max_items());
    out.key(field.is_map() ? "additionalProperties" : "items");
    out.begin_object();
    write_value(out, field.is_map() ? *field.message_type()->map_value() : field);
    out.end_object();
  } else {
    write_value(out, field);
  }
  if (!rules.schema_default().empty()) out.key("default"), out.raw(rules.schema_default());
  if (!rules.runtime_default().empty()) out.member("x-runtime-default", rules.runtime_default());
  if (rules.append()) out.member("x-merge", "append");
  if (rules.server_owned()) out.member("readOnly", true);
  out.end_object();
}

void write_properties(JsonWriter& out, const Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    out.key(message.field(i)->json_name());
    write_field(out, *message.field(i));
  }
}

std::vector<std::string> required_of(const Descriptor& message) {
  std::vector<std::string> out;
  for (int i = 0; i < message.field_count(); ++i) {
    if (message.field(i)->options().GetExtension(v1::schema).required()) out.push_back(message.field(i)->json_name());
  }
  return out;
}

void write_required(JsonWriter& out, const std::vector<std::string>& names) {
  if (!names.empty()) write_words(out, "required", names);
}

void write_message(JsonWriter& out, const std::string& name, const Descriptor& message) {
  out.key(name);
  out.begin_object();
  out.member("type", "object");
  write_required(out, required_of(message));
  out.key("properties");
  out.begin_object();
  write_properties(out, message);
  out.end_object();
  out.end_object();
}

void write_meta(JsonWriter& out, const MetaField& meta, const Kind& kind) {
  out.key(meta.name);
  out.begin_object();
  out.member("description", meta.comment);
  if (meta.type.starts_with("map")) {
    out.member("type", "object");
    out.key("additionalProperties");
    out.raw(R"({"type":"string"})");
  } else {
    out.member("type", "string");
    if (meta.type == "time") out.member("format", "date-time");
    if (meta.name == "type") write_words(out, "enum", std::vector<std::string>{kind.type()});
  }
  if (meta.server_owned) out.member("readOnly", true);
  out.end_object();
}

void write_document(JsonWriter& out, const Kind& kind) {
  out.key(kind.type());
  out.begin_object();
  out.member("type", "object");
  if (!kind.description.empty()) out.member("description", kind.description);
  std::vector<std::string> required;
  for (const MetaField& meta : meta_fields(kind)) {
    if (meta.required) required.emplace_back(meta.name);
  }
  if (kind.is_inline()) {
    for (std::string& name : required_of(*kind.message)) required.push_back(std::move(name));
  }
  write_required(out, required);
  out.key("properties");
  out.begin_object();
  for (const MetaField& meta : meta_fields(kind)) write_meta(out, meta, kind);
  if (kind.is_inline()) {
    write_properties(out, *kind.message);
  } else {
    out.key("spec");
    write_ref(out, component_name(*kind.message));
  }
  if (kind.status != nullptr) {
    out.key("status");
    write_ref(out, component_name(*kind.status));
  }
  out.end_object();
  out.end_object();
}

void write_list(JsonWriter& out, const Kind& kind) {
  out.key(kind.type() + "List");
  out.begin_object();
  out.member("type", "object");
  out.key("properties");
  out.begin_object();
  out.key("total");
  out.raw(R"({"type":"integer","description":"Of all pages together."})");
  out.key("items");
  out.begin_object();
  out.member("type", "array");
  out.key("items");
  write_ref(out, kind.type());
  out.end_object();
  out.key("next");
  out.raw(R"({"type":"string","nullable":true,"description":"Address of the next page; null on the last one."})");
  out.end_object();
  out.end_object();
}

}  // namespace

void write_ref(JsonWriter& out, std::string_view name) {
  out.begin_object();
  out.member("$ref", cat("#/components/schemas/", name));
  out.end_object();
}

void write_schemas(JsonWriter& out, const Schema& schema) {
  Messages messages;
  for (const Kind& kind : schema.kinds()) {
    write_document(out, kind);
    write_list(out, kind);
    if (!kind.is_inline()) collect(*kind.message, messages);
    if (kind.status != nullptr) collect(*kind.status, messages);
    for (int i = 0; kind.is_inline() && i < kind.message->field_count(); ++i) {
      if (const Descriptor* object = object_of(*kind.message->field(i))) collect(*object, messages);
    }
  }
  for (const auto& [name, message] : messages) write_message(out, name, *message);
}

}  // namespace weft::reference
