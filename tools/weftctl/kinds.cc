#include "tools/weftctl/kinds.h"

#include <algorithm>

#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

std::string without_dashes(std::string_view word) {
  std::string out = lower(word);
  std::erase(out, '-');
  return out;
}

}  // namespace

std::string Kind::singular() const { return lower(type); }

std::string Kind::collection(std::string_view mesh) const {
  return global ? cat("/", path) : cat("/meshes/", url_part(mesh), "/", path);
}

std::string Kind::item(std::string_view mesh, std::string_view name) const {
  return cat(collection(mesh), "/", url_part(name));
}

Result<Kinds> Kinds::load(Client& client) {
  const auto answer = client.get("/_resources");
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  const auto body = parse_json(answer->body);
  const Node* list = body.ok() ? body->find("resources") : nullptr;
  if (list == nullptr) return invalid(cat(client.plane().url, "/_resources: not the answer of a control plane"));
  std::vector<Kind> kinds;
  for (const Node& item : list->items) {
    kinds.push_back({text_at(item, "name"), text_at(item, "path"), text_at(item, "scope") == "Global",
                     true_at(item, "readOnly"), item.find("policy") != nullptr, true_at(item, "includeInFederation")});
  }
  std::sort(kinds.begin(), kinds.end(), [](const Kind& a, const Kind& b) { return a.type < b.type; });
  return Kinds(std::move(kinds));
}

std::span<const Kind> Kinds::all() const { return kinds_; }

const Kind* Kinds::by_type(std::string_view type) const {
  const auto at = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& kind) { return kind.type == type; });
  return at == kinds_.end() ? nullptr : &*at;
}

const Kind* Kinds::by_word(std::string_view word) const {
  const std::string bare = without_dashes(word);
  const auto at = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& kind) {
    return bare == kind.singular() || bare == without_dashes(kind.path);
  });
  return at == kinds_.end() ? nullptr : &*at;
}

Status Kinds::unknown_word(std::string_view word) const {
  std::vector<std::string> words;
  for (const Kind& kind : kinds_) words.push_back(kind.singular());
  const std::string_view meant = did_you_mean(lower(word), {words.begin(), words.end()});
  return invalid(cat("unknown TYPE: ", word, meant.empty() ? "" : cat(" (did you mean ", meant, "?)"),
                     ". Allowed values: ", join(words, ", ")));
}

std::string_view Kinds::type_like(std::string_view type) const {
  std::vector<std::string_view> types;
  for (const Kind& kind : kinds_) types.push_back(kind.type);
  return did_you_mean(type, types);
}

}  // namespace weft::ctl
