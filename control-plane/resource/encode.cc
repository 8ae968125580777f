#include "control-plane/resource/encode.h"

#include <map>

#include "control-plane/resource/free_form.h"
#include "control-plane/resource/kri.h"
#include "control-plane/resource/special_forms.h"
#include "policies/written_lists.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Prints one message's fields; nests into itself for the messages in it.
class Printer {
 public:
  Printer(JsonWriter& out, v1::Shape shape) : out_(out), is_inline_(shape == v1::INLINE) {}

  void fields(const Message& message) {
    const google::protobuf::Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) field(message, *type.field(i));
  }

 private:
  void field(const Message& message, const FieldDescriptor& field) {
    const Reflection& get = *message.GetReflection();
    const v1::FieldRules& rules = field.options().GetExtension(v1::schema);
    if (field.is_repeated() ? get.FieldSize(message, &field) == 0 : !get.HasField(message, &field)) {
      if (field.is_repeated() && is_written_empty(message, field)) return empty_list(field);
      if (!rules.print_empty()) return;
      out_.key(field.json_name());
      out_.begin_object();
      out_.end_object();
      return;
    }
    if (!rules.implicit().empty() && get.GetString(message, &field) == rules.implicit()) return;
    out_.key(field.json_name());
    if (field.is_map()) {
      map(message, field);
    } else if (field.is_repeated()) {
      out_.begin_list();
      for (int i = 0; i < get.FieldSize(message, &field); ++i) value(message, field, i);
      out_.end_list();
    } else {
      value(message, field, -1);
    }
  }

  void empty_list(const FieldDescriptor& field) {
    out_.key(field.json_name());
    out_.begin_list();
    out_.end_list();
  }

  // Sorted by key, so that the same content is the same text.
  void map(const Message& message, const FieldDescriptor& field) {
    const Reflection& get = *message.GetReflection();
    std::map<std::string, const Message*> sorted;
    for (int i = 0; i < get.FieldSize(message, &field); ++i) {
      const Message& entry = get.GetRepeatedMessage(message, &field, i);
      sorted[entry.GetReflection()->GetString(entry, field.message_type()->map_key())] = &entry;
    }
    out_.begin_object();
    for (const auto& [key, entry] : sorted) {
      out_.key(key);
      value(*entry, *field.message_type()->map_value(), -1);
    }
    out_.end_object();
  }

  void submessage(const Message& message) {
    switch (special_form(*message.GetDescriptor())) {
      case SpecialForm::kDuration: return out_.string(print_duration(message, is_inline_));
      case SpecialForm::kTimestamp: return out_.string(print_timestamp(message));
      case SpecialForm::kIntOrString: return int_or_string(message);
      case SpecialForm::kFreeForm: return write_free_form(out_, message);
      case SpecialForm::kNone: break;
    }
    out_.begin_object();
    fields(message);
    out_.end_object();
  }

  void int_or_string(const Message& message) {
    const Reflection& get = *message.GetReflection();
    const FieldDescriptor* number = message.GetDescriptor()->FindFieldByName("number");
    if (get.HasField(message, number)) return out_.number(get.GetInt64(message, number));
    out_.string(get.GetString(message, message.GetDescriptor()->FindFieldByName("text")));
  }

  void text(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& get = *message.GetReflection();
    std::string scratch;
    const std::string& text = index < 0 ? get.GetStringReference(message, &field, &scratch)
                                        : get.GetRepeatedStringReference(message, &field, index, &scratch);
    out_.string(field.type() == FieldDescriptor::TYPE_BYTES ? print_base64(text) : text);
  }

  void wide(std::integral auto number) { is_inline_ ? out_.string(cat(number)) : out_.number(number); }

  void value(const Message& message, const FieldDescriptor& field, int index) {
    const Reflection& get = *message.GetReflection();
    const bool one = index < 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return submessage(one ? get.GetMessage(message, &field) : get.GetRepeatedMessage(message, &field, index));
      case FieldDescriptor::CPPTYPE_STRING: return text(message, field, index);
      case FieldDescriptor::CPPTYPE_BOOL:
        return out_.boolean(one ? get.GetBool(message, &field) : get.GetRepeatedBool(message, &field, index));
      case FieldDescriptor::CPPTYPE_INT32:
        return out_.number(one ? get.GetInt32(message, &field) : get.GetRepeatedInt32(message, &field, index));
      case FieldDescriptor::CPPTYPE_UINT32:
        return out_.number(one ? get.GetUInt32(message, &field) : get.GetRepeatedUInt32(message, &field, index));
      case FieldDescriptor::CPPTYPE_INT64:
        return wide(one ? get.GetInt64(message, &field) : get.GetRepeatedInt64(message, &field, index));
      case FieldDescriptor::CPPTYPE_UINT64:
        return wide(one ? get.GetUInt64(message, &field) : get.GetRepeatedUInt64(message, &field, index));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return out_.number(double{one ? get.GetFloat(message, &field) : get.GetRepeatedFloat(message, &field, index)});
      default: return out_.number(one ? get.GetDouble(message, &field) : get.GetRepeatedDouble(message, &field, index));
    }
  }

  JsonWriter& out_;
  bool is_inline_;
};

void write_snis(JsonWriter& out, const Resource& resource) {
  const std::vector<std::pair<uint32_t, std::string>> all = snis(resource);
  if (all.empty()) return;
  out.key("snis");
  out.begin_list();
  for (const auto& [port, sni] : all) {
    out.begin_object();
    out.key("port");
    out.number(port);
    out.member("sni", sni);
    out.end_object();
  }
  out.end_list();
}

}  // namespace

void write_fields(JsonWriter& out, const Message& message, v1::Shape shape) { Printer(out, shape).fields(message); }

void write_message(JsonWriter& out, const Message& message, v1::Shape shape) {
  out.begin_object();
  write_fields(out, message, shape);
  out.end_object();
}

std::string encode_message(const Message& message, v1::Shape shape, JsonWriter::Style style) {
  JsonWriter out(style);
  write_message(out, message, shape);
  return out.take();
}

void write_meta(JsonWriter& out, const Resource& resource, std::string_view type) {
  out.member("type", type);
  if (!resource.key.mesh.empty()) out.member("mesh", resource.key.mesh);
  out.member("name", resource.key.name);
  out.member("creationTime", print_time(resource.created));
  out.member("modificationTime", print_time(resource.modified));
  if (!resource.labels.empty()) {
    out.key("labels");
    out.begin_object();
    for (const auto& [key, value] : resource.labels) out.member(key, value);
    out.end_object();
  }
  if (const std::string id = kri(resource); !id.empty()) out.member("kri", id);
}

void write_resource(JsonWriter& out, const Resource& resource) {
  out.begin_object();
  write_meta(out, resource, resource.key.type);
  write_snis(out, resource);
  const Kind* kind = find_kind(resource.key.type);
  if (kind == nullptr || kind->is_inline()) {
    Printer(out, v1::INLINE).fields(*resource.spec);
  } else {
    out.key("spec");
    write_message(out, *resource.spec, v1::SPEC);
    if (kind->status != nullptr) {
      out.key("status");
      write_message(out, resource.status != nullptr ? *resource.status : *kind->status, v1::SPEC);
    }
  }
  out.end_object();
}

std::string encode(const Resource& resource, JsonWriter::Style style) {
  JsonWriter out(style);
  write_resource(out, resource);
  return out.take();
}

}  // namespace weft::cp
