#include "policies/provenance.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/document/differences.h"
#include "base/text.h"
#include "policies/merge.h"
#include "policies/written_lists.h"
#include "weft/v1/options.pb.h"

namespace weft {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The shape of a merged conf, with origins where the values would be.
struct Tree {
  std::optional<size_t> conf;                       // what stands here came whole from this one
  std::map<std::string, Tree, std::less<>> fields;  // of an object or a map
  std::vector<Tree> entries;                        // of a list that is merged
  std::string key;                                  // what it is called in such a list, where that has keys

  bool empty() const { return !conf && fields.empty() && entries.empty(); }
};

Tree leaf(size_t conf) {
  Tree tree;
  tree.conf = conf;
  return tree;
}

bool is_object(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !is_written_as_scalar(*field.message_type());
}

// Setting one member of a oneof takes the others away.
void forget_alternatives(const FieldDescriptor& field, Tree& tree) {
  const auto* oneof = field.real_containing_oneof();
  for (int i = 0; oneof != nullptr && i < oneof->field_count(); ++i) {
    if (oneof->field(i) != &field) tree.fields.erase(oneof->field(i)->json_name());
  }
}

void merge(const Message& patch, Tree& tree, size_t conf);

void merge_map(const Message& patch, const FieldDescriptor& field, Tree& tree, size_t conf) {
  const Reflection& reflection = *patch.GetReflection();
  const FieldDescriptor& key = *field.message_type()->map_key();  // documents have no other keys than strings
  const FieldDescriptor& value = *field.message_type()->map_value();
  for (int i = 0; i < reflection.FieldSize(patch, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(patch, &field, i);
    Tree& here = tree.fields[entry.GetReflection()->GetString(entry, &key)];
    if (is_object(value)) {
      merge(entry.GetReflection()->GetMessage(entry, &value), here, conf);
    } else {
      here = leaf(conf);
    }
  }
}

// Entries move as merge_conf() moves them: those of the patch to the front.
void merge_keyed(const Message& patch, const FieldDescriptor& field, const std::string& key_field, Tree& tree,
                 size_t conf) {
  const Reflection& reflection = *patch.GetReflection();
  for (int i = reflection.FieldSize(patch, &field) - 1; i >= 0; --i) {
    const Message& entry = reflection.GetRepeatedMessage(patch, &field, i);
    const std::string key = entry_key(entry, key_field);
    auto at = std::find_if(tree.entries.begin(), tree.entries.end(), [&](const auto& one) { return one.key == key; });
    if (at == tree.entries.end()) at = tree.entries.insert(at, Tree{.key = key});
    std::rotate(tree.entries.begin(), at, at + 1);
    merge(entry, tree.entries.front(), conf);
  }
}

void merge_field(const Message& patch, const FieldDescriptor& field, Tree& tree, size_t conf) {
  const Reflection& reflection = *patch.GetReflection();
  const v1::FieldRules& rules = field.options().GetExtension(v1::schema);
  const bool merges = field.is_map() || rules.append() || !rules.keyed_by().empty();
  if (!merges && (field.is_repeated() || !is_object(field))) {
    tree = leaf(conf);
    return;
  }
  if (merges) tree.conf.reset();
  if (field.is_map()) return merge_map(patch, field, tree, conf);
  if (rules.append()) {
    for (int i = 0; i < reflection.FieldSize(patch, &field); ++i) tree.entries.push_back(leaf(conf));
  } else if (merges) {
    merge_keyed(patch, field, rules.keyed_by(), tree, conf);
  } else {
    merge(reflection.GetMessage(patch, &field), tree, conf);
  }
}

void merge(const Message& patch, Tree& tree, size_t conf) {
  std::vector<const FieldDescriptor*> present;
  patch.GetReflection()->ListFields(patch, &present);
  const std::vector<const FieldDescriptor*> emptied = lists_written_empty(patch);
  if (present.empty() && emptied.empty()) {
    if (tree.empty()) tree.conf = conf;
    return;
  }
  tree.conf.reset();  // an object that was empty so far
  for (const FieldDescriptor* field : present) {
    forget_alternatives(*field, tree);
    merge_field(patch, *field, tree.fields[field->json_name()], conf);
  }
  for (const FieldDescriptor* list : emptied) {
    if (!list->options().GetExtension(v1::schema).append()) tree.fields[list->json_name()] = leaf(conf);
  }
}

void flatten(const Tree& tree, const std::string& path, std::vector<FieldOrigin>& out) {
  if (tree.conf && !path.empty()) out.push_back({path, *tree.conf});
  for (const auto& [key, below] : tree.fields) flatten(below, path_below(path, key), out);
  for (size_t i = 0; i < tree.entries.size(); ++i) flatten(tree.entries[i], cat(path, "[", i, "]"), out);
}

}  // namespace

std::vector<FieldOrigin> field_origins(std::span<const Message* const> confs) {
  Tree tree;
  for (size_t i = 0; i < confs.size(); ++i) {
    if (confs[i] != nullptr) merge(*confs[i], tree, i);
  }
  std::vector<FieldOrigin> out;
  flatten(tree, "", out);
  return out;
}

}  // namespace weft
