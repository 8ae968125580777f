// Who asks: the user and groups of one request, and what they may do. Plain data.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cp {

inline constexpr std::string_view kAdmin = "mesh-system:admin";
inline constexpr std::string_view kAuthenticated = "mesh-system:authenticated";
inline constexpr std::string_view kAnonymous = "mesh-system:anonymous";
inline constexpr std::string_view kUnauthenticated = "mesh-system:unauthenticated";

struct Caller {
  std::string name;
  std::vector<std::string> groups;

  bool is_admin() const { return name == kAdmin || std::find(groups.begin(), groups.end(), kAdmin) != groups.end(); }
  static Caller admin() { return {std::string(kAdmin), {std::string(kAdmin), std::string(kAuthenticated)}}; }
  static Caller anonymous() { return {std::string(kAnonymous), {std::string(kUnauthenticated)}}; }
};

}  // namespace weft::cp
