#include "tests/conformance/context_suite.h"

#include <set>
#include <utility>

#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "control-plane/store/world.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

// Adds or replaces what the file says. Documents of kinds that are not stored change nothing.
std::shared_ptr<const cp::World> with_documents(std::shared_ptr<const cp::World> world, const fs::path& file) {
  for (const Node& document : documents(file)) {
    cp::Decoded decoded = cp::decode(document);
    if (decoded.kind == nullptr || decoded.spec == nullptr) continue;
    auto resource = std::make_shared<cp::Resource>();
    resource->key = decoded.key;
    resource->labels = decoded.labels;
    resource->revision = world->revision() + 1;
    resource->spec = std::move(decoded.spec);
    world = world->with({{resource->revision, resource->key, resource}});
  }
  return world;
}

// What a mesh is computed from, by address: what is global, what is the mesh's and changes rarely, all of it.
std::set<const void*> inputs(const cp::World& world, const std::string& context, const std::string& mesh) {
  std::set<const void*> out;
  const bool global = context != "base mesh context";
  const bool of_mesh = context != "global context";
  for (const cp::Kind& kind : cp::kinds()) {
    if (kind.rules.read_only()) continue;  // written by the control plane itself, about what it sees
    if (kind.is_global() && global) out.insert(world.table(kind.type(), "").get());
    if (kind.is_global() || !of_mesh) continue;
    if (kind.type() == "Dataplane" && context == "base mesh context") continue;
    out.insert(world.table(kind.type(), mesh).get());
  }
  if (of_mesh) out.insert(world.find({"Mesh", "", mesh}).get());
  return out;
}

std::string check(const fs::path& folder, const Node& test) {
  const auto before = with_documents(std::make_shared<const cp::World>(), folder / text(test, "input"));
  const auto after = with_documents(before, folder / text(test, "change"));
  const std::string context = text(test, "context");
  const bool changed = inputs(*before, context, text(test, "mesh")) != inputs(*after, context, text(test, "mesh"));
  const Node* wanted = test.find("hash_must_change");
  if (wanted == nullptr) return "the case does not say what must happen";
  if (wanted->boolean == changed) return "";
  return changed ? "wanted the same inputs, got others\n" : "wanted other inputs, got the same\n";
}

}  // namespace

std::vector<CaseReport> run_context_hash(const fs::path& folder) {
  std::vector<CaseReport> out;
  for (const Node& test : cases_of(folder)) out.push_back(report(text(test, "id"), check(folder, test)));
  return out;
}

}  // namespace weft::conformance
