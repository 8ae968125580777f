#include "control-plane/resource/message_decoder.h"

#include <algorithm>

#include <re2/re2.h>

#include "base/text.h"
#include "control-plane/resource/free_form.h"
#include "control-plane/resource/special_forms.h"
#include "policies/written_lists.h"

namespace weft::cp {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const v1::FieldRules& rules_of(const FieldDescriptor& field) { return field.options().GetExtension(v1::schema); }

// Keys are the JSON names; the inline shape also knows a field by its name in the schema.
const FieldDescriptor* find_field(const Descriptor& type, std::string_view key, bool by_schema_name) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->json_name() == key || (by_schema_name && field->name() == key)) return field;
  }
  return nullptr;
}

std::vector<std::string_view> known_keys(const Descriptor& type) {
  std::vector<std::string_view> known;
  for (int i = 0; i < type.field_count(); ++i) known.push_back(type.field(i)->json_name());
  return known;
}

// Nothing that users name, path or send holds one, and not everything that reads such a text later goes on behind it.
constexpr char kNul[] = "holds a NUL character";
bool holds_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::string below(const std::string& path, std::string_view key) {
  return path.empty() ? std::string(key) : cat(path, ".", key);
}

// Of UTF-8 text.
size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string words(const auto& list) {
  std::string out;
  for (const auto& word : list) append(out, out.empty() ? "" : " ", word);
  return out;
}

using Words = google::protobuf::RepeatedPtrField<std::string>;

// What any policy may name as a destination. Which of them a kind supports is a question of meaning.
const Words& destinations() {
  static const Words kinds = [] {
    Words all;
    for (const char* kind : {"Mesh", "MeshService", "MeshExternalService", "MeshMultiZoneService", "MeshHTTPRoute"}) {
      all.Add(kind);
    }
    return all;
  }();
  return kinds;
}

// The kinds that a targetRef may name depend on where it stands: at the top of the spec, or in one of its items.
const Words& allowed_targets(const Kind& kind, const std::string& path) {
  return path == "spec.targetRef" ? kind.rules.policy().target_kinds() : destinations();
}

}  // namespace

Finding unknown_field(std::string_view path, std::string_view key, const std::vector<std::string_view>& known,
                      Mark mark) {
  const std::string field = below(std::string(path), key);
  const std::string_view meant = did_you_mean(key, known);
  return {field, cat("unknown field \"", field, "\"", meant.empty() ? "" : cat(", did you mean \"", meant, "\"?")),
          mark};
}

void MessageDecoder::decode(const Node& node, std::string path, Message& out,
                            const std::function<bool(std::string_view)>& is_not_ours) {
  if (!node.is_object()) return wrong_type(path, "object", node);
  const Descriptor& type = *out.GetDescriptor();
  for (const Member& entry : node.members) {
    if (is_not_ours && is_not_ours(entry.key)) continue;
    const FieldDescriptor* field = find_field(type, entry.key, kind_.is_inline());
    if (field == nullptr) {
      decoded_.warnings.push_back(unknown_field(path, entry.key, known_keys(type), entry.mark));
      continue;
    }
    if (entry.value.is_null() || rules_of(*field).server_owned()) continue;
    if (field->real_containing_oneof() != nullptr &&
        out.GetReflection()->HasOneof(out, field->real_containing_oneof())) {
      against_schema(below(path, entry.key),
                     cat("only one of the kinds of ", field->containing_oneof()->name(), " may be set"), entry.mark);
      continue;
    }
    member(entry.value, *field, below(path, field->json_name()), out);
  }
  if (schema_ == SchemaLayer::kApplied) missing(node, path, out);
}

