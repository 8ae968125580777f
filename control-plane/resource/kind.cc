#include "control-plane/resource/kind.h"

#include <algorithm>
#include <vector>

#include "weft/v1/schema_files.h"

namespace weft::cp {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

const Message* prototype(const Descriptor* descriptor) {
  return descriptor == nullptr ? nullptr : MessageFactory::generated_factory()->GetPrototype(descriptor);
}

std::vector<Kind> read_kinds() {
  std::vector<Kind> kinds;
  const DescriptorPool* pool = DescriptorPool::generated_pool();
  for (const v1::SchemaFile& schema : v1::schema_files()) {
    const google::protobuf::FileDescriptor* file = pool->FindFileByName(schema.name);
    for (int i = 0; file != nullptr && i < file->message_type_count(); ++i) {
      const Descriptor* message = file->message_type(i);
      if (!message->options().HasExtension(v1::resource)) continue;
      Kind kind;
      kind.rules = message->options().GetExtension(v1::resource);
      kind.spec = prototype(message);
      kind.status = prototype(pool->FindMessageTypeByName(kind.rules.status_message()));
      kinds.push_back(std::move(kind));
    }
  }
  std::sort(kinds.begin(), kinds.end(), [](const Kind& a, const Kind& b) { return a.type() < b.type(); });
  return kinds;
}

template <typename Predicate>
const Kind* find_if(Predicate predicate) {
  for (const Kind& kind : kinds()) {
    if (predicate(kind)) return &kind;
  }
  return nullptr;
}

}  // namespace

std::span<const Kind> kinds() {
  static const std::vector<Kind> all = read_kinds();
  return all;
}

const Kind* find_kind(std::string_view type) {
  return find_if([&](const Kind& kind) { return kind.type() == type; });
}

const Kind* find_kind_by_path(std::string_view path) {
  // The one path with two spellings.
  if (path == "global-secrets") path = "globalsecrets";
  return find_if([&](const Kind& kind) { return kind.rules.path() == path; });
}

const Kind* find_kind_by_cli_name(std::string_view word) {
  if (word == "global-secret") word = "globalsecret";
  if (const Kind* kind = find_if([&](const Kind& candidate) { return candidate.rules.cli_name() == word; }))
    return kind;
  return find_kind_by_path(word);
}

const Kind* find_kind_by_short_name(std::string_view short_name) {
  if (short_name.empty()) return nullptr;
  return find_if([&](const Kind& kind) { return kind.rules.short_name() == short_name; });
}

}  // namespace weft::cp
