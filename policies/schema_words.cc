#include "policies/schema_words.h"

#include <algorithm>

#include <google/protobuf/descriptor.h>

#include "base/text.h"
#include "weft/v1/options.pb.h"

namespace weft {

const Words& allowed_words(const google::protobuf::Message& message, std::string_view field) {
  const google::protobuf::FieldDescriptor* found = message.GetDescriptor()->FindFieldByName(std::string(field));
  return found->options().GetExtension(v1::schema).one_of();
}

bool is_one_of(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string must_be_one_of(std::string_view name, const Words& words) {
  std::string list;
  for (const std::string& word : words) append(list, list.empty() ? "" : ", ", '"', word, '"');
  return cat("\"", name, "\" must be one of [", list, "]");
}

}  // namespace weft
