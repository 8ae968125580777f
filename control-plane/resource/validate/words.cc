#include "control-plane/resource/validate/words.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"
#include "control-plane/resource/name_template.h"

namespace weft::cp {

bool is_ip(const std::string& text) {
  unsigned char address[16];
  return inet_pton(AF_INET, text.c_str(), address) == 1 || inet_pton(AF_INET6, text.c_str(), address) == 1;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (const std::string_view part : split(text, '.')) {
    if (part.empty() || part.size() > 63 || part.front() == '-' || part.back() == '-') return false;
    for (const char c : part) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!letter && c != '-' && c != '_') return false;
    }
  }
  return true;
}

void check_host(const std::string& field, const std::string& address, Violations& violations) {
  if (!is_ip(address) && !is_host_name(address)) violations.add(field, "address has to be a valid IP or hostname");
}

void check_port(const std::string& field, int64_t port, Violations& violations) {
  if (!is_port(port)) violations.add(field, "port must be a valid (1-65535)");
}

void check_word(const std::string& field, std::string_view subject, std::string_view value,
                std::initializer_list<std::string_view> words, Violations& violations) {
  if (std::find(words.begin(), words.end(), value) != words.end()) return;
  std::string all;
  for (const std::string_view word : words) append(all, all.empty() ? "" : ", ", "\"", word, "\"");
  violations.add(field, cat("\"", subject, "\" must be one of [", all, "]"));
}

void check_template(const std::string& field, std::string_view text, Violations& violations) {
  const Result<NameTemplate> read = NameTemplate::parse(text);
  if (!read.ok()) violations.add(field, cat("couldn't parse template: template: :1: ", reason(read.status())));
}

}  // namespace weft::cp
