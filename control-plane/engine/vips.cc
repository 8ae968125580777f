#include "control-plane/engine/vips.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace weft::cp {

std::optional<uint32_t> parse_ipv4(const std::string& text) {
  in_addr address{};
  if (inet_pton(AF_INET, text.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::string print_ipv4(uint32_t address) {
  return cat(address >> 24, '.', (address >> 16) & 0xff, '.', (address >> 8) & 0xff, '.', address & 0xff);
}

Result<VipRange> VipRange::parse(std::string_view cidr) {
  const size_t slash = cidr.find('/');
  uint32_t bits = 0;
  const std::optional<uint32_t> address = parse_ipv4(std::string(cidr.substr(0, slash)));
  const bool has_bits = slash != std::string_view::npos && parse_number(cidr.substr(slash + 1), bits);
  if (!address || !has_bits) return invalid(cat("\"", cidr, "\" is not an IPv4 range such as 241.0.0.0/8"));
  if (bits < 1 || bits > 30) return invalid(cat("\"", cidr, "\" must leave 2 to 31 bits for addresses"));
  const uint32_t hosts = (uint32_t{1} << (32 - bits)) - 1;
  if ((*address & hosts) != 0) return invalid(cat("\"", cidr, "\" must begin with the range's first address"));
  return VipRange(*address, *address | hosts);
}

void VipRange::start(const TakenVips& taken) {
  given_ = first_;
  for (const uint32_t address : taken) {
    if (address > *given_ && address < last_) given_ = address;
  }
}

std::optional<std::string> VipRange::next(TakenVips& taken) {
  if (!given_) start(taken);
  for (uint32_t tries = last_ - first_; tries > 0; --tries) {
    given_ = *given_ + 1 >= last_ ? first_ + 1 : *given_ + 1;
    if (taken.insert(*given_).second) return print_ipv4(*given_);
  }
  return std::nullopt;
}

}  // namespace weft::cp
