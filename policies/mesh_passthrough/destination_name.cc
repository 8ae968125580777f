#include "policies/mesh_passthrough/destination_name.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace weft::mesh_passthrough {
namespace {

constexpr size_t kLongestName = 255;  // RFC 1035 section 2.3.4
constexpr size_t kLongestLabel = 63;

bool is_family(const std::string& text, int family) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(family, text.c_str(), address) == 1;
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel && is_word_character(label.front()) &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_word_character(c) || c == '-'; });
}

}  // namespace

bool is_ip(const std::string& text) { return is_family(text, AF_INET) || is_family(text, AF_INET6); }

bool is_cidr(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return false;
  const std::string address = text.substr(0, slash);
  const std::string_view digits = std::string_view(text).substr(slash + 1);
  uint32_t bits = 0;
  if (digits.empty() || digits.front() < '0' || digits.front() > '9' || !parse_number(digits, bits)) return false;
  if (digits.size() > 1 && digits.front() == '0') return false;
  return (bits <= 32 && is_family(address, AF_INET)) || (bits <= 128 && is_family(address, AF_INET6));
}

bool is_dns_name(std::string_view text) {
  if (text.size() > kLongestName || is_ip(std::string(text))) return false;
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::vector<std::string_view> labels = split(text, '.');
  return std::all_of(labels.begin(), labels.end(), is_label);
}

}  // namespace weft::mesh_passthrough
