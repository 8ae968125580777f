#include "policies/mesh_trace/collector_url.h"

#include <algorithm>

#include "base/text.h"

namespace weft::mesh_trace {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

// No space, no control character, none of what RFC 3986 excludes everywhere.
bool is_url_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '"' && c != '<' && c != '>' && c != '\\' &&
           c != '^' && c != '`';
  });
}

// host or host:port, the host perhaps in brackets.
bool split_authority(std::string_view authority, CollectorUrl& url) {
  size_t colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    url.host = authority.substr(1, close - 1);
    if (close + 1 == authority.size()) return true;
    if (authority[close + 1] != ':') return false;
    colon = close + 1;
  } else {
    url.host = authority.substr(0, colon);
    if (url.host.find(':') != std::string::npos) return false;
  }
  if (colon == std::string_view::npos) return true;
  url.port = authority.substr(colon + 1);
  return std::all_of(url.port.begin(), url.port.end(), is_digit);
}

}  // namespace

std::optional<CollectorUrl> parse_collector_url(std::string_view text) {
  if (!is_url_text(text)) return std::nullopt;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
  CollectorUrl url;
  url.scheme = lower(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
    url.has_fragment = hash + 1 < rest.size();
    rest = rest.substr(0, hash);
  }
  if (const size_t question = rest.find('?'); question != std::string_view::npos) {
    url.has_query = question + 1 < rest.size();
    rest = rest.substr(0, question);
  }
  if (!rest.starts_with("//")) {
    url.is_opaque = !rest.starts_with('/') && !rest.empty();
    url.has_path = rest.starts_with('/');
    return url;
  }
  rest.remove_prefix(2);
  const size_t slash = rest.find('/');
  url.has_path = slash != std::string_view::npos;
  std::string_view authority = rest.substr(0, slash);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.has_user = true;
    authority.remove_prefix(at + 1);
  }
  if (!split_authority(authority, url)) return std::nullopt;
  return url;
}

}  // namespace weft::mesh_trace
