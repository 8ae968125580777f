#include "base/spiffe_id.h"

#include <algorithm>

namespace weft {
namespace {

constexpr std::string_view kScheme = "spiffe://";

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_punctuation(char c) { return c == '.' || c == '-' || c == '_'; }
bool is_segment_char(char c) { return is_lower_alphanumeric(c) || (c >= 'A' && c <= 'Z') || is_punctuation(c); }

bool is_segment(std::string_view segment) {
  if (segment.empty() || segment == "." || segment == "..") return false;
  return std::all_of(segment.begin(), segment.end(), is_segment_char);
}

}  // namespace

bool is_trust_domain(std::string_view text) {
  // The specification's letters allow the two that a path resolver would take for steps.
  return !text.empty() && text.size() <= 255 && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_alphanumeric(c) || is_punctuation(c); });
}

bool is_spiffe_path(std::string_view text) {
  if (!text.starts_with('/')) return false;
  for (;;) {
    text.remove_prefix(1);
    const std::string_view segment = text.substr(0, text.find('/'));
    if (!is_segment(segment)) return false;
    text.remove_prefix(segment.size());
    if (text.empty()) return true;
  }
}

std::optional<SpiffeId> parse_spiffe_id(std::string_view text) {
  if (text.size() > kMaxSpiffeId || !text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const SpiffeId id{text.substr(0, slash), text.substr(slash)};
  if (!is_trust_domain(id.trust_domain) || !is_spiffe_path(id.path)) return std::nullopt;
  return id;
}

}  // namespace weft
