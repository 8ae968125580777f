#include "tools/weftctl/documents.h"

#include "base/text.h"

namespace weft::ctl {
namespace {

bool is_separator(std::string_view line) {
  return line.starts_with("---") && (line.size() == 3 || line[3] == ' ' || line[3] == '\t' || line[3] == '\r');
}

// Comments, directives and blank lines say nothing.
bool says_nothing(std::string_view text) {
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view bare = trim(line);
    if (!bare.empty() && bare[0] != '#' && line[0] != '%' && bare != "...") return false;
  }
  return true;
}

void move_down(Node& node, int lines) {
  if (node.mark.line != 0) node.mark.line += lines;
  for (Node& item : node.items) move_down(item, lines);
  for (Member& member : node.members) {
    if (member.mark.line != 0) member.mark.line += lines;
    move_down(member.value, lines);
  }
}

void add_piece(std::string_view text, int lines_before, std::vector<Piece>& out) {
  if (says_nothing(text)) return;
  Piece piece{lines_before, parse_yaml(text)};
  if (piece.tree.ok()) {
    for (Node& tree : *piece.tree) move_down(tree, lines_before);
  }
  out.push_back(std::move(piece));
}

// The number after `before`, both of which are taken off the text's front.
int take_number(std::string_view before, std::string_view& text) {
  int number = 0;
  if (!text.starts_with(before)) return 0;
  const size_t begin = before.size();
  const size_t end = std::min(text.find_first_not_of("0123456789", begin), text.size());
  if (!parse_number(text.substr(begin, end - begin), number)) return 0;
  text.remove_prefix(end);
  return number;
}

}  // namespace

std::vector<Piece> split_documents(std::string_view text) {
  std::vector<Piece> out;
  std::string piece;
  int line = 0, piece_begins = 0;
  for (const std::string_view current : split(text, '\n')) {
    if (is_separator(current)) {
      add_piece(piece, piece_begins, out);
      // What follows on the separator's line belongs to the document, in its column.
      piece = cat("   ", current.substr(3), "\n");
      piece_begins = line;
    } else {
      append(piece, current, "\n");
    }
    ++line;
  }
  add_piece(piece, piece_begins, out);
  return out;
}

Misplaced misplaced(const Piece& piece) {
  const std::string said = reason(piece.tree.status());
  std::string_view rest = said;
  Misplaced out{said, piece.lines_before + 1, 1};
  const int line = take_number("line ", rest);
  const int column = line == 0 ? 0 : take_number(", column ", rest);
  if (column == 0 || !rest.starts_with(": ")) return out;
  out.what = rest.substr(2);
  out.line = piece.lines_before + line;
  out.column = column;
  return out;
}

std::string place_line(std::string_view place) { return cat("  --> ", place); }

}  // namespace weft::ctl
