// The address of something that receives spans, taken apart as far as it is judged (RFC 3986). Pure, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weft::mesh_trace {

struct CollectorUrl {
  std::string scheme;  // lower case
  std::string host;    // an IPv6 address without its brackets
  std::string port;    // empty: none
  bool has_user = false;
  bool has_path = false;  // "/" alone counts
  bool has_query = false;
  bool has_fragment = false;
  bool is_opaque = false;  // "mailto:x": nothing after the scheme but text
};

// Nothing: it is no absolute URL.
std::optional<CollectorUrl> parse_collector_url(std::string_view text);

}  // namespace weft::mesh_trace
