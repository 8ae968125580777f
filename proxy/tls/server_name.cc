#include "proxy/tls/server_name.h"

#include <arpa/inet.h>

#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr size_t kMaxName = 253;
constexpr size_t kMaxLabel = 63;

bool may_stand_in_a_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }

bool is_address(const std::string& name) {
  in_addr address{};
  return inet_pton(AF_INET, name.c_str(), &address) == 1;
}

}  // namespace

std::string server_name(std::string_view text) {
  std::string name = lower(text);
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.size() > kMaxName) return {};
  size_t label = 0;
  for (const char c : name) {
    const bool ends = c == '.';
    if (ends ? label == 0 : !may_stand_in_a_name(c) || label == kMaxLabel) return {};
    label = ends ? 0 : label + 1;
  }
  return label == 0 || is_address(name) ? std::string() : name;
}

}  // namespace weft::proxy
