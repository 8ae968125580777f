#include "tests/conformance/catalog.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "tests/conformance/golden_cases.h"

namespace weft::conformance {
namespace {

namespace fs = std::filesystem;

// Of a suite that asks several control planes, the one in Kubernetes is not here yet either.
constexpr std::string_view kKubernetesTarget = "zone-k8s";
constexpr std::array<std::string_view, 4> kNotHereYet = {"kds", "k8s", "tproxy", "cni"};

bool is_below(std::string_view suite, std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return suite == folder || (suite.starts_with(folder) && suite.substr(folder.size()).starts_with('/'));
}

bool is_attempted(const std::string& suite, const std::vector<std::string>& wanted) {
  const auto covers = [&](std::string_view folder) { return is_below(suite, folder); };
  if (std::any_of(kNotHereYet.begin(), kNotHereYet.end(), covers)) return false;
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), covers);
}

std::vector<std::string> ids(const fs::path& index, const char* key) {
  const std::vector<Node> read = documents(index);
  const Node* list = read.empty() ? nullptr : read[0].find("cases");
  std::vector<std::string> out;
  if (list == nullptr) return out;
  for (const Node& item : list->items) {
    if (text(item, "target") != kKubernetesTarget) out.push_back(text(item, key));
  }
  return out;
}

}  // namespace

std::vector<CatalogEntry> catalog(const fs::path& root, const std::vector<std::string>& wanted) {
  std::vector<CatalogEntry> out;
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root, failed)) {
    if (!entry.is_regular_file()) continue;
    const fs::path& file = entry.path();
    const fs::path folder = fs::relative(file.parent_path(), root);
    if (file.filename() == "cases.yaml") {
      const std::string suite = folder.generic_string();
      if (is_attempted(suite, wanted)) out.push_back({suite, file.parent_path(), ids(file, "id")});
    } else if (folder == "validation" && file.extension() == ".yaml") {
      const std::string suite = cat("validation/", file.stem().string());
      if (is_attempted(suite, wanted)) out.push_back({suite, file, ids(file, "name")});
    }
  }
  std::sort(out.begin(), out.end(), [](const CatalogEntry& a, const CatalogEntry& b) { return a.suite < b.suite; });
  return out;
}

}  // namespace weft::conformance
