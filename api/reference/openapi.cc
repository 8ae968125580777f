#include "api/reference/openapi.h"

#include <map>

#include "api/reference/openapi_schemas.h"
#include "base/text.h"

namespace weft::reference {
namespace {

enum class Verb { kList, kGet, kPut, kDelete, kOther };

struct PathItem {
  Verb verb = Verb::kOther;
  const Kind* kind = nullptr;  // null: other
  std::string summary;
};

// By path, then method in lower case.
using Paths = std::map<std::string, std::map<std::string, PathItem>>;

constexpr std::string_view kErrorSchema = R"({
"type":"object","description":"What was wrong, and with which fields.","properties":{
"type":{"type":"string"},"status":{"type":"integer"},"title":{"type":"string"},"detail":{"type":"string"},
"invalid_parameters":{"type":"array","items":{"type":"object","properties":{
"field":{"type":"string"},"reason":{"type":"string"}}}}}})";
constexpr std::string_view kWrittenSchema = R"({
"type":"object","properties":{"warnings":{"type":"array","items":{"type":"string"},
"description":"What was accepted and is worth a word."}}})";

void add_kind(Paths& paths, const Kind& kind) {
  const std::string collection = kind.collection();
  const std::string item = cat(collection, "/{name}");
  const std::string& many = kind.rules.plural_display_name();
  paths[collection]["get"] = {Verb::kList, &kind, cat(many, kind.is_global() ? "" : " of a mesh")};
  if (!kind.is_global()) paths[cat("/", kind.rules.path())]["get"] = {Verb::kList, &kind, cat(many, " of all meshes")};
  paths[item]["get"] = {Verb::kGet, &kind, cat("One ", kind.type())};
  if (kind.rules.read_only()) return;
  paths[item]["put"] = {Verb::kPut, &kind, cat("Create or replace a ", kind.type())};
  paths[item]["delete"] = {Verb::kDelete, &kind, cat("Delete a ", kind.type())};
}

void write_parameter(JsonWriter& out, std::string_view name, std::string_view in, std::string_view type,
                     std::string_view description) {
  out.begin_object();
  out.member("name", name);
  out.member("in", in);
  if (in == "path") out.member("required", true);
  if (!description.empty()) out.member("description", description);
  out.key("schema");
  out.raw(cat(R"({"type":")", type, "\"}"));
  out.end_object();
}

void write_parameters(JsonWriter& out, std::string_view path, Verb verb) {
  out.key("parameters");
  out.begin_list();
  for (const std::string_view part : split(path, '/')) {
    const size_t open = part.find('{'), close = part.find('}');
    if (open != part.npos && close != part.npos)
      write_parameter(out, part.substr(open + 1, close - open - 1), "path", "string", "");
  }
  if (verb == Verb::kList) {
    write_parameter(out, "size", "query", "integer", "How many on a page, 1 to 1000.");
    write_parameter(out, "offset", "query", "string", "Where the page begins; what `next` of the page before says.");
    write_parameter(out, "name", "query", "string", "Only those whose name contains it.");
  }
  if (verb == Verb::kPut) write_parameter(out, "dryRun", "query", "boolean", "Check everything, store nothing.");
  out.end_list();
}

void write_answer(JsonWriter& out, std::string_view status, std::string_view description, std::string_view schema) {
  out.key(status);
  out.begin_object();
  out.member("description", description);
  out.key("content");
  out.begin_object();
  out.key("application/json");
  out.begin_object();
  out.key("schema");
  if (schema.empty())
    out.raw(R"({"type":"object"})");
  else
    write_ref(out, schema);
  out.end_object();
  out.end_object();
  out.end_object();
}

void write_body(JsonWriter& out, const PathItem& item) {
  out.key("requestBody");
  out.begin_object();
  out.member("required", true);
  out.key("content");
  out.begin_object();
  out.key("application/json");
  out.begin_object();
  out.key("schema");
  if (item.kind == nullptr)
    out.raw(R"({"type":"object"})");
  else
    write_ref(out, item.kind->type());
  out.end_object();
  out.end_object();
  out.end_object();
}

std::string answer_schema(const PathItem& item) {
  switch (item.verb) {
    case Verb::kList: return item.kind->type() + "List";
    case Verb::kGet: return item.kind->type();
    case Verb::kPut:
    case Verb::kDelete: return "Written";
    default: return {};
  }
}

void write_operation(JsonWriter& out, std::string_view path, std::string_view method, const PathItem& item) {
  out.key(method);
  out.begin_object();
  if (!item.summary.empty()) out.member("summary", item.summary);
  out.key("tags");
  out.begin_list();
  out.string(item.kind == nullptr ? std::string_view("Control plane") : std::string_view(item.kind->type()));
  out.end_list();
  write_parameters(out, path, item.verb);
  if (method == "put" || method == "post") write_body(out, item);
  out.key("responses");
  out.begin_object();
  write_answer(out, "200", "Done", answer_schema(item));
  if (item.verb == Verb::kPut) write_answer(out, "201", "Created", answer_schema(item));
  write_answer(out, "default", "Refused or failed", "Error");
  out.end_object();
  out.end_object();
}

void write_paths(JsonWriter& out, const Paths& paths) {
  out.key("paths");
  out.begin_object();
  for (const auto& [path, methods] : paths) {
    out.key(path);
    out.begin_object();
    for (const auto& [method, item] : methods) write_operation(out, path, method, item);
    out.end_object();
  }
  out.end_object();
}

}  // namespace

std::string openapi_document(const Schema& schema, std::string_view version, std::span<const Operation> others,
                             const std::set<std::string, std::less<>>& without) {
  Paths paths;
  for (const Operation& operation : others)
    paths[operation.path][lower(operation.method)] = {Verb::kOther, nullptr, operation.summary};
  for (const Kind& kind : schema.kinds()) {
    if (!without.contains(kind.type())) add_kind(paths, kind);
  }
  JsonWriter out(JsonWriter::Style::kCompact);
  out.begin_object();
  out.member("openapi", "3.0.3");
  out.key("info");
  out.begin_object();
  out.member("title", "Weft control plane");
  out.member("version", version);
  out.end_object();
  write_paths(out, paths);
  out.key("components");
  out.begin_object();
  out.key("schemas");
  out.begin_object();
  out.key("Error");
  out.raw(kErrorSchema);
  out.key("Written");
  out.raw(kWrittenSchema);
  write_schemas(out, schema);
  out.end_object();
  out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace weft::reference
