#include "tests/conformance/label_suites.h"

#include "base/document/print.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/conformance/api_server.h"
#include "tests/conformance/api_suites.h"
#include "tests/conformance/compare.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

constexpr std::string_view kKubernetes = "zone-k8s";

// "zone-uni" is described under the key "zone_uni".
std::string key_of(std::string target) {
  for (char& c : target) c = c == '-' ? '_' : c;
  return target;
}

// "HTTP/1.1 201 Created", then a blank line, then the body.
std::string difference_of_answer(std::string_view golden, const cp::TestAnswer& answer) {
  const size_t end = golden.find('\n');
  const std::vector<std::string_view> words = split(golden.substr(0, end), ' ');
  const std::string_view status = words.size() > 1 ? words[1] : std::string_view();
  if (status != cat(answer.status)) return cat("wanted status ", status, ", got ", answer.status, " ", answer.body);
  return difference_of_bodies(std::string(end == std::string_view::npos ? "" : golden.substr(end)), answer.body);
}

std::string check(const std::filesystem::path& folder, const Node& environment, const Node& test) {
  const Node* target = environment.find(key_of(text(test, "target")));
  if (target == nullptr) return "the target is not described\n";
  Node server = *target;
  set_member(server, "zone_name", string_node(text(*target, "zone")));
  Result<std::unique_ptr<LoadedServer>> started = LoadedServer::start(server);
  if (!started.ok()) return cat(reason(started.status()), "\n");
  const std::string mesh = text(environment, "mesh");
  const Node mesh_document = object_node({{"type", {}, string_node("Mesh")}, {"name", {}, string_node(mesh)}});
  if (Status loaded = (*started)->load({mesh_document}); !loaded.ok()) return cat(reason(loaded), "\n");
  const std::vector<Node> input = documents(folder / text(test, "input"));
  const Result<std::string> golden = read_file((folder / text(test, "golden")).string());
  if (input.size() != 1 || !golden.ok()) return "the files of the case cannot be read\n";
  const std::string path = cat("/meshes/", mesh, "/", text(test, "resource"), "/", text(input[0], "name"));
  return difference_of_answer(*golden, (*started)->send("PUT", path, compact_json(input[0])));
}

}  // namespace

std::vector<CaseReport> run_labels(const std::filesystem::path& folder) {
  std::vector<CaseReport> out;
  const std::vector<Node> index = documents(folder / "cases.yaml");
  const Node* harness = index.empty() ? nullptr : index[0].find("harness");
  const Node* environment = harness == nullptr ? nullptr : harness->find("environment");
  if (environment == nullptr) return out;
  for (const Node& test : cases_of(folder)) {
    if (text(test, "target") != kKubernetes) out.push_back(report(text(test, "id"), check(folder, *environment, test)));
  }
  return out;
}

}  // namespace weft::conformance
