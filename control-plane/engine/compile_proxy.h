// From a World to what one proxy runs on. compile_proxy is a function of its arguments: the Memo only spares work that
// was done before for the same inputs, and forgets what nobody uses any more. Owned by whoever serves proxies; one Memo
// belongs to one thread, the results to any.
#pragma once

#include <cstdint>
#include <memory>

#include "base/status.h"
#include "control-plane/engine/compiled_item.h"
#include "control-plane/store/world.h"
#include "policies/match.h"

namespace weft::cp {

// How often something was really computed, since the Memo was made.
struct CompileCounters {
  uint64_t proxies = 0;       // item lists put together; not where no input of the proxy changed
  uint64_t listeners = 0;     // ListenerSets
  uint64_t destinations = 0;  // Destinations, outbound and inbound
  uint64_t endpoints = 0;     // EndpointSets
  uint64_t identities = 0;    // WorkloadIdentities
  uint64_t trusts = 0;        // TrustDomains
  uint64_t units = 0;         // policy confs merged for one place
  uint64_t indexes = 0;       // tables indexed
};

class Memo {
 public:
  // With shadow policies included: what a proxy would get if they were in force.
  explicit Memo(Shadow shadow = Shadow::kIgnore);
  ~Memo();
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;

  const CompileCounters& counters() const;

 private:
  friend Result<ProxyItemsPtr> compile_proxy(const World&, const ResourceKey&, Memo&);
  struct State;
  std::unique_ptr<State> state_;
};

// `dataplane` names a Dataplane. The same pointer as the last time when nothing the proxy depends on has changed.
// Error: not_found when there is no such Dataplane in `world`.
Result<ProxyItemsPtr> compile_proxy(const World& world, const ResourceKey& dataplane, Memo& memo);

}  // namespace weft::cp
