#include "api/reference/explain.h"

#include <algorithm>
#include <utility>

#include "base/document/print.h"
#include "base/text.h"

namespace weft::reference {
namespace {

constexpr size_t kNameColumn = 30;

// Lines of at most `width` columns, every one after `indent` spaces; ends with a line end.
std::string wrapped(std::string_view text, size_t indent, size_t width) {
  std::string out;
  for (const std::string_view paragraph : split(text, '\n')) {
    std::string line(indent, ' ');
    for (const std::string_view word : split(paragraph, ' ')) {
      if (word.empty()) continue;
      if (line.size() > indent && line.size() + 1 + word.size() > width) {
        append(out, line, "\n");
        line.assign(indent, ' ');
      }
      append(line, line.size() == indent ? "" : " ", word);
    }
    if (line.size() > indent) append(out, line, "\n");
  }
  return out;
}

std::string indented(std::string_view text, size_t indent) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) append(out, std::string(indent, ' '), line, "\n");
  }
  return out;
}

std::string bold(std::string_view text, const TextStyle& style) {
  return style.colour ? cat("\033[1m", text, "\033[0m") : std::string(text);
}

std::string heading(std::string_view text, const TextStyle& style) { return cat("\n", bold(text, style), "\n"); }

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size() + 2, width), ' ');
  return text;
}

std::string label(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : cat("  ", padded(std::string(name), 16), value, "\n");
}

// "name  <type>  required", then what it says, shortened to the first sentence.
std::string field_line(const std::string& name, std::string_view type, bool required, std::string_view comment,
                       size_t depth, const TextStyle& style) {
  const size_t indent = 2 + 2 * depth;
  std::string out = cat(std::string(indent, ' '), padded(name, kNameColumn - 2 * depth), "<", type, ">",
                        required ? " required" : "", "\n");
  if (!style.recursive && !comment.empty()) out += wrapped(first_sentence(comment), indent + 4, style.width);
  return out;
}

std::string fields_of(const Descriptor& message, const std::string& path, const Kind& kind, size_t depth,
                      const TextStyle& style, std::vector<const Descriptor*> inside) {
  if (std::find(inside.begin(), inside.end(), &message) != inside.end()) return {};
  inside.push_back(&message);
  std::string out;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    const std::string below = path.empty() ? field.json_name() : cat(path, ".", field.json_name());
    const Facts facts = facts_of(field, kind, below);
    out += field_line(facts.name, facts.type, facts.required, facts.comment, depth, style);
    const Descriptor* object = object_of(field);
    if (style.recursive && object != nullptr) out += fields_of(*object, below, kind, depth + 1, style, inside);
  }
  return out;
}

std::string all_names(const Kind& kind) {
  std::string out = cat(kind.rules.cli_name(), ", ", kind.rules.path());
  if (!kind.rules.short_name().empty()) append(out, ", ", kind.rules.short_name());
  return out;
}

std::string kind_facts(const Kind& kind) {
  std::string out = label("Names", all_names(kind));
  out += label("Scope", kind.is_global() ? "global" : "a mesh");
  out += label("REST path", cat(kind.collection(), "/{name}"));
  if (kind.rules.admin_only()) out += label("Access", "administrators only");
  if (kind.rules.read_only()) out += label("Written by", "the control plane alone");
  if (!kind.is_policy()) return out;
  const v1::PolicyRules& policy = kind.rules.policy();
  const auto words = [](const auto& list) { return join({list.begin(), list.end()}, ", "); };
  out += label("For proxies", words(policy.target_kinds()));
  out += label("To", words(policy.to_kinds()));
  if (policy.has_rules()) out += label("Inbound rules", policy.has_rule_matches() ? "yes, by caller" : "yes");
  return out;
}

// The fields beside the message's own: the top of the document.
std::string document_fields(const Kind& kind, const TextStyle& style) {
  std::string out;
  for (const MetaField& meta : meta_fields(kind))
    out += field_line(std::string(meta.name), meta.type, meta.required, meta.comment, 0, style);
  if (kind.is_inline()) return out + fields_of(*kind.message, "", kind, 0, style, {});
  out += field_line("spec", "object", true, "", 0, style);
  out += fields_of(*kind.message, "spec", kind, 1, style, {});
  if (kind.status == nullptr) return out;
  out += field_line("status", "object", false, "Written by the control plane.", 0, style);
  if (style.recursive) out += fields_of(*kind.status, "status", kind, 1, style, {});
  return out;
}

std::string explain_kind(const Kind& kind, const TextStyle& style) {
  std::string out = cat(bold(kind.type(), style), kind.is_policy() ? ", a policy\n" : "\n");
  if (!kind.description.empty()) append(out, "\n", wrapped(kind.description, 2, style.width));
  append(out, "\n", kind_facts(kind));
  append(out, heading("FIELDS", style), document_fields(kind, style));
  if (!kind.example.empty()) append(out, heading("EXAMPLE", style), indented(kind.example, 2));
  return out;
}

// What stands at the place in the kind's example, under its key.
std::string example_text(const Place& place) {
  const auto documents = parse_yaml(place.kind->example);
  if (!documents.ok() || documents->empty()) return {};
  const Node* found = example_at(documents->front(), place.path);
  if (found == nullptr) return {};
  Node around;
  around.kind = Node::Kind::kObject;
  around.members.push_back({place.path.substr(place.path.rfind('.') + 1), {}, *found});
  return yaml_text(around);
}

std::string explain_place(const Place& place, std::string_view type, std::string_view comment,
                          const std::vector<std::string>& sentences, const TextStyle& style) {
  std::string out = cat(bold(cat(place.kind->type(), " ", place.path), style), "  <", type, ">\n");
  if (!comment.empty()) append(out, "\n", wrapped(comment, 2, style.width));
  if (!sentences.empty()) out += "\n";
  for (const std::string& sentence : sentences) out += wrapped(sentence, 2, style.width);
  if (place.object != nullptr) {
    out += heading("FIELDS", style);
    out += fields_of(*place.object, place.path, *place.kind, 0, style, {});
  }
  const std::string example = example_text(place);
  if (!example.empty()) append(out, heading("EXAMPLE", style), indented(example, 2));
  return out;
}

}  // namespace

std::string explain_kinds(const Schema& schema, const TextStyle& style) {
  std::string out;
  for (const bool policies : {true, false}) {
    append(out, policies ? "" : "\n", bold(policies ? "POLICIES" : "OTHER KINDS", style), "\n");
    for (const Kind& kind : schema.kinds()) {
      if (kind.is_policy() != policies) continue;
      append(out, "  ", padded(kind.type(), kNameColumn), first_sentence(kind.description), "\n");
    }
  }
  return out + "\nweftctl explain KIND[.field.path] says more: weftctl explain meshtimeout.to.default.http\n";
}

std::string explain(const Place& place, const TextStyle& style) {
  if (place.path.empty()) return explain_kind(*place.kind, style);
  if (place.meta != nullptr) {
    std::vector<std::string> sentences;
    if (place.meta->required) sentences.push_back("Required.");
    if (place.meta->server_owned) sentences.push_back("Written by the control plane; what a client sends is dropped.");
    return explain_place(place, place.meta->type, place.meta->comment, sentences, style);
  }
  if (place.field == nullptr) {
    const bool status = place.path == "status";
    return explain_place(place, "object", status ? "Written by the control plane." : place.kind->description, {},
                         style);
  }
  const Facts facts = facts_of(*place.field, *place.kind, place.path);
  return explain_place(place, facts.type, facts.comment, facts.sentences(), style);
}

}  // namespace weft::reference
