// SPIFFE IDs by the letter (SPIFFE-ID, sections 2 and 2.1-2.4): "spiffe://" trust domain "/" segments, compared byte by
// byte. Nothing is normalised: what is not in its one form is no SPIFFE ID. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace weft {

inline constexpr size_t kMaxSpiffeId = 2048;

// a-z, 0-9, '.', '-', '_'; 1 to 255 of them.
bool is_trust_domain(std::string_view text);
// "/a/b": segments of letters, digits, '.', '-', '_'; none is empty, "." or "..".
bool is_spiffe_path(std::string_view text);

// Views into the text that was parsed.
struct SpiffeId {
  std::string_view trust_domain;
  std::string_view path;  // with its leading slash, never empty: the ID of a workload has one
};

// Of a workload; nullopt for anything else, a trust domain's own ID included.
std::optional<SpiffeId> parse_spiffe_id(std::string_view text);

}  // namespace weft