void MessageDecoder::missing(const Node& node, const std::string& path, Message& out) {
  const Descriptor& type = *out.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    const v1::FieldRules& rules = rules_of(*field);
    if (!rules.required() && rules.schema_default().empty()) continue;
    const Node* present = node.find(field->json_name());
    if (present != nullptr && !present->is_null() && !rules.server_owned()) continue;
    if (!rules.schema_default().empty()) {
      const Result<Node> fallback = parse_json(rules.schema_default());
      if (fallback.ok()) member(*fallback, *field, below(path, field->json_name()), out);
    } else {
      against_schema(below(path, field->json_name()), "in body is required", node.mark);
    }
  }
}

void MessageDecoder::member(const Node& node, const Field& field, const std::string& path, Message& out) {
  if (field.is_map()) return map(node, field, path, out);
  if (field.is_repeated()) return list(node, field, path, out);
  value(node, field, path, out, false);
}

void MessageDecoder::list(const Node& node, const Field& field, const std::string& path, Message& out) {
  if (!node.is_list()) return wrong_type(path, "array", node);
  const v1::FieldRules& rules = rules_of(field);
  if (rules.has_min_items() && node.items.size() < rules.min_items()) {
    against_schema(path, cat("in body should have at least ", rules.min_items(), " items"), node.mark);
  }
  if (rules.has_max_items() && node.items.size() > rules.max_items()) {
    against_schema(path, cat("in body should have at most ", rules.max_items(), " items"), node.mark);
  }
  if (node.items.empty()) set_written_empty(out, field);
  for (size_t i = 0; i < node.items.size(); ++i) value(node.items[i], field, cat(path, "[", i, "]"), out, true);
}

void MessageDecoder::map(const Node& node, const Field& field, const std::string& path, Message& out) {
  if (!node.is_object()) return wrong_type(path, "object", node);
  const Field& key_field = *field.message_type()->map_key();
  const Field& value_field = *field.message_type()->map_value();
  for (const Member& entry : node.members) {
    const std::string entry_path = cat(path, "[\"", entry.key, "\"]");
    if (holds_nul(entry.key)) {
      unreadable(path, kNul, entry.mark);
      continue;
    }
    Message* pair = out.GetReflection()->AddMessage(&out, &field);
    pair->GetReflection()->SetString(pair, &key_field, entry.key);
    if (!entry.value.is_null()) value(entry.value, value_field, entry_path, *pair, false);
  }
}

void MessageDecoder::value(const Node& node, const Field& field, const std::string& path, Message& out, bool append) {
  const google::protobuf::Reflection& set = *out.GetReflection();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_MESSAGE: {
      Message* nested = append ? set.AddMessage(&out, &field) : set.MutableMessage(&out, &field);
      return submessage(node, field, path, *nested);
    }
    case Field::CPPTYPE_STRING: return string(node, field, path, out, append);
    case Field::CPPTYPE_BOOL:
      if (node.kind != Node::Kind::kBool) return wrong_type(path, "boolean", node);
      return append ? set.AddBool(&out, &field, node.boolean) : set.SetBool(&out, &field, node.boolean);
    case Field::CPPTYPE_INT32:
    case Field::CPPTYPE_INT64:
    case Field::CPPTYPE_UINT32:
    case Field::CPPTYPE_UINT64: return integer(node, field, path, out, append);
    default: return number(node, field, path, out, append);
  }
}

void MessageDecoder::submessage(const Node& node, const Field& field, const std::string& path, Message& out) {
  switch (special_form(*field.message_type())) {
    case SpecialForm::kDuration:
    case SpecialForm::kTimestamp: {
      if (!node.is_string()) return wrong_type(path, "string", node);
      const Status read = read_special(node.text, out);
      return read.ok() ? void() : unreadable(path, cat("is not readable: ", reason(read)), node.mark);
    }
    case SpecialForm::kIntOrString: {
      if (!node.is_string() && !node.is_number()) return wrong_type(path, "integer or string", node);
      const Status read = read_int_or_string(node.is_number(), node.text, out);
      return read.ok() ? void() : unreadable(path, reason(read), node.mark);
    }
    case SpecialForm::kFreeForm: return read_free_form(node, out) ? void() : wrong_type(path, "object", node);
    case SpecialForm::kNone: break;
  }
  if (out.GetDescriptor()->full_name() == "weft.v1.TargetRef") target_kind(node, path);
  decode(node, path, out, {});
}

