// The resource kinds as their schemas describe them: descriptors with comments, read from the descriptor set that is
// embedded in the program. Immutable after it is made; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "weft/v1/options.pb.h"

namespace weft::reference {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

struct Kind {
  v1::ResourceRules rules;
  const Descriptor* message = nullptr;  // the spec, or an inline kind's fields
  const Descriptor* status = nullptr;   // null: the kind has none
  std::string description;              // sentences
  std::string example;                  // a YAML document; empty: none was written

  const std::string& type() const { return rules.type(); }
  bool is_inline() const { return rules.shape() == v1::INLINE; }
  bool is_global() const { return rules.scope() == v1::GLOBAL; }
  bool is_policy() const { return rules.has_policy(); }
  // "/meshes/{mesh}/meshretries" or "/meshes".
  std::string collection() const;
};

class Schema {
 public:
  // The program's own.
  static const Schema& embedded();
  // `descriptor_set`: a serialised FileDescriptorSet with source information, without google's own files.
  explicit Schema(std::string_view descriptor_set);

  // Sorted by type.
  std::span<const Kind> kinds() const { return kinds_; }
  // By type, path, singular or KRI short name, in any case; null when there is none.
  const Kind* find(std::string_view word) const;

 private:
  void load(const google::protobuf::FileDescriptorProto& file);
  void read_kinds(const google::protobuf::FileDescriptor& file);

  google::protobuf::DescriptorPool pool_;
  std::vector<Kind> kinds_;
};

// The comment on a field: paragraphs separated by a line end. When it has none, that of the message it holds; empty
// when neither says anything.
std::string comment_of(const FieldDescriptor& field);
// The first sentence of a comment.
std::string first_sentence(std::string_view comment);

}  // namespace weft::reference
