// Dataplanes that exist because a proxy brought them along: they are removed some time after its last stream has
// closed. A proxy that is back in time keeps its Dataplane, and nothing is removed because the control plane stops.
// Thread-safe.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "control-plane/resource/resource.h"
#include "control-plane/serve/progress.h"
#include "control-plane/store/store.h"

namespace weft::cp {

class Registrations {
 public:
  Registrations(Store& store, std::chrono::milliseconds delay);

  // A stream for this Dataplane is being opened; `left` must follow one day.
  void arrived(const ResourceKey& dataplane);
  // It is closed, or was refused. `brought_along`: the Dataplane came with it.
  void left(const ResourceKey& dataplane, bool brought_along, SteadyTime now);

  // Removes what is due. Blocks on the store. Returns when to come back; nullopt: nothing waits.
  std::optional<SteadyTime> remove_due(SteadyTime now);

 private:
  struct Entry {
    int streams = 0;
    std::optional<SteadyTime> remove_at;
  };
  Store& store_;
  const std::chrono::milliseconds delay_;
  // Held while removing: a proxy that comes back at that moment registers after the removal, not before it.
  std::mutex mutex_;
  std::map<ResourceKey, Entry> entries_;
};

}  // namespace weft::cp
