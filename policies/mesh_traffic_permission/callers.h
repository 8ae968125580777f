// A list of callers compiled for asking "is this one of them": whole identities in a hash table, beginnings of
// identities sorted, so that a thousand entries cost a look-up or two. Remembers for each entry which policy wrote it.
// Immutable once built; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "policies/request.h"
#include "weft/v1/common.pb.h"

namespace weft::mesh_traffic_permission {

class Callers {
 public:
  // An entry that names nobody fits nobody. `policy` outlives this. Error: which word of the match is unknown.
  Status add(const v1::Match& match, const std::string& policy);
  // After the last add().
  void seal();

  // The policy of an entry that fits; null: none does. Whole identities are tried first, then the longest beginning,
  // then server names alone.
  const std::string* find(const Peer& peer) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  template <typename Value>
  using Table = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  // Entries that agree about the identity.
  struct Entries {
    const std::string* any_server = nullptr;  // the policy of one that asks for no server name
    Table<const std::string*> by_server;
    void add(const v1::Match& match, const std::string& policy);
    const std::string* find(std::string_view server_name) const;
  };
  struct Prefix {
    std::string text;
    Entries entries;
    // Position of the longest other prefix that this one begins with; -1: none.
    int shorter = -1;
  };

  Table<Entries> exact_;
  std::vector<Prefix> prefixes_;  // sorted, each once
  Entries anybody_;               // by server name alone
};

}  // namespace weft::mesh_traffic_permission
