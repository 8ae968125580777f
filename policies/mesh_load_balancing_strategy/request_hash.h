// The hash by which requests that belong together go to one instance: made of what the hash policies name, in their
// order. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policies/request.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft::mesh_load_balancing_strategy {

class RequestHash {
 public:
  void add(const v1::MeshLoadBalancingStrategyConf::HashPolicy& policy);

  bool empty() const { return parts_.empty(); }
  bool reads_headers() const;
  bool reads_source() const;

  // Nothing when the request has none of it. `answer_line` gets the Set-Cookie line of a cookie that was made.
  std::optional<uint64_t> of(const Request& request, std::string& answer_line) const;

 private:
  enum class Type : uint8_t { kHeader, kCookie, kSource, kQueryParameter, kNothing };
  struct Part {
    Type type = Type::kNothing;
    bool terminal = false;
    std::string name;
    std::string attributes;  // of a cookie that is made: "; Max-Age=60; Path=/; HttpOnly"; empty: none is
  };
  static std::optional<uint64_t> hash_of(const Part& part, const Request& request, std::string& answer_line);

  std::vector<Part> parts_;
};

// The value of a cookie in the Cookie headers of a request (RFC 6265 section 4.2.1).
std::optional<std::string_view> cookie_value(const Request& request, std::string_view name);
// The value of the first parameter of that name in the query, as it is written.
std::optional<std::string_view> query_value(std::string_view path, std::string_view name);

}  // namespace weft::mesh_load_balancing_strategy
