#include "tools/weftctl/diff_text.h"

#include <algorithm>

#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

constexpr size_t kMostNames = 5;

const std::vector<Node>& items_of(const Node& node, std::string_view key) {
  static const std::vector<Node> kNone;
  const Node* found = node.find(key);
  return found == nullptr ? kNone : found->items;
}

// A word as it is, everything else as JSON.
std::string value_text(const Node& value) { return value.is_string() ? value.text : compact_json(value); }

// "  ~ idleTimeout: 1h -> 2h"
std::string field_line(const Node& field, std::string_view indent) {
  const Node* before = field.find("before");
  const Node* after = field.find("after");
  std::string out = cat(indent,
                        before == nullptr  ? "+ "
                        : after == nullptr ? "- "
                                           : "~ ",
                        text_at(field, "path"), ": ");
  if (before != nullptr) out += value_text(*before);
  if (before != nullptr && after != nullptr) out += " -> ";
  if (after != nullptr) out += value_text(*after);
  if (const std::string policy = text_at(field, "policy"); !policy.empty())
    append(out, "  (", after == nullptr ? "was " : "", name_in_kri(policy), ")");
  return out + "\n";
}

// `MeshTimeout "t" in mesh default`
std::string document_name(const Node& document) {
  const std::string mesh = text_at(document, "mesh");
  return cat(text_at(document, "type"), " ", text_at(document, "name"), mesh.empty() ? "" : cat(" in mesh ", mesh));
}

std::string document_text(const Node& document) {
  const std::string change = text_at(document, "change");
  std::string out = cat(document_name(document), ": ", change, "\n");
  if (change == "created") return out;  // its fields are what stands in the file
  for (const Node& field : items_of(document, "fields")) out += field_line(field, "  ");
  return out;
}

std::string rule_text(const Node& rule) {
  std::string out = cat("  ", text_at(rule, "kind"), ", ", place_text(rule), "\n");
  for (const Node& field : items_of(rule, "fields")) out += field_line(field, "    ");
  return out;
}

// What changes for a proxy, without its name.
std::string proxy_body(const Node& proxy) {
  std::string out;
  for (const Node& rule : items_of(proxy, "rules")) out += rule_text(rule);
  const bool has_rules = !out.empty();
  for (const Node& unit : items_of(proxy, "units")) {
    const std::string what = text_at(unit, "what"), name = text_at(unit, "name");
    // It changes because the rules do, which have been said.
    if (has_rules && what == "destination" && text_at(unit, "change") == "changed") continue;
    append(out, "  ", what, name == what ? "" : cat(" ", name), ": ", text_at(unit, "change"), "\n");
  }
  return out;
}

struct Group {
  std::string body;
  std::vector<std::string> names;
};

std::string group_text(const Group& group) {
  std::vector<std::string> shown(group.names.begin(),
                                 group.names.begin() + static_cast<long>(std::min(group.names.size(), kMostNames)));
  std::string out = join(shown, ", ");
  if (group.names.size() > kMostNames) append(out, " and ", group.names.size() - kMostNames, " more");
  return cat(out, ":\n", group.body);
}

std::string proxies_text(const std::vector<Node>& proxies) {
  std::vector<Group> groups;
  for (const Node& proxy : proxies) {
    const std::string change = text_at(proxy, "change");
    const std::string body = change == "changed" ? proxy_body(proxy) : cat("  the proxy itself: ", change, "\n");
    const auto same =
        std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.body == body; });
    Group& group = same != groups.end() ? *same : groups.emplace_back(Group{body, {}});
    group.names.push_back(cat(text_at(proxy, "mesh"), "/", text_at(proxy, "name")));
  }
  std::string out = cat("\n", proxies.size(), proxies.size() == 1 ? " proxy changes\n" : " proxies change\n");
  for (const Group& group : groups) append(out, "\n", group_text(group));
  return out;
}

}  // namespace

std::string_view name_in_kri(std::string_view kri) {
  // kri_TYPE_MESH_ZONE_NAMESPACE_NAME_SECTION; none of these has an underscore in it.
  const std::vector<std::string_view> parts = split(kri, '_');
  return parts.size() == 7 ? parts[5] : kri;
}

std::string place_text(const Node& rule) {
  const std::string side = text_at(rule, "side"), section = text_at(rule, "section");
  if (side == "proxy") return "the whole proxy";
  if (side == "inbound") {
    const Node* match = rule.find("match");
    return cat("inbound ", section, match == nullptr ? "" : cat(" for ", compact_json(*match)));
  }
  if (text_at(rule, "type") == "Mesh") return "to every destination";
  return cat("to ", text_at(rule, "type"), " ", text_at(rule, "name"), section.empty() ? "" : cat(" port ", section));
}

std::string diff_text(const Node& diff) {
  std::string out;
  for (const Node& document : items_of(diff, "documents")) out += document_text(document);
  if (!has_changes(diff)) return out + "\nNothing would change.\n";
  const std::vector<Node>& proxies = items_of(diff, "proxies");
  return out + (proxies.empty() ? std::string("\nNo proxy changes.\n") : proxies_text(proxies));
}

bool has_changes(const Node& diff) {
  const std::vector<Node>& documents = items_of(diff, "documents");
  return std::any_of(documents.begin(), documents.end(),
                     [](const Node& document) { return text_at(document, "change") != "unchanged"; });
}

std::vector<std::string> diff_warnings(const Node& diff) {
  std::vector<std::string> out;
  for (const Node& document : items_of(diff, "documents")) {
    for (const Node& warning : items_of(document, "warnings"))
      out.push_back(cat(document_name(document), ": ", warning.text));
  }
  return out;
}

}  // namespace weft::ctl
