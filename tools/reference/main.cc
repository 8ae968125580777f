// weft-reference FOLDER: writes the reference pages there.
#include <cstdio>
#include <filesystem>

#include "api/reference/pages.h"
#include "base/file.h"
#include "base/text.h"

namespace {

namespace fs = std::filesystem;

weft::Status write_pages(const std::string& folder) {
  const auto pages = weft::reference::pages(weft::reference::Schema::embedded());
  std::error_code error;
  fs::create_directories(folder, error);
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const fs::path& path = entry.path();
    if (path.extension() == ".md" && !pages.contains(path.filename().string())) fs::remove(path, error);
  }
  for (const auto& [name, text] : pages) {
    if (weft::Status written = weft::write_file(weft::cat(folder, "/", name), text); !written.ok()) return written;
  }
  return weft::ok();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("weft-reference FOLDER\n", stderr);
    return 2;
  }
  const weft::Status written = write_pages(argv[1]);
  if (written.ok()) return 0;
  std::fprintf(stderr, "Error: %s\n", weft::reason(written).c_str());
  return 1;
}
