// Runs a fuzz target over every file of its corpus, as it is and changed in ways that are the same every time: a plain
// test, without the fuzzer.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/hash.h"
#include "base/random.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace {

constexpr int kChangesPerFile = 300;

void run(const std::string& text) {
  // A copy of exact size, so that a sanitizer sees the first byte read beyond it.
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

size_t place(weft::Random& random, const std::string& text) {
  return static_cast<size_t>(random.below(text.size() + 1));
}

// One to four small accidents: a byte changed, a piece lost, a piece twice, a piece of another file.
std::string changed(std::string text, const std::string& other, weft::Random& random) {
  constexpr std::string_view kTroublesome = "{}[]:,-\"'&*!#|>%@`~ \n\t0e.9\\/<\x01\xc3\xff";
  for (uint64_t times = 1 + random.below(4); times > 0; --times) {
    const size_t at = place(random, text);
    const size_t length = static_cast<size_t>(random.below(24));
    switch (random.below(4)) {
      case 0: text.insert(at, 1, kTroublesome[random.below(kTroublesome.size())]); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(place(random, text), text.substr(at, length)); break;
      default: text.insert(at, other.substr(std::min(place(random, other), other.size()), length)); break;
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(argc > 1 ? argv[1] : "", error)) {
    const auto text = weft::read_file(entry.path().string());
    if (text.ok()) files.push_back(*text);
  }
  for (const std::string& file : files) {
    run(file);
    weft::Random random(weft::fnv1a64(file));
    for (int i = 0; i < kChangesPerFile; ++i) run(changed(file, files[random.below(files.size())], random));
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