void MessageDecoder::target_kind(const Node& node, const std::string& path) {
  const Node* kind = node.find("kind");
  if (kind == nullptr || !kind->is_string()) return;
  const Words& allowed = allowed_targets(kind_, path);
  if (std::find(allowed.begin(), allowed.end(), kind->text) != allowed.end()) return;
  against_schema(cat(path, ".kind"), cat("in body should be one of [", words(allowed), "]"), kind->mark);
}

void MessageDecoder::string(const Node& node, const Field& field, const std::string& path, Message& out, bool append) {
  const bool number_as_text = schema_ == SchemaLayer::kSkipped && node.is_number();
  if (!node.is_string() && !number_as_text) return wrong_type(path, "string", node);
  std::string text = node.text;
  if (holds_nul(text)) return unreadable(path, kNul, node.mark);
  if (field.type() == Field::TYPE_BYTES) {
    if (!read_base64(node.text, text)) return unreadable(path, "is not base64", node.mark);
  } else if (!check_text(node, field, path)) {
    return;
  }
  const std::string& implicit = rules_of(field).implicit();
  if (!append && !implicit.empty() && text == implicit) return;
  const google::protobuf::Reflection& set = *out.GetReflection();
  append ? set.AddString(&out, &field, std::move(text)) : set.SetString(&out, &field, std::move(text));
}

bool MessageDecoder::check_text(const Node& node, const Field& field, const std::string& path) {
  const v1::FieldRules& rules = rules_of(field);
  if (schema_ == SchemaLayer::kSkipped) return true;
  if (rules.one_of_size() > 0) {
    bool found = node.text.empty() && kind_.is_inline();
    for (const std::string& word : rules.one_of()) found = found || word == node.text;
    if (!found) against_schema(path, cat("in body should be one of [", words(rules.one_of()), "]"), node.mark);
    return found;
  }
  bool fits = true;
  const auto refuse = [&](std::string reason) {
    against_schema(path, std::move(reason), node.mark);
    fits = false;
  };
  const size_t length = characters(node.text);
  if (rules.has_min_length() && length < rules.min_length()) {
    refuse(cat("in body should be at least ", rules.min_length(), " chars long"));
  }
  if (rules.has_max_length() && length > rules.max_length()) {
    refuse(cat("in body should be at most ", rules.max_length(), " chars long"));
  }
  if (!rules.pattern().empty() && !RE2::FullMatch(node.text, RE2(rules.pattern()))) {
    refuse(cat("in body should match '", rules.pattern(), "'"));
  }
  return fits;
}

