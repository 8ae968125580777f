// The bytes of the fault catalogue as tests send them: files of tests/fuzz/corpus, where the fuzz targets start from
// them, too. For tests, which run in the root of the checkout.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace weft::test {

// TARGET/NAME; a missing file fails the test.
inline std::string corpus_file(std::string_view name) {
  auto bytes = read_file(cat("tests/fuzz/corpus/", name));
  EXPECT_TRUE(bytes.ok()) << "no corpus file " << name;
  return bytes.ok() ? *bytes : std::string();
}

struct CorpusFile {
  std::string name;  // without its folder
  std::string bytes;
};

// Every file of `target` whose name begins with `prefix`, by name; none fails the test.
inline std::vector<CorpusFile> corpus_files(std::string_view target, std::string_view prefix) {
  std::vector<CorpusFile> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(cat("tests/fuzz/corpus/", target), error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix)) files.push_back({name, corpus_file(cat(target, "/", name))});
  }
  std::sort(files.begin(), files.end(), [](const auto& one, const auto& other) { return one.name < other.name; });
  EXPECT_FALSE(files.empty()) << "no corpus files " << target << "/" << prefix << "*";
  return files;
}

}  // namespace weft::test
