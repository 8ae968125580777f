// Virtual addresses: one range a kind of service, given out one after the other. An address that was given is not given
// again while anybody has it, and one that came free is the last to be given anew: clients may remember it. Owned by
// whoever gives addresses, on its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/status.h"

namespace weft::cp {

// IPv4 addresses as numbers; no number for anything else.
std::optional<uint32_t> parse_ipv4(const std::string& text);
std::string print_ipv4(uint32_t address);

using TakenVips = std::unordered_set<uint32_t>;

class VipRange {
 public:
  // "241.0.0.0/8". Error: says what is wrong with the text.
  static Result<VipRange> parse(std::string_view cidr);

  // An address that is not in `taken`, which it joins; nullopt: all are taken. The first and the last of the range are
  // nobody's.
  std::optional<std::string> next(TakenVips& taken);

 private:
  VipRange(uint32_t first, uint32_t last) : first_(first), last_(last) {}
  // Goes on after the highest that is taken.
  void start(const TakenVips& taken);

  uint32_t first_;
  uint32_t last_;
  std::optional<uint32_t> given_;  // the newest
};

}  // namespace weft::cp
