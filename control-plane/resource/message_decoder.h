// Fills one protobuf message, and all it holds, from a tree. Used by decode.cc; lives for one document.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "control-plane/resource/decode.h"

namespace weft::cp {

class MessageDecoder {
 public:
  // Findings go to `decoded`. In the inline shape whatever does not fit is unreadable; in the spec shape the schema
  // names it.
  MessageDecoder(const Kind& kind, Decoded& decoded, SchemaLayer schema = SchemaLayer::kApplied)
      : kind_(kind), decoded_(decoded), schema_(schema) {}

  // `is_not_ours` says which keys of this object (not of those in it) belong to somebody else; may be empty.
  void decode(const Node& node, std::string path, google::protobuf::Message& out,
              const std::function<bool(std::string_view)>& is_not_ours);

 private:
  using Field = google::protobuf::FieldDescriptor;
  using Message = google::protobuf::Message;

  void member(const Node& node, const Field& field, const std::string& path, Message& out);
  void list(const Node& node, const Field& field, const std::string& path, Message& out);
  void map(const Node& node, const Field& field, const std::string& path, Message& out);
  // One value; `index` -1 sets a singular field, otherwise one is appended to a list.
  void value(const Node& node, const Field& field, const std::string& path, Message& out, bool append);
  void submessage(const Node& node, const Field& field, const std::string& path, Message& out);
  void target_kind(const Node& node, const std::string& path);
  void string(const Node& node, const Field& field, const std::string& path, Message& out, bool append);
  void integer(const Node& node, const Field& field, const std::string& path, Message& out, bool append);
  void number(const Node& node, const Field& field, const std::string& path, Message& out, bool append);
  void missing(const Node& node, const std::string& path, Message& out);
  bool check_range(const Node& node, const Field& field, const std::string& path, double value);
  bool check_choice(const Node& node, const Field& field, const std::string& path, int64_t value);
  bool check_text(const Node& node, const Field& field, const std::string& path);

  void against_schema(const std::string& path, std::string reason, Mark mark);
  void wrong_type(const std::string& path, std::string_view wanted, const Node& node);
  void unreadable(const std::string& path, std::string reason, Mark mark);

  const Kind& kind_;
  Decoded& decoded_;
  const SchemaLayer schema_;
};

// The warning about a key that no schema knows.
Finding unknown_field(std::string_view path, std::string_view key, const std::vector<std::string_view>& known,
                      Mark mark);

}  // namespace weft::cp
