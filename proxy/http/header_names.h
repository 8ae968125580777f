// The header fields the proxy itself understands, told apart once while a head is parsed so that nothing later compares
// names. Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft::proxy {

enum class HeaderId : uint8_t {
  kOther,
  kHost,
  kContentLength,
  kTransferEncoding,
  kConnection,
  kKeepAlive,
  kProxyConnection,
  kTe,
  kUpgrade,
  kHttp2Settings,
  kExpect,
  kRequestId,            // x-request-id
  kForwardedProto,       // x-forwarded-proto
  kForwardedClientCert,  // x-forwarded-client-cert, '_' for '-' too
  kTraceparent,
  kTracestate,
  kB3,      // "b3"
  kB3Part,  // x-b3-traceid, -spanid, -parentspanid, -sampled, -flags
  kContentType,
  kGrpcTimeout,
  kWeft,  // x-weft-*: ours, '_' for '-' too
};

HeaderId header_id(std::string_view name);

// False for names a peer may not make us drop by listing them in Connection: they carry identity, authority, framing or
// the route (RFC 9110 section 7.6.1 forbids naming end-to-end fields, and nothing but us enforces it).
bool droppable_by_connection(std::string_view name);

// Fields that may not come in a trailer section (RFC 9110 section 6.5.1): a recipient that merges trailers into the
// head would take them for framing, routing or identity.
bool forbidden_in_trailers(std::string_view lower_case_name);

namespace header_names_detail {
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
inline constexpr std::array<bool, 256> kTokenChars = make_token_table();
}  // namespace header_names_detail

// RFC 9110 section 5.6.2.
inline bool is_token_char(unsigned char c) { return header_names_detail::kTokenChars[c]; }
bool is_token(std::string_view text);

// Calls `each` with every element of a comma-separated list, without the white space around it; empty elements are left
// out.
template <typename Each>
void for_each_element(std::string_view list, Each&& each) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) element.remove_prefix(1);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) element.remove_suffix(1);
    if (!element.empty()) each(element);
  }
}

}  // namespace weft::proxy
