#include "api/reference/place.h"

#include "base/text.h"

namespace weft::reference {
namespace {

std::string unknown(std::string_view what, std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view meant = did_you_mean(word, known);
  if (!meant.empty()) return cat("there is no ", what, " \"", word, "\", did you mean \"", meant, "\"?");
  std::vector<std::string> all(known.begin(), known.end());
  return cat("there is no ", what, " \"", word, "\"", all.empty() ? "" : cat("; there are ", join(all, ", ")));
}

const FieldDescriptor* field_named(const Descriptor& message, std::string_view name) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (equal_ignoring_case(message.field(i)->json_name(), name)) return message.field(i);
  }
  return nullptr;
}

// Lives as long as the program: a Place points into it.
const std::vector<MetaField>& meta_of(const Kind& kind) {
  static const std::vector<MetaField> kMesh = [] {
    Kind any;
    any.rules.set_short_name("x");
    return meta_fields(any);
  }();
  static const std::vector<MetaField> kGlobal = [] {
    Kind any;
    any.rules.set_scope(v1::GLOBAL);
    any.rules.set_short_name("x");
    return meta_fields(any);
  }();
  return kind.is_global() ? kGlobal : kMesh;
}

// The first word after the kind: a key of every document, spec, status, or (spec left out) a field. False: none of
// these.
bool enter(const Kind& kind, std::string_view word, Place& place) {
  for (const MetaField& meta : meta_of(kind)) {
    if (!equal_ignoring_case(meta.name, word)) continue;
    place.meta = &meta;
    place.path = meta.name;
    place.object = nullptr;
    return true;
  }
  if (!kind.is_inline() && word == "spec") {
    place.path = "spec";
    place.object = kind.message;
    return true;
  }
  if (kind.status != nullptr && word == "status") {
    place.path = "status";
    place.object = kind.status;
    return true;
  }
  const FieldDescriptor* field = field_named(*kind.message, word);
  if (field == nullptr) return false;
  place.field = field;
  place.path = kind.is_inline() ? field->json_name() : cat("spec.", field->json_name());
  place.object = object_of(*field);
  return true;
}

std::vector<std::string_view> first_words(const Kind& kind) {
  std::vector<std::string_view> out;
  for (const MetaField& meta : meta_of(kind)) out.push_back(meta.name);
  if (!kind.is_inline()) out.push_back("spec");
  if (kind.status != nullptr) out.push_back("status");
  for (int i = 0; i < kind.message->field_count(); ++i) out.push_back(kind.message->field(i)->json_name());
  return out;
}

std::vector<std::string> path_words(std::string_view words) {
  std::vector<std::string> out;
  for (std::string_view word : split(words, '.')) out.emplace_back(word.substr(0, word.find('[')));
  return out;
}

}  // namespace

Result<Place> find_place(const Schema& schema, std::string_view words) {
  const std::vector<std::string> path = path_words(words);
  Place place;
  place.kind = schema.find(path.front());
  if (place.kind == nullptr) {
    std::vector<std::string> names;
    for (const Kind& kind : schema.kinds()) names.push_back(lower(kind.type()));
    return invalid(unknown("kind", lower(path.front()), {names.begin(), names.end()}));
  }
  place.object = place.kind->message;
  if (path.size() > 1 && !enter(*place.kind, path[1], place))
    return invalid(cat(place.kind->type(), ": ", unknown("field", path[1], first_words(*place.kind))));
  for (size_t i = 2; i < path.size(); ++i) {
    const Descriptor* message = place.object;
    const FieldDescriptor* field = message == nullptr ? nullptr : field_named(*message, path[i]);
    if (field == nullptr && place.field != nullptr && place.field->is_map() && i + 1 < path.size()) continue;  // a key
    if (field == nullptr) {
      std::vector<std::string_view> known;
      for (int k = 0; message != nullptr && k < message->field_count(); ++k)
        known.push_back(message->field(k)->json_name());
      const std::string here = cat(place.kind->type(), " ", place.path, ": ");
      if (known.empty()) return invalid(cat(here, "there is nothing below it, so no \"", path[i], "\""));
      return invalid(cat(here, unknown("field", path[i], known)));
    }
    place.field = field;
    append(place.path, ".", field->json_name());
    place.object = object_of(*field);
  }
  return place;
}

const Node* example_at(const Node& example, std::string_view path) {
  const size_t dot = path.find('.');
  const Node* found = example.find(path.substr(0, dot));
  if (found == nullptr || dot == path.npos) return found;
  const std::string_view rest = path.substr(dot + 1);
  if (!found->is_list()) return example_at(*found, rest);
  for (const Node& item : found->items) {
    if (const Node* inside = example_at(item, rest)) return inside;
  }
  return nullptr;
}

}  // namespace weft::reference
