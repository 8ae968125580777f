#include "api/reference/pages.h"

#include "api/reference/facts.h"
#include "base/text.h"

namespace weft::reference {
namespace {

constexpr std::string_view kGenerated =
    "<!-- Made by `tools/dev reference` from the comments of api/proto; edit those. -->\n";

// Text inside a table cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|')
      out += "\\|";
    else if (c == '\n')
      out += "<br>";
    else if (c == '<')
      out += "&lt;";
    else
      out += c;
  }
  return out;
}

std::string code_list(const auto& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back(cat("`", word, "`"));
  return join(out, ", ");
}

std::string page_name(const Kind& kind) { return cat(lower(kind.type()), ".md"); }

std::string row(std::string_view path, std::string_view type, std::string_view text) {
  return cat("| `", path, "` | ", cell(type), " | ", cell(text), " |\n");
}

std::string field_row(const FieldDescriptor& field, const Kind& kind, const std::string& path) {
  const Facts facts = facts_of(field, kind, path);
  std::string text = facts.comment;
  for (const std::string& sentence : facts.sentences()) append(text, text.empty() ? "" : " ", sentence);
  return row(path, facts.type, text);
}

std::string field_table(const Kind& kind) {
  std::string out = "| field | type | |\n|---|---|---|\n";
  for (const MetaField& meta : meta_fields(kind)) {
    out += row(meta.name, meta.type,
               cat(meta.comment, meta.required ? " Required." : "",
                   meta.server_owned ? " Written by the control plane." : ""));
  }
  const auto add = [&](const FieldDescriptor& field, const std::string& path) { out += field_row(field, kind, path); };
  walk_fields(*kind.message, kind.is_inline() ? "" : "spec", add);
  if (kind.status != nullptr) walk_fields(*kind.status, "status", add);
  return out;
}

std::string facts_list(const Kind& kind) {
  std::string out = cat("- on the command line: `", kind.rules.cli_name(), "`, `", kind.rules.path(), "`");
  if (!kind.rules.short_name().empty()) append(out, "; in identifiers: `", kind.rules.short_name(), "`");
  append(out, "\n- REST: `", kind.collection(), "/{name}`", kind.is_global() ? "" : ", belongs to a mesh", "\n");
  if (kind.rules.admin_only()) out += "- only administrators may read or write it\n";
  if (kind.rules.read_only()) out += "- written by the control plane alone\n";
  if (!kind.is_policy()) return out;
  const v1::PolicyRules& policy = kind.rules.policy();
  append(out, "- a policy; `spec.targetRef` may name ", code_list(policy.target_kinds()), "\n");
  if (policy.to_kinds_size() > 0) append(out, "- `spec.to[].targetRef` may name ", code_list(policy.to_kinds()), "\n");
  if (policy.has_rules())
    append(out, "- `spec.rules` are about traffic that arrives", policy.has_rule_matches() ? ", by caller" : "", "\n");
  return out;
}

std::string page(const Kind& kind) {
  std::string out = cat(kGenerated, "# ", kind.type(), "\n\n");
  for (const std::string_view paragraph : split(kind.description, '\n')) append(out, paragraph, "\n");
  append(out, "\n", facts_list(kind));
  if (!kind.example.empty()) append(out, "\n```yaml\n", kind.example, "```\n");
  append(out, "\n", field_table(kind));
  return out;
}

std::string index(const Schema& schema) {
  std::string out = cat(kGenerated,
                        "# Reference\n\nEvery kind of resource, field by field. The same at the prompt: "
                        "`weftctl explain KIND[.field.path]`; as OpenAPI 3: `GET /openapi.json` of the "
                        "control plane.\n");
  for (const bool policies : {true, false}) {
    append(out, policies ? "\n## Policies\n\n" : "\n## Other kinds\n\n", "| kind | |\n|---|---|\n");
    for (const Kind& kind : schema.kinds()) {
      if (kind.is_policy() != policies) continue;
      append(out, "| [", kind.type(), "](", page_name(kind), ") | ", cell(first_sentence(kind.description)), " |\n");
    }
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> pages(const Schema& schema) {
  std::map<std::string, std::string> out{{"README.md", index(schema)}};
  for (const Kind& kind : schema.kinds()) out[page_name(kind)] = page(kind);
  return out;
}

}  // namespace weft::reference
