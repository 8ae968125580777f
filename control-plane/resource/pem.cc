#include "control-plane/resource/pem.h"

#include <cstdint>
#include <utility>

#include "control-plane/resource/special_forms.h"

namespace weft::cp {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

// X.690 section 8.1.3, as far as certificates need it: up to three octets of length.
bool is_one_sequence(std::string_view der) {
  const auto octet = [&](size_t i) { return static_cast<uint8_t>(der[i]); };
  if (der.size() < 2 || octet(0) != 0x30) return false;
  if (octet(1) < 0x80) return der.size() == 2u + octet(1);
  const size_t octets = octet(1) & 0x7fu;
  if (octets == 0 || octets > 3 || der.size() < 2 + octets) return false;
  size_t length = 0;
  for (size_t i = 0; i < octets; ++i) length = length << 8 | octet(2 + i);
  return der.size() == 2 + octets + length;
}

}  // namespace

std::vector<std::string> pem_certificates(std::string_view text) {
  std::vector<std::string> found;
  for (;;) {
    const size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) return found;
    text.remove_prefix(begin + kBegin.size());
    const size_t end = text.find(kEnd);
    if (end == std::string_view::npos) return found;
    std::string body(text.substr(0, end));
    std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    std::string der;
    if (read_base64(body, der) && is_one_sequence(der)) found.push_back(std::move(der));
    text.remove_prefix(end + kEnd.size());
  }
}

}  // namespace weft::cp
