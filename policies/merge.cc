#include "policies/merge.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "policies/written_lists.h"
#include "weft/v1/common.pb.h"
#include "weft/v1/options.pb.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string key_text(const Message& entry, const FieldDescriptor& key) {
  const Reflection& reflection = *entry.GetReflection();
  switch (key.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: return reflection.GetString(entry, &key);
    case FieldDescriptor::CPPTYPE_INT32: return std::to_string(reflection.GetInt32(entry, &key));
    case FieldDescriptor::CPPTYPE_INT64: return std::to_string(reflection.GetInt64(entry, &key));
    case FieldDescriptor::CPPTYPE_UINT32: return std::to_string(reflection.GetUInt32(entry, &key));
    case FieldDescriptor::CPPTYPE_UINT64: return std::to_string(reflection.GetUInt64(entry, &key));
    default: return reflection.GetBool(entry, &key) ? "true" : "false";
  }
}

// Reflection shows a map as a list of entries.
void merge_map(const Message& patch, const FieldDescriptor& field, Message& into) {
  const Reflection& reflection = *patch.GetReflection();
  const FieldDescriptor& key = *field.message_type()->map_key();
  const FieldDescriptor& value = *field.message_type()->map_value();
  for (int i = 0; i < reflection.FieldSize(patch, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(patch, &field, i);
    const std::string wanted = key_text(entry, key);
    Message* same = nullptr;
    for (int k = 0; k < reflection.FieldSize(into, &field) && same == nullptr; ++k) {
      Message* candidate = reflection.MutableRepeatedMessage(&into, &field, k);
      if (key_text(*candidate, key) == wanted) same = candidate;
    }
    if (same == nullptr) {
      reflection.AddMessage(&into, &field)->CopyFrom(entry);
    } else if (value.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !is_written_as_scalar(*value.message_type())) {
      merge_conf(entry, *same);
    } else {
      same->CopyFrom(entry);
    }
  }
}

// Makes `fields` of `into` what they are in `patch`.
void replace_fields(const Message& patch, const std::vector<const FieldDescriptor*>& fields, Message& into) {
  if (fields.empty()) return;
  const std::unique_ptr<Message> copy(patch.New());
  copy->CopyFrom(patch);
  patch.GetReflection()->SwapFields(copy.get(), &into, fields);
}

void append_list(const Message& patch, const FieldDescriptor* field, Message& into) {
  const std::unique_ptr<Message> only(patch.New());
  replace_fields(patch, {field}, *only);
  into.MergeFrom(*only);
}

// Entries of `patch` come first, in their order; one that is in `into` already is laid over it. Taking them from the
// back makes the first of equal entries the one that is laid on top.
void merge_keyed(const Message& patch, const FieldDescriptor* field, Message& into) {
  const Reflection& reflection = *patch.GetReflection();
  const std::string& key_field = field->options().GetExtension(v1::schema).keyed_by();
  std::vector<std::string> keys;
  for (int i = 0; i < reflection.FieldSize(into, field); ++i)
    keys.push_back(entry_key(reflection.GetRepeatedMessage(into, field, i), key_field));
  for (int i = reflection.FieldSize(patch, field) - 1; i >= 0; --i) {
    const Message& entry = reflection.GetRepeatedMessage(patch, field, i);
    const std::string key = entry_key(entry, key_field);
    auto at = std::find(keys.begin(), keys.end(), key);
    if (at == keys.end()) {
      reflection.AddMessage(&into, field);
      at = keys.insert(keys.end(), key);
    }
    for (int k = static_cast<int>(at - keys.begin()); k > 0; --k) reflection.SwapElements(&into, field, k, k - 1);
    std::rotate(keys.begin(), at, at + 1);
    merge_conf(entry, *reflection.MutableRepeatedMessage(&into, field, 0));
  }
}

// Lists that `patch` wrote as [].
void empty_lists(const Message& patch, Message& into) {
  for (const FieldDescriptor* list : lists_written_empty(patch)) {
    if (list->options().GetExtension(v1::schema).append()) continue;
    patch.GetReflection()->ClearField(&into, list);
    set_written_empty(into, *list);
  }
}

}  // namespace

bool is_written_as_scalar(const google::protobuf::Descriptor& type) {
  return type.full_name() == "google.protobuf.Duration" ||
         type.full_name() == v1::IntOrString::descriptor()->full_name();
}

std::string entry_key(const Message& entry, const std::string& keyed_by) {
  const FieldDescriptor* field = entry.GetDescriptor()->FindFieldByName(keyed_by);
  const std::unique_ptr<Message> only(entry.New());
  replace_fields(entry, {field}, *only);
  return only->SerializeAsString();
}

void merge_conf(const Message& patch, Message& into) {
  const Reflection& reflection = *patch.GetReflection();
  std::vector<const FieldDescriptor*> present;
  reflection.ListFields(patch, &present);
  std::vector<const FieldDescriptor*> replaced;
  for (const FieldDescriptor* field : present) {
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_map()) {
      merge_map(patch, *field, into);
    } else if (is_message && !field->is_repeated() && !is_written_as_scalar(*field->message_type())) {
      merge_conf(reflection.GetMessage(patch, field), *reflection.MutableMessage(&into, field));
    } else if (field->options().GetExtension(v1::schema).append()) {
      append_list(patch, field, into);
    } else if (!field->options().GetExtension(v1::schema).keyed_by().empty()) {
      merge_keyed(patch, field, into);
    } else {
      replaced.push_back(field);
    }
  }
  replace_fields(patch, replaced, into);
  empty_lists(patch, into);
}

}  // namespace weft
