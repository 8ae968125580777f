#include "policies/unknown_fields.h"

#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include "base/text.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string find(const Message& message, const std::string& path) {
  const google::protobuf::Reflection& get = *message.GetReflection();
  const auto& unknown = get.GetUnknownFields(message);
  if (!unknown.empty()) {
    return cat(path.empty() ? "it" : path, " has an unknown field ", unknown.field(0).number());
  }
  std::vector<const FieldDescriptor*> fields;
  get.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string at = path.empty() ? field->json_name() : cat(path, ".", field->json_name());
    const int count = field->is_repeated() ? get.FieldSize(message, field) : 1;
    for (int i = 0; i < count; ++i) {
      const Message& inner =
          field->is_repeated() ? get.GetRepeatedMessage(message, field, i) : get.GetMessage(message, field);
      std::string found = find(inner, field->is_repeated() ? cat(at, "[", i, "]") : at);
      if (!found.empty()) return found;
    }
  }
  return {};
}

}  // namespace

std::string unknown_field(const google::protobuf::Message& message) { return find(message, ""); }

}  // namespace weft
