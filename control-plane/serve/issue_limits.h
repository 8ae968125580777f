// How often certificates may be asked for: each proxy some at once and then one now and then; a proxy for which issuing
// failed waits longer every time; and when an authority fails many proxies, only a try now and then gets through to it,
// until one works. Time is an argument. One owner at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/random.h"
#include "control-plane/resource/resource.h"
#include "control-plane/serve/progress.h"

namespace weft::cp {

class IssueLimits {
 public:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr int kBurst = 5;
  static constexpr Milliseconds kOneEvery{2000};
  static constexpr Milliseconds kFirstBackOff{5'000};
  static constexpr Milliseconds kLongestBackOff{300'000};
  // So many proxies have to fail before their authority is let alone, and this long between tries then.
  static constexpr size_t kFailingProxies = 10;
  static constexpr Milliseconds kProbeEvery{5'000};

  explicit IssueLimits(uint64_t seed) : random_(seed) {}

  enum class Verdict { kGo, kTooOften, kBackingOff, kAuthorityFails };
  struct Answer {
    Verdict verdict = Verdict::kGo;
    Milliseconds wait{0};
  };
  // May `proxy` ask now? Counts it.
  Answer admit(const ResourceKey& proxy, SteadyTime now);
  // May `identity` (a MeshIdentity) be asked to sign now?
  Answer try_authority(const ResourceKey& identity, SteadyTime now);

  // Something about the identities of a mesh changed: who failed there may try again.
  void forgive(const std::string& mesh, SteadyTime now);
  void succeeded(const ResourceKey& proxy, const ResourceKey& identity);
  // Issuing failed, and it was not the proxy's fault. How long the proxy waits; `is_first` when its authority worked
  // until now.
  struct Failure {
    Milliseconds wait{0};
    bool is_first = false;
  };
  Failure failed(const ResourceKey& proxy, const ResourceKey& identity, SteadyTime now);

 private:
  struct Proxy {
    double tokens = kBurst;
    SteadyTime filled;
    int failures = 0;
    SteadyTime not_before;
  };
  struct Authority {
    std::set<ResourceKey> failing;
    SteadyTime next_probe;
  };
  void sweep(SteadyTime now);

  Random random_;
  std::map<ResourceKey, Proxy> proxies_;
  std::map<ResourceKey, Authority> authorities_;  // those that failed last
  size_t sweep_at_ = 1024;
};

}  // namespace weft::cp
