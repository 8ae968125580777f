#include "proxy/dataplane_file.h"

#include <iostream>
#include <iterator>

#include "base/document/document.h"
#include "base/document/print.h"
#include "base/file.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

std::string text_member(const Node& object, std::string_view key) {
  const Node* member = object.find(key);
  return member == nullptr || member->is_null() ? "" : member->text;
}

bool asks_for_low_ports(const Node& document) {
  const Node* networking = document.find("networking");
  for (const char* list : {"inbound", "outbound"}) {
    const Node* listeners = networking == nullptr ? nullptr : networking->find(list);
    if (listeners == nullptr) continue;
    for (const Node& listener : listeners->items) {
      uint32_t port = 0;
      if (parse_number(text_member(listener, "port"), port) && port < 1024) return true;
    }
  }
  return false;
}

}  // namespace

Result<DataplaneDefinition> parse_dataplane(std::string_view text, const Variables& variables) {
  Result<std::string> rendered = render_variables(text, variables);
  if (!rendered.ok()) return rendered.status();
  Result<std::vector<Node>> documents = parse_yaml(*rendered);
  if (!documents.ok()) return documents.status();
  if (documents->size() != 1) return invalid(cat("expected one document, found ", documents->size()));
  Node& document = documents->front();
  if (!document.is_object()) return invalid("expected a Dataplane document");
  if (const std::string type = text_member(document, "type"); type != "Dataplane") {
    return invalid(cat("invalid proxy resource type \"", type, "\", expected Dataplane"));
  }
  DataplaneDefinition definition;
  definition.name = text_member(document, "name");
  if (definition.name.empty()) return invalid("name: must not be empty");
  definition.mesh = text_member(document, "mesh");
  if (definition.mesh.empty()) {
    definition.mesh = "default";
    std::erase_if(document.members, [](const Member& member) { return member.key == "mesh"; });
    Node mesh;
    mesh.kind = Node::Kind::kString;
    mesh.text = definition.mesh;
    document.members.push_back({"mesh", {}, std::move(mesh)});
  }
  definition.low_ports = asks_for_low_ports(document);
  definition.json = compact_json(document);
  return definition;
}

Result<std::string> read_dataplane_text(const std::string& path) {
  if (path != "-") return read_file(path);
  return std::string(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
}

}  // namespace weft::proxy
