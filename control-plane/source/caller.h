// Who asks: the user and groups of one request; and the lists of who may do what. Plain data.
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

  static Caller admin() { return {std::string(kAdmin), {std::string(kAdmin), std::string(kAuthenticated)}}; }
  static Caller anonymous() { return {std::string(kAnonymous), {std::string(kUnauthenticated)}}; }
};

// Who may do something: users by name, and everybody in a group.
struct AccessList {
  std::vector<std::string> users;
  std::vector<std::string> groups;

  bool has(const Caller& caller) const {
    const auto is_listed = [this](const std::string& group) {
      return std::find(groups.begin(), groups.end(), group) != groups.end();
    };
    return std::find(users.begin(), users.end(), caller.name) != users.end() ||
           std::any_of(caller.groups.begin(), caller.groups.end(), is_listed);
  }
  static AccessList admins() { return {{std::string(kAdmin)}, {std::string(kAdmin)}}; }
  static AccessList everyone() { return {{}, {std::string(kUnauthenticated), std::string(kAuthenticated)}}; }
};

// The lists an operator can set; everything else is open to anyone.
struct AccessRules {
  AccessList admin_resources = AccessList::admins();  // secrets, and writing what only administrators may write
  AccessList generate_dataplane_token = AccessList::admins();
  AccessList generate_user_token = AccessList::admins();
  AccessList generate_zone_token = AccessList::admins();
  AccessList view_config_dump = AccessList::everyone();
  AccessList view_stats = AccessList::everyone();
  AccessList view_clusters = AccessList::everyone();
  AccessList control_plane_metadata = AccessList::everyone();  // GET /config
};

}  // namespace weft::cp
