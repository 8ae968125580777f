// What weftctl does only for a person who looks on: colour, and how far a long piece of work is. Both are decided by
// where the output goes, so that a pipe or a file gets plain text. Single-threaded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace weft::ctl {

enum class Colour { kNone, kRed, kGreen, kYellow };

// Whether `stream` is a terminal that shows colours (NO_COLOR and TERM=dumb say no).
bool has_colour(std::FILE* stream);
// The text in that colour where `stream` shows colours; the text alone elsewhere.
std::string paint(std::string_view text, Colour colour, std::FILE* stream);

// Columns that the text takes: code points, escape sequences left out.
size_t width(std::string_view text);

// "applying 12/340" on standard error, on one line that is erased in the end. Silent unless standard error is a
// terminal and the work takes long enough to wonder.
class Progress {
 public:
  // `total` 0: not known.
  Progress(std::string_view what, size_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void step(size_t done);
  // Before something else is printed.
  void erase();

 private:
  std::string what_;
  size_t total_;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace weft::ctl
