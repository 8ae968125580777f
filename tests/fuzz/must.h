// What a fuzz target holds against what it fuzzes: ends the process with a word about what did not hold.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace weft::test {

inline void must(bool holds, std::string_view what, std::string_view input = {}) {
  if (holds) return;
  std::fprintf(stderr, "%.*s:\n%.*s\n", static_cast<int>(what.size()), what.data(), static_cast<int>(input.size()),
               input.data());
  std::abort();
}

}  // namespace weft::test
