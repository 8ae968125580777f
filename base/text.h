// Building and splitting text. (The distribution's abseil has a string_view type of its own that std::string_view does
// not convert to, so its StrCat does not serve here.) Pure functions.
#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

inline void append_one(std::string& out, std::string_view piece) { out += piece; }
inline void append_one(std::string& out, const char* piece) { out += piece; }
inline void append_one(std::string& out, const std::string& piece) { out += piece; }
inline void append_one(std::string& out, char piece) { out += piece; }
inline void append_one(std::string& out, bool piece) { out += piece ? "true" : "false"; }
template <typename Number>
requires(std::integral<Number> || std::floating_point<Number>) void append_one(std::string& out, Number piece) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, piece).ptr);
}

// Appends every piece: text, characters, numbers in their shortest form.
template <typename... Pieces>
void append(std::string& out, const Pieces&... pieces) {
  (append_one(out, pieces), ...);
}
template <typename... Pieces>
std::string cat(const Pieces&... pieces) {
  std::string out;
  append(out, pieces...);
  return out;
}

// "a,b,,c" at ',' -> a, b, "", c. An empty text gives one empty piece.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
// Without leading and trailing spaces, tabs and line ends.
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
// The whole text as a number; false (and `out` untouched) when it is anything else or does not fit.
template <std::integral Number>
bool parse_number(std::string_view text, Number& out) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return false;
  out = value;
  return true;
}
// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
// The candidate closest to `word` by edit distance, if close enough to be what was meant; empty otherwise.
std::string_view did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace weft
