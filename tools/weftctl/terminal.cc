#include "tools/weftctl/terminal.h"

#include <unistd.h>

#include <cstdlib>

#include "base/text.h"

namespace weft::ctl {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(500);
constexpr auto kBetween = std::chrono::milliseconds(100);

std::string_view begin_of(Colour colour) {
  switch (colour) {
    case Colour::kRed: return "\033[31m";
    case Colour::kGreen: return "\033[32m";
    case Colour::kYellow: return "\033[33m";
    case Colour::kNone: break;
  }
  return "";
}

}  // namespace

bool has_colour(std::FILE* stream) {
  if (isatty(fileno(stream)) == 0 || std::getenv("NO_COLOR") != nullptr) return false;
  const char* term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) != "dumb";
}

std::string paint(std::string_view text, Colour colour, std::FILE* stream) {
  if (colour == Colour::kNone || !has_colour(stream)) return std::string(text);
  return cat(begin_of(colour), text, "\033[0m");
}

size_t width(std::string_view text) {
  size_t columns = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') {
      i = std::min(text.find('m', i), text.size());
    } else if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {  // not inside of a code point
      ++columns;
    }
  }
  return columns;
}

Progress::Progress(std::string_view what, size_t total)
    : what_(what),
      total_(total),
      terminal_(isatty(fileno(stderr)) != 0),
      next_(std::chrono::steady_clock::now() + kPatience) {}

Progress::~Progress() { erase(); }

void Progress::step(size_t done) {
  if (!terminal_ || std::chrono::steady_clock::now() < next_) return;
  next_ = std::chrono::steady_clock::now() + kBetween;
  shown_ = true;
  std::fprintf(stderr, "\r\033[K%s %zu", what_.c_str(), done);
  if (total_ != 0) std::fprintf(stderr, "/%zu", total_);
}

void Progress::erase() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace weft::ctl
