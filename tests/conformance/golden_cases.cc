#include "tests/conformance/golden_cases.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/kind.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

// Empty: a kind we do not have.
std::string_view short_name(std::string_view type) {
  const cp::Kind* kind = cp::find_kind(type);
  return kind == nullptr ? std::string_view() : std::string_view(kind->rules.short_name());
}

// The name of a copy that was synchronised between control planes.
std::string synchronised_name(const Identity& who) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  const std::string display(label_value(who.labels, label::kDisplayName));
  std::string digits = hex64(fnv1a64(
      cat(who.mesh, display, label_value(who.labels, label::kZone), label_value(who.labels, label::kNamespace))));
  for (char& c : digits) c = kAlphabet[static_cast<unsigned char>(c) % kAlphabet.size()];
  return cat(display.substr(0, 236), "-", digits);
}

// Labels the document has win.
void place(Identity& who, const std::string& origin, const std::string& zone, bool kubernetes) {
  const std::string name = who.name;
  who.labels.insert({{"kuma.io/origin", origin}, {"kuma.io/display-name", name}});
  if (origin == "zone") who.labels.insert({"kuma.io/zone", zone});
  if (!kubernetes) return;
  who.labels.insert({{"k8s.kuma.io/namespace", "ns-k8s"}, {"kuma.io/mesh", who.mesh}});
  who.name += ".ns-k8s";
}

void transform(Identity& who, std::string_view how) {
  const size_t open = how.find('(');
  if (open != std::string_view::npos) {
    transform(who, how.substr(open + 1, how.size() - open - 2));
    how = how.substr(0, open);
    if (how == "sync-to-uni") who.name = synchronised_name(who);
    if (how == "sync-to-k8s") who.name = synchronised_name(who) + ".kuma-system";
    if (how == "producer") who.labels["kuma.io/policy-role"] = "producer";
    if (how != "system") return;
    who.labels["kuma.io/policy-role"] = "system";
    who.labels["k8s.kuma.io/namespace"] = "kuma-system";
    return;
  }
  if (how == "global-uni") place(who, "global", "", false);
  if (how == "global-k8s") place(who, "global", "", true);
  if (how == "zone-uni") place(who, "zone", "zone-uni", false);
  if (how == "zone-k8s") place(who, "zone", "zone-k8s", true);
}

uint32_t number(const Node& node, std::string_view key) {
  uint32_t value = 0;
  const Node* found = node.find(key);
  if (found != nullptr) parse_number(found->text, value);
  return value;
}

}  // namespace

fs::path data_folder() {
  const char* given = std::getenv("WEFT_CONFORMANCE_DIR");
  const fs::path folder = given != nullptr ? fs::path(given) : fs::path("../shared/conformance/kuma");
  return fs::is_directory(folder) ? folder : fs::path();
}

std::vector<Node> documents(const fs::path& file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  auto parsed = parse_yaml(text.str());
  return parsed.ok() ? *std::move(parsed) : std::vector<Node>();
}

std::vector<Node> cases_of(const fs::path& folder) {
  const std::vector<Node> index = documents(folder / "cases.yaml");
  const Node* list = index.empty() ? nullptr : index[0].find("cases");
  return list == nullptr ? std::vector<Node>() : list->items;
}

std::string text(const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  return found == nullptr ? std::string() : found->text;
}

std::string Identity::kri() const {
  const std::string_view display = label_value(labels, label::kDisplayName);
  return cat("kri_", short_name(type), "_", type == "Mesh" ? std::string_view() : std::string_view(mesh), "_",
             label_value(labels, label::kZone), "_", label_value(labels, label::kNamespace), "_",
             display.empty() ? std::string_view(name) : display, "_");
}

Identity identity(const Node& document, std::string_view how) {
  Identity who{text(document, "type"), text(document, "mesh"), text(document, "name"), {}};
  if (const Node* labels = document.find("labels")) {
    for (const Member& member : labels->members) who.labels[member.key] = member.value.text;
  }
  if (who.type != "Mesh") transform(who, how);
  return who;
}

PolicyPtr policy(const Node& document, const Identity& who) {
  cp::Decoded decoded = cp::decode(document);
  if (!decoded.unreadable.empty() || decoded.spec == nullptr || !PolicySpec::is_policy(*decoded.spec)) return nullptr;
  return make_policy_resource(who.mesh, who.name, who.kri(), who.labels, std::move(decoded.spec));
}

TargetResource target(const Node& document, const Identity& who) {
  TargetResource out{who.type, who.type == "Mesh" ? who.name : who.mesh, who.name, who.kri(), who.labels, {}};
  const Node* spec = document.find("spec");
  const Node* ports = spec == nullptr ? nullptr : spec->find("ports");
  if (ports == nullptr) return out;
  for (const Node& port : ports->items) out.ports.push_back({number(port, "port"), text(port, "name")});
  return out;
}

ProxyView proxy(const Node& document, const Identity& who) {
  ProxyView out;
  out.labels = who.labels;
  const std::string_view display = label_value(who.labels, label::kDisplayName);
  out.display_name = display.empty() ? std::string_view(who.name) : display;
  const Node* networking = document.find("networking");
  if (networking == nullptr) return out;
  out.delegated_gateway = networking->find("gateway") != nullptr;
  for (const char* list : {"inbound", "listeners"}) {
    const Node* ports = networking->find(list);
    if (ports == nullptr) continue;
    for (const Node& port : ports->items) {
      const std::string own = text(port, "address");
      out.ports.push_back({own.empty() ? text(*networking, "address") : own, number(port, "port"), text(port, "name")});
    }
  }
  return out;
}

}  // namespace weft::conformance
