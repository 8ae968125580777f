#include "policies/written_lists.h"

#include <string>

#include <google/protobuf/unknown_field_set.h>

#include "weft/v1/options.pb.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::UnknownField;

// Of the mark; its value is the number of the list's field. No schema of ours counts that far.
constexpr int kMarkNumber = 100'000;

bool is_mark_of(const UnknownField& field, const FieldDescriptor& list) {
  return field.number() == kMarkNumber && field.type() == UnknownField::TYPE_VARINT &&
         field.varint() == static_cast<uint64_t>(list.number());
}

}  // namespace

bool is_written_empty(const Message& message, const FieldDescriptor& list) {
  const google::protobuf::Reflection& get = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = get.GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    if (is_mark_of(unknown.field(i), list)) return get.FieldSize(message, &list) == 0;
  }
  return false;
}

bool is_written_empty(const Message& message, std::string_view list) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(list));
  return field != nullptr && is_written_empty(message, *field);
}

std::vector<const FieldDescriptor*> lists_written_empty(const Message& message) {
  std::vector<const FieldDescriptor*> out;
  const google::protobuf::UnknownFieldSet& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    const UnknownField& mark = unknown.field(i);
    if (mark.number() != kMarkNumber || mark.type() != UnknownField::TYPE_VARINT) continue;
    const FieldDescriptor* list = message.GetDescriptor()->FindFieldByNumber(static_cast<int>(mark.varint()));
    if (list != nullptr && list->is_repeated() && is_written_empty(message, *list)) out.push_back(list);
  }
  return out;
}

void set_written_empty(Message& message, const FieldDescriptor& list) {
  if (!list.options().GetExtension(v1::schema).empty_counts() || is_written_empty(message, list)) return;
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(kMarkNumber, static_cast<uint64_t>(list.number()));
}

}  // namespace weft
