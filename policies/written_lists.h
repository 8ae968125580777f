// Lists that were written as [], which a protobuf message cannot tell from lists that were not written at all. Where
// the schema says that the two differ (`empty_counts`), the message carries the mark as an unknown field: it is stored,
// sent, copied and compared with the message, and nobody who walks over the fields of a message has to know of it. Pure
// functions, any thread.
#pragma once

#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

namespace weft {

// `list`, a field of `message`, was written and is empty.
bool is_written_empty(const google::protobuf::Message& message, const google::protobuf::FieldDescriptor& list);
bool is_written_empty(const google::protobuf::Message& message, std::string_view list);
std::vector<const google::protobuf::FieldDescriptor*> lists_written_empty(const google::protobuf::Message& message);
// Does nothing where the schema does not tell [] from absence.
void set_written_empty(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& list);

}  // namespace weft
