#include "control-plane/resource/free_form.h"

#include <google/protobuf/struct.pb.h>

#include <charconv>
#include <cmath>
#include <map>

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;
using google::protobuf::Struct;
using google::protobuf::Value;

// Above, a double no longer tells integers apart.
constexpr double kLargestInteger = 9007199254740992.0;

void read(const Node& node, Value& out);

void read(const Node& node, Struct& out) {
  for (const Member& member : node.members) read(member.value, (*out.mutable_fields())[member.key]);
}

void read(const Node& node, Value& out) {
  switch (node.kind) {
    case Node::Kind::kNull: return out.set_null_value(google::protobuf::NULL_VALUE);
    case Node::Kind::kBool: return out.set_bool_value(node.boolean);
    case Node::Kind::kString: return out.set_string_value(node.text);
    case Node::Kind::kObject: return read(node, *out.mutable_struct_value());
    case Node::Kind::kNumber: {
      double number = 0;
      std::from_chars(node.text.data(), node.text.data() + node.text.size(), number);
      return out.set_number_value(number);
    }
    case Node::Kind::kList: break;
  }
  out.mutable_list_value();
  for (const Node& item : node.items) read(item, *out.mutable_list_value()->add_values());
}

void write(JsonWriter& out, const Value& value);

void write(JsonWriter& out, const Struct& object) {
  std::map<std::string_view, const Value*> sorted;
  for (const auto& [key, value] : object.fields()) sorted[key] = &value;
  out.begin_object();
  for (const auto& [key, value] : sorted) {
    out.key(key);
    write(out, *value);
  }
  out.end_object();
}

void write_number(JsonWriter& out, double number) {
  const bool is_integer = std::trunc(number) == number && std::abs(number) <= kLargestInteger;
  is_integer ? out.number(static_cast<int64_t>(number)) : out.number(number);
}

void write(JsonWriter& out, const Value& value) {
  switch (value.kind_case()) {
    case Value::kBoolValue: return out.boolean(value.bool_value());
    case Value::kNumberValue: return write_number(out, value.number_value());
    case Value::kStringValue: return out.string(value.string_value());
    case Value::kStructValue: return write(out, value.struct_value());
    case Value::kListValue: break;
    case Value::kNullValue:
    case Value::KIND_NOT_SET: return out.null();
  }
  out.begin_list();
  for (const Value& item : value.list_value().values()) write(out, item);
  out.end_list();
}

}  // namespace

bool read_free_form(const Node& node, google::protobuf::Message& out) {
  if (auto* object = DynamicCastToGenerated<Struct>(&out)) {
    if (!node.is_object()) return false;
    read(node, *object);
  } else {
    read(node, *DynamicCastToGenerated<Value>(&out));
  }
  return true;
}

void write_free_form(JsonWriter& out, const google::protobuf::Message& message) {
  if (const auto* object = DynamicCastToGenerated<const Struct>(&message)) return write(out, *object);
  write(out, *DynamicCastToGenerated<const Value>(&message));
}

}  // namespace weft::cp
