// The documents of one text, read apart from each other, so that a broken one is known by its number and the rest is
// read all the same. Lines are those of the whole text. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "base/status.h"

namespace weft::ctl {

// What stands between two lines "---".
struct Piece {
  int lines_before = 0;
  Result<std::vector<Node>> tree;  // usually one; empty ones are left out
};
// Pieces of nothing but comments are left out.
std::vector<Piece> split_documents(std::string_view text);

// Why a piece could not be read, and where.
struct Misplaced {
  std::string what;
  int line = 0;
  int column = 0;
};
Misplaced misplaced(const Piece& piece);

// "  --> retry.yaml:7:9", as compilers say it.
std::string place_line(std::string_view place);

}  // namespace weft::ctl
