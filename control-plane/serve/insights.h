// What is known of each proxy's connections: when, how many updates, which versions. Kept in memory beside the store,
// never in it: at ten thousand proxies the counters would otherwise be most of what is written, and every write would
// look like a change of configuration. A restarted control plane starts counting anew as its proxies reconnect.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control-plane/resource/resource.h"

namespace weft::v1 {
class DataplaneInsight;
}

namespace weft::cp {

class Insights {
 public:
  // `instance`: this control plane process. `clock`: UTC.
  Insights(std::string instance, std::function<Time()> clock);
  ~Insights();

  void connected(const ResourceKey& dataplane, std::string_view subscription, std::string_view proxy_version);
  void disconnected(const ResourceKey& dataplane, std::string_view subscription);
  void sent(const ResourceKey& dataplane);
  void answered(const ResourceKey& dataplane, bool refused_something);
  // It was given a certificate by the MeshIdentity of this KRI.
  void certified(const ResourceKey& dataplane, std::string_view identity, std::chrono::sys_seconds now,
                 std::chrono::sys_seconds expires);
  // It shows one that somebody gave it earlier: what it says counts while nothing is known here.
  void shows(const ResourceKey& dataplane, std::string_view identity, std::chrono::sys_seconds since,
             std::chrono::sys_seconds expires);
  void shows_none(const ResourceKey& dataplane);
  // The Dataplane is no more.
  void forget(const ResourceKey& dataplane);

  // A connection of it is open.
  bool is_connected(const ResourceKey& dataplane) const;
  // Null when it never connected. Whom it believes is known elsewhere (with_trusts).
  std::shared_ptr<const v1::DataplaneInsight> find(std::string_view mesh, std::string_view name) const;

 private:
  struct Connection {
    std::string id;
    std::string proxy_version;
    Time connected{};
    Time disconnected{};
    Time last_update{};
    uint64_t sent = 0;
    uint64_t acknowledged = 0;
    uint64_t rejected = 0;
  };
  struct Certificate {
    std::string identity;
    std::chrono::sys_seconds issued{};
    std::chrono::sys_seconds expires{};
    uint32_t count = 0;
  };
  using Name = std::pair<std::string, std::string>;  // mesh, name
  // The newest connection; null when there is none.
  Connection* newest(const ResourceKey& dataplane);

  const std::string instance_;
  const std::function<Time()> clock_;
  mutable std::mutex mutex_;
  std::map<Name, std::vector<Connection>> connections_;  // oldest first
  std::map<Name, Certificate> certificates_;
};

}  // namespace weft::cp
