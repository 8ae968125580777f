// POST /_diff: what documents would change if they were applied, in what is stored and for every proxy. Writes nothing.

#include <optional>

#include "base/document/differences.h"
#include "base/document/print.h"
#include "base/text.h"
#include "control-plane/resource/encode.h"
#include "control-plane/source/access.h"
#include "control-plane/source/endpoints.h"

namespace weft::cp {
namespace {

constexpr std::string_view kTitle = "Could not compare";
constexpr size_t kMostDocuments = 1000;
constexpr std::string_view kHidden = "\"(hidden)\"";

std::string word(const Node& document, std::string_view key) {
  const Node* node = document.find(key);
  return node != nullptr && node->is_string() ? node->text : std::string();
}

// What a document would do, document by document, each seeing what those before it would have done.
class Comparison {
 public:
  Comparison(const Call& call, const ApiContext& api) : call_(call), api_(api) {
    before_ = after_ = api.world.current();
  }

  void add(const Node& document, const std::string& field);
  bool failed() const { return !violations_.empty() || refusal_; }
  HttpResponse refusal() const { return to_response(refusal_ ? *refusal_ : not_valid(kTitle, violations_)); }
  HttpResponse answer() const;

 private:
  struct Compared {
    const Kind* kind;
    ResourceKey key;
    ResourceService::Preview preview;
  };
  void refuse(const std::string& field, const Problem& problem);
  void write(JsonWriter& out, const Compared& one) const;

  const Call& call_;
  const ApiContext& api_;
  WorldPtr before_, after_;
  std::vector<Compared> documents_;
  std::vector<ResourceKey> changed_;
  Violations violations_;
  std::optional<Problem> refusal_;  // of access
};

void Comparison::refuse(const std::string& field, const Problem& problem) {
  for (const Violation& violation : problem.violations)
    violations_.add(violation.field.empty() ? field : cat(field, ".", violation.field), violation.reason);
  if (problem.violations.empty()) violations_.add(field, cat(problem.title, ": ", problem.detail));
}

void Comparison::add(const Node& document, const std::string& field) {
  if (!document.is_object()) return violations_.add(field, "must be an object");
  const Kind* kind = find_kind(word(document, "type"));
  if (kind == nullptr || api_.options.types_off.contains(kind->type()))
    return violations_.add(cat(field, ".type"), "is no type of resource");
  if (kind->rules.read_only()) return violations_.add(cat(field, ".type"), "is read-only");
  if (std::optional<Problem> problem = check_access(call_.caller, *kind, api_.options.access)) {
    refusal_ = std::move(problem);
    return;
  }
  ResourceKey key{std::string(kind->type()), "", word(document, "name")};
  if (!kind->is_global()) key.mesh = word(document, "mesh").empty() ? "default" : word(document, "mesh");
  auto preview = api_.service.preview(*after_, *kind, key.mesh, key.name, compact_json(document));
  if (const auto* problem = std::get_if<Problem>(&preview)) return refuse(field, *problem);
  auto& made = std::get<ResourceService::Preview>(preview);
  if (made.after != made.before) {
    // It is as young as if it had been written now; the store would say so.
    auto stored = std::make_shared<Resource>(*made.after);
    stored->revision = after_->revision() + 1;
    stored->created = made.before != nullptr
                          ? made.before->created
                          : std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    after_ = after_->with({{stored->revision, key, stored}});
    changed_.push_back(key);
  }
  documents_.push_back({kind, std::move(key), std::move(made)});
}

// The document as its author sees it: what the store adds by itself is left out.
Node visible(const ResourcePtr& resource) {
  Result<Node> tree = resource == nullptr ? parse_json("{}") : parse_json(encode(*resource));
  if (!tree.ok()) return {};
  std::erase_if(tree->members, [](const Member& member) {
    return member.key == "creationTime" || member.key == "modificationTime" || member.key == "kri" ||
           member.key == "snis" || member.key == "status";
  });
  return *std::move(tree);
}

void write_fields(JsonWriter& out, const Kind& kind, const ResourceService::Preview& preview) {
  const Node before = visible(preview.before), after = visible(preview.after);
  const auto value = [&](std::string_view name, const Node* node) {
    if (node == nullptr) return;
    out.key(name);
    out.raw(kind.rules.admin_only() ? std::string(kHidden) : compact_json(*node));
  };
  out.key("fields");
  out.begin_list();
  for (const Difference& one : differences(before, after)) {
    out.begin_object();
    out.member("path", one.path);
    value("before", one.before);
    value("after", one.after);
    out.end_object();
  }
  out.end_list();
}

void Comparison::write(JsonWriter& out, const Compared& one) const {
  const bool created = one.preview.before == nullptr, changed = one.preview.before != one.preview.after;
  out.begin_object();
  out.member("type", one.key.type);
  if (!one.key.mesh.empty()) out.member("mesh", one.key.mesh);
  out.member("name", one.key.name);
  out.member("change", created ? "created" : changed ? "changed" : "unchanged");
  if (changed) write_fields(out, *one.kind, one.preview);
  out.key("warnings");
  out.begin_list();
  for (const std::string& warning : one.preview.warnings) out.string(warning);
  out.end_list();
  out.end_object();
}

HttpResponse Comparison::answer() const {
  JsonWriter out;
  out.begin_object();
  out.key("documents");
  out.begin_list();
  for (const Compared& one : documents_) write(out, one);
  out.end_list();
  out.key("proxies");
  out.raw(changed_.empty() ? "[]" : api_.hooks.compare(*before_, *after_, changed_));
  out.end_object();
  return {200, out.take() + "\n", "application/json", {}};
}

HttpResponse diff(const Call& call, const ApiContext& api) {
  const Result<Node> body = parse_json(call.request.body);
  if (!body.ok()) return to_response(bad_request(reason(body.status())));
  const Node* documents = body->find("documents");
  if (documents == nullptr || !documents->is_list())
    return to_response(not_valid(kTitle, "documents", "must be a list of documents"));
  if (documents->items.size() > kMostDocuments)
    return to_response(not_valid(kTitle, "documents", cat("must not be more than ", kMostDocuments)));
  Comparison comparison(call, api);
  for (size_t i = 0; i < documents->items.size(); ++i) comparison.add(documents->items[i], cat("documents[", i, "]"));
  return comparison.failed() ? comparison.refusal() : comparison.answer();
}

}  // namespace

void add_diff_endpoint(Router& router, ApiContext& api) {
  if (!api.hooks.compare) return;
  router.add("POST", "/_diff", [&api](const Call& call) { return diff(call, api); });
}

}  // namespace weft::cp
