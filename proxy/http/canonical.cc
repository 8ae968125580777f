#include "proxy/http/canonical.h"

#include <cstdint>

#include "base/text.h"

namespace weft::proxy {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

bool is_visible(char c) { return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f; }

// Nothing in `path` can change. True for nearly every request.
bool is_plain(std::string_view path) {
  char previous = 0;
  for (const char c : path) {
    if (c == '%' || c == '\\' || c == '#' || !is_visible(c) || (c == '.' && previous == '/')) return false;
    previous = c;
  }
  return true;
}

// Percent-encoding and backslashes; false when refused.
bool decode(std::string_view path, std::string& out) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '\\') {
      out += '/';
    } else if (c != '%') {
      if (c == '#' || !is_visible(c)) return false;
      out += c;
    } else {
      const int high = i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
      const int low = i + 2 < path.size() ? hex_digit(path[i + 2]) : -1;
      const int value = high * 16 + low;
      if (high < 0 || low < 0 || value == 0) return false;
      if (is_unreserved(value)) {
        out += static_cast<char>(value);
      } else {
        out += '%';
        out += kDigits[high];
        out += kDigits[low];
      }
      i += 2;
    }
  }
  return true;
}

// RFC 3986 section 5.2.4, on a path that starts with '/'. Empty segments are segments: "/a//../b" is "/a/b".
void remove_dot_segments(std::string& path) {
  size_t written = 0;
  size_t read = 0;
  while (read < path.size()) {  // path[read] is '/'
    size_t next = path.find('/', read + 1);
    if (next == std::string::npos) next = path.size();
    const std::string_view segment(path.data() + read + 1, next - read - 1);
    const bool last = next == path.size();
    if (segment == "." || segment == "..") {
      if (segment == "..") {
        while (written > 0 && path[--written] != '/') {
        }
      }
      if (last) path[written++] = '/';
    } else {
      for (size_t i = read; i < next; ++i) path[written++] = path[i];
    }
    read = next;
  }
  path.resize(written);
}

bool valid_port(std::string_view port) {
  uint16_t number = 0;
  return port.size() <= 5 && parse_number(port, number);
}

bool valid_ip_literal(std::string_view inside) {
  for (const char c : inside) {
    if (hex_digit(c) < 0 && c != ':' && c != '.') return false;
  }
  return !inside.empty();
}

}  // namespace

Target split_target(std::string_view method, std::string_view target) {
  Target parts;
  if (method == "CONNECT") {
    parts.form = Target::Form::kAuthority;
    parts.authority = target;
  } else if (target.starts_with('/')) {
    parts.form = Target::Form::kOrigin;
    parts.path_and_query = target;
  } else if (target == "*") {
    parts.form = method == "OPTIONS" ? Target::Form::kAsterisk : Target::Form::kMalformed;
    parts.path_and_query = target;
  } else {
    const size_t scheme = target.find("://");
    if (scheme == std::string_view::npos) return parts;
    parts.https = equal_ignoring_case(target.substr(0, scheme), "https");
    if (!parts.https && !equal_ignoring_case(target.substr(0, scheme), "http")) return parts;
    const std::string_view rest = target.substr(scheme + 3);
    const size_t end = rest.find_first_of("/?#\\");
    parts.authority = rest.substr(0, end);
    parts.path_and_query = end == std::string_view::npos ? std::string_view("/") : rest.substr(end);
    if (!parts.authority.empty()) parts.form = Target::Form::kAbsolute;
  }
  return parts;
}

PathResult canonical_path(std::string_view path_and_query, std::string& out) {
  const size_t question = path_and_query.find('?');
  const std::string_view path = path_and_query.substr(0, question);
  const std::string_view query =
      question == std::string_view::npos ? std::string_view() : path_and_query.substr(question);
  for (const char c : query) {
    if (c == '#' || !is_visible(c)) return PathResult::kRefused;
  }
  if (is_plain(path) && !path.empty()) return PathResult::kUnchanged;
  out.clear();
  if (path.empty()) out = "/";  // "http://host?query"
  if (!decode(path, out) || out.front() != '/') return PathResult::kRefused;
  remove_dot_segments(out);
  if (out == path) return PathResult::kUnchanged;
  out += query;
  return PathResult::kChanged;
}

bool valid_authority(std::string_view authority) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos || !valid_ip_literal(authority.substr(1, close - 1))) return false;
    port = authority.substr(close + 1);
    return port.empty() || (port.starts_with(':') && valid_port(port.substr(1)));
  }
  const size_t colon = authority.find(':');
  const std::string_view host = authority.substr(0, colon);
  if (host.empty()) return false;
  for (const char c : host) {
    // RFC 3986's reg-name, without percent-encoding, which no two programs treat alike in a host.
    if (!is_unreserved(c) && c != '!' && c != '$' && c != '&' && c != '\'' && c != '(' && c != ')' && c != '*' &&
        c != '+' && c != ';' && c != '=') {
      return false;
    }
  }
  return colon == std::string_view::npos || valid_port(authority.substr(colon + 1));
}

}  // namespace weft::proxy
