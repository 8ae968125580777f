// Which suites a folder with golden data holds, and how many cases: as the folder says, whatever we can run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace weft::conformance {

struct CatalogEntry {
  std::string suite;           // "policy/from_rules"
  std::filesystem::path path;  // the folder; for "validation/..." the file
  std::vector<std::string> cases;
};

// Sorted by suite. Left out are the suites about what is not here yet (synchronisation of zones, Kubernetes,
// transparent proxying). `wanted` empty: all; otherwise those named, a folder standing for all below it.
std::vector<CatalogEntry> catalog(const std::filesystem::path& root, const std::vector<std::string>& wanted);

}  // namespace weft::conformance
