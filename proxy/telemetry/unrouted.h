// Why a connection to a listener with server names was closed instead of carried: labels of a metric and words in the
// log.
#pragma once

#include <cstdint>
#include <string_view>

namespace weft::proxy {

enum class Unrouted : uint8_t {
  kSilent,        // it said nothing
  kIncomplete,    // it stopped before its ClientHello was whole
  kNotTls,        // and there is nowhere else to go
  kNoName,        // TLS that names nobody, or not in order
  kUnknownName,   // the listener does not have it
  kLeadsNowhere,  // the listener has it, what it leads to could not be used
  kOverloaded,    // too many clients were in the middle of their first words
  kCount
};

// "silent", "unknown_name", ...
std::string_view unrouted_word(Unrouted why);

}  // namespace weft::proxy
