// The document around the fields: its shape, its type, its name and labels.
#include "control-plane/resource/decode.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "control-plane/resource/message_decoder.h"

namespace weft::cp {
namespace {

// Keys beside a document's own fields. What is not read here is the server's, and comes back when a client sends what
// it got.
constexpr std::array<std::string_view, 10> kMetaKeys = {
    "type", "mesh", "name", "labels", "kri", "snis", "creationTime", "modificationTime", "spec", "status"};

bool is_meta(const Kind& kind, std::string_view key) {
  if (kind.is_inline() && (key == "spec" || key == "status")) return false;
  for (const std::string_view meta : kMetaKeys) {
    if (meta == key) return true;
  }
  return false;
}

// type, mesh and name are words. Returns false when there is something else.
bool read_word(const Node& document, std::string_view key, std::string& out, Decoded& decoded) {
  const Node* node = document.find(key);
  if (node == nullptr || node->is_null()) return true;
  if (!node->is_string()) {
    decoded.unreadable.push_back({std::string(key), cat("must be a string, not ", type_name(node->kind)), node->mark});
    return false;
  }
  out = node->text;
  return true;
}

void read_labels(const Node& document, Decoded& decoded) {
  const Node* labels = document.find("labels");
  if (labels == nullptr || labels->is_null()) return;
  if (!labels->is_object()) {
    decoded.unreadable.push_back({"labels", cat("must be an object, not ", type_name(labels->kind)), labels->mark});
    return;
  }
  for (const Member& label : labels->members) {
    if (label.value.is_string()) {
      decoded.labels[label.key] = label.value.text;
    } else if (label.value.is_null()) {
      decoded.labels[label.key] = "";
    } else {
      decoded.unreadable.push_back({cat("labels[\"", label.key, "\"]"),
                                    cat("must be a string, not ", type_name(label.value.kind), " (put it in quotes)"),
                                    label.mark});
    }
  }
}

bool refuse_document(const Node& document, Decoded& decoded) {
  const auto refuse = [&](std::string_view field, std::string reason) {
    decoded.unreadable.push_back({std::string(field), std::move(reason), document.mark});
    return true;
  };
  if (!document.is_object()) return refuse("", cat("a resource must be an object, not ", type_name(document.kind)));
  if (document.find("type") == nullptr && document.find("kind") != nullptr && document.find("apiVersion") != nullptr) {
    return refuse(
        "apiVersion",
        "this is a Kubernetes document (apiVersion, kind, metadata), for kubectl; here a resource has type, mesh, "
        "name and its fields");
  }
  return false;
}

std::string unknown_type(std::string_view type) {
  std::vector<std::string_view> types;
  for (const Kind& kind : kinds()) types.push_back(kind.type());
  const std::string_view meant = did_you_mean(type, types);
  return cat("unknown type \"", type, "\"", meant.empty() ? "" : cat(", did you mean \"", meant, "\"?"));
}

// The type as the schema of the spec shape sees it; inline kinds are compared with the URL later, with the name and the
// mesh.
void check_type(const Node& document, const Kind& kind, Decoded& decoded) {
  if (kind.is_inline()) return;
  const Node* type = document.find("type");
  if (type == nullptr || type->is_null()) {
    decoded.violations.push_back({"", "type in body is required", document.mark});
  } else if (decoded.key.type != kind.type()) {
    decoded.violations.push_back({"", cat("type in body should be one of [", kind.type(), "]"), type->mark});
  }
  const Node* name = document.find("name");
  if (name == nullptr || name->is_null()) decoded.violations.push_back({"", "name in body is required", document.mark});
}

void warn_of_unknown_keys(const Node& document, const Kind& kind, Decoded& decoded) {
  for (const Member& member : document.members) {
    if (is_meta(kind, member.key)) continue;
    std::vector<std::string_view> known(kMetaKeys.begin(), kMetaKeys.end());
    decoded.warnings.push_back(unknown_field("", member.key, known, member.mark));
  }
}

bool has_repeated_keys(const Node& node) {
  for (const Member& member : node.members) {
    if (member.is_repeated || has_repeated_keys(member.value)) return true;
  }
  return std::any_of(node.items.begin(), node.items.end(), has_repeated_keys);
}

// What a key said before it was said again is lost, and its author may not know.
void warn_of_repeated_keys(const Node& node, const std::string& path, Decoded& decoded) {
  for (const Member& member : node.members) {
    const std::string field = path.empty() ? member.key : cat(path, ".", member.key);
    if (member.is_repeated)
      decoded.warnings.push_back({field, "stands twice in its object, the last one counts", member.mark});
    warn_of_repeated_keys(member.value, field, decoded);
  }
  for (size_t i = 0; i < node.items.size(); ++i) warn_of_repeated_keys(node.items[i], cat(path, "[", i, "]"), decoded);
}

}  // namespace

Decoded decode(const Node& document, const Kind* expected, SchemaLayer schema) {
  Decoded decoded;
  if (refuse_document(document, decoded)) return decoded;
  if (has_repeated_keys(document)) warn_of_repeated_keys(document, "", decoded);
  const bool has_type = read_word(document, "type", decoded.key.type, decoded);
  decoded.kind = expected != nullptr ? expected : find_kind(decoded.key.type);
  if (decoded.kind == nullptr) {
    const Node* type = document.find("type");
    if (has_type) {
      decoded.unreadable.push_back({"type", decoded.key.type.empty() ? "is required" : unknown_type(decoded.key.type),
                                    type != nullptr ? type->mark : document.mark});
    }
    return decoded;
  }
  const Kind& kind = *decoded.kind;
  read_word(document, "name", decoded.key.name, decoded);
  read_word(document, "mesh", decoded.key.mesh, decoded);
  read_labels(document, decoded);
  if (schema == SchemaLayer::kApplied) check_type(document, kind, decoded);

  decoded.spec.reset(kind.spec->New());
  MessageDecoder fields(kind, decoded, schema);
  if (kind.is_inline()) {
    fields.decode(document, "", *decoded.spec, [&](std::string_view key) { return is_meta(kind, key); });
  } else {
    static const Node empty = [] {
      Node node;
      node.kind = Node::Kind::kObject;
      return node;
    }();
    const Node* spec = document.find("spec");
    fields.decode(spec == nullptr || spec->is_null() ? empty : *spec, "spec", *decoded.spec, {});
    warn_of_unknown_keys(document, kind, decoded);
  }
  return decoded;
}

Status decode_message(std::string_view json, google::protobuf::Message& out) {
  Result<Node> node = parse_json(json);
  if (!node.ok()) return node.status();
  Kind kind;
  kind.spec = &out;
  Decoded decoded;
  MessageDecoder(kind, decoded).decode(*node, "", out, {});
  for (const auto* findings : {&decoded.unreadable, &decoded.violations, &decoded.warnings}) {
    if (!findings->empty()) return invalid(sentence(findings->front()));
  }
  return ok();
}

std::string sentence(const Finding& finding) {
  if (finding.field.empty() || finding.reason.starts_with("unknown field")) return finding.reason;
  return cat(finding.field, " ", finding.reason);
}

}  // namespace weft::cp