void MessageDecoder::integer(const Node& node, const Field& field, const std::string& path, Message& out, bool append) {
  // JSON of the inline shape may carry numbers as strings, as 64-bit ones always are.
  const bool is_text = kind_.is_inline() && node.is_string();
  if (!node.is_number() && !is_text) return wrong_type(path, "integer", node);
  const bool is_unsigned = field.cpp_type() == Field::CPPTYPE_UINT32 || field.cpp_type() == Field::CPPTYPE_UINT64;
  const bool is_narrow = field.cpp_type() == Field::CPPTYPE_INT32 || field.cpp_type() == Field::CPPTYPE_UINT32;
  if (node.text.find_first_of(".eE") != std::string::npos) return wrong_type(path, "integer", node);
  // Out of bounds first: that has a field in the answer, which a number too large for its type has not.
  double bounded = 0;
  std::from_chars(node.text.data(), node.text.data() + node.text.size(), bounded);
  if (!check_range(node, field, path, bounded)) return;
  if (is_unsigned && node.text.starts_with('-'))
    return unreadable(path, cat("must not be negative: ", node.text), node.mark);
  int64_t value = 0;
  uint64_t positive = 0;
  const bool fits = is_unsigned
                        ? parse_number(node.text, positive) && (!is_narrow || positive <= UINT32_MAX)
                        : parse_number(node.text, value) && (!is_narrow || (value >= INT32_MIN && value <= INT32_MAX));
  if (!fits) return unreadable(path, cat("is no number that fits: ", node.text), node.mark);
  if (!check_choice(node, field, path, is_unsigned ? static_cast<int64_t>(positive) : value)) return;
  const google::protobuf::Reflection& set = *out.GetReflection();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_INT32: {
      const int32_t narrow = static_cast<int32_t>(value);
      return append ? set.AddInt32(&out, &field, narrow) : set.SetInt32(&out, &field, narrow);
    }
    case Field::CPPTYPE_UINT32: {
      const uint32_t narrow = static_cast<uint32_t>(positive);
      return append ? set.AddUInt32(&out, &field, narrow) : set.SetUInt32(&out, &field, narrow);
    }
    case Field::CPPTYPE_INT64: return append ? set.AddInt64(&out, &field, value) : set.SetInt64(&out, &field, value);
    default: return append ? set.AddUInt64(&out, &field, positive) : set.SetUInt64(&out, &field, positive);
  }
}

void MessageDecoder::number(const Node& node, const Field& field, const std::string& path, Message& out, bool append) {
  if (!node.is_number()) return wrong_type(path, "number", node);
  double value = 0;
  std::from_chars(node.text.data(), node.text.data() + node.text.size(), value);
  if (!check_range(node, field, path, value)) return;
  const google::protobuf::Reflection& set = *out.GetReflection();
  if (field.cpp_type() == Field::CPPTYPE_FLOAT) {
    const float narrow = static_cast<float>(value);
    return append ? set.AddFloat(&out, &field, narrow) : set.SetFloat(&out, &field, narrow);
  }
  append ? set.AddDouble(&out, &field, value) : set.SetDouble(&out, &field, value);
}

bool MessageDecoder::check_range(const Node& node, const Field& field, const std::string& path, double value) {
  const v1::FieldRules& rules = rules_of(field);
  if (schema_ == SchemaLayer::kSkipped) return true;
  if (rules.has_minimum() && value < rules.minimum()) {
    against_schema(path, cat("in body should be greater than or equal to ", rules.minimum()), node.mark);
    return false;
  }
  if (rules.has_maximum() && value > rules.maximum()) {
    against_schema(path, cat("in body should be less than or equal to ", rules.maximum()), node.mark);
    return false;
  }
  return true;
}

bool MessageDecoder::check_choice(const Node& node, const Field& field, const std::string& path, int64_t value) {
  const auto& choices = rules_of(field).one_of_numbers();
  if (schema_ == SchemaLayer::kSkipped) return true;
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return true;
  against_schema(path, cat("in body should be one of [", words(choices), "]"), node.mark);
  return false;
}

void MessageDecoder::against_schema(const std::string& path, std::string reason, Mark mark) {
  if (schema_ == SchemaLayer::kSkipped) return;
  (kind_.is_inline() ? decoded_.unreadable : decoded_.violations).push_back({path, std::move(reason), mark});
}

void MessageDecoder::wrong_type(const std::string& path, std::string_view wanted, const Node& node) {
  if (schema_ == SchemaLayer::kSkipped) {
    return unreadable(path, cat("must be of type ", wanted, ", not ", type_name(node.kind)), node.mark);
  }
  against_schema(path, cat("in body must be of type ", wanted, ": \"", type_name(node.kind), "\""), node.mark);
}

void MessageDecoder::unreadable(const std::string& path, std::string reason, Mark mark) {
  decoded_.unreadable.push_back({path, std::move(reason), mark});
}

}  // namespace weft::cp
