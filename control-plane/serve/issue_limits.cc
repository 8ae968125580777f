#include "control-plane/serve/issue_limits.h"

#include <algorithm>

namespace weft::cp {
namespace {

using Milliseconds = IssueLimits::Milliseconds;

// Rounded up: who comes back when it was told to is let in.
Milliseconds until(SteadyTime when, SteadyTime now) { return std::chrono::ceil<Milliseconds>(when - now); }

}  // namespace

IssueLimits::Answer IssueLimits::admit(const ResourceKey& key, SteadyTime now) {
  if (proxies_.size() >= sweep_at_) sweep(now);
  Proxy& proxy = proxies_.try_emplace(key, Proxy{.filled = now, .not_before = now}).first->second;
  const double gained = std::chrono::duration<double, std::milli>(now - proxy.filled) / kOneEvery;
  proxy.tokens = std::min<double>(kBurst, proxy.tokens + gained);
  proxy.filled = now;
  if (proxy.not_before > now) return {Verdict::kBackingOff, until(proxy.not_before, now)};
  if (proxy.tokens < 1) {
    const auto missing = std::chrono::duration<double, std::milli>(kOneEvery) * (1 - proxy.tokens);
    return {Verdict::kTooOften, std::chrono::ceil<Milliseconds>(missing) + Milliseconds(1)};
  }
  proxy.tokens -= 1;
  return {};
}

IssueLimits::Answer IssueLimits::try_authority(const ResourceKey& identity, SteadyTime now) {
  const auto found = authorities_.find(identity);
  if (found == authorities_.end() || found->second.failing.size() < kFailingProxies) return {};
  if (found->second.next_probe > now) return {Verdict::kAuthorityFails, until(found->second.next_probe, now)};
  found->second.next_probe = now + kProbeEvery;
  return {};
}

void IssueLimits::forgive(const std::string& mesh, SteadyTime now) {
  std::erase_if(authorities_, [&](const auto& entry) { return entry.first.mesh == mesh; });
  for (auto& [key, proxy] : proxies_) {
    if (key.mesh != mesh) continue;
    proxy.failures = 0;
    proxy.not_before = std::min(proxy.not_before, now);
  }
}

void IssueLimits::succeeded(const ResourceKey& proxy, const ResourceKey& identity) {
  if (const auto found = proxies_.find(proxy); found != proxies_.end()) found->second.failures = 0;
  authorities_.erase(identity);
}

IssueLimits::Failure IssueLimits::failed(const ResourceKey& key, const ResourceKey& identity, SteadyTime now) {
  Authority& authority = authorities_[identity];
  const bool is_first = authority.failing.empty();
  // More than these are not told apart, however many proxies there are.
  if (authority.failing.size() < kFailingProxies && authority.failing.insert(key).second &&
      authority.failing.size() == kFailingProxies) {
    authority.next_probe = now + kProbeEvery;
  }
  Proxy& proxy = proxies_.try_emplace(key, Proxy{.filled = now}).first->second;
  const int doublings = std::min(proxy.failures++, 10);
  const Milliseconds longest = std::min(kFirstBackOff * (1 << doublings), kLongestBackOff);
  // Between half and all of it, so that those who failed together do not come back together.
  const Milliseconds wait = longest / 2 + Milliseconds(random_.below(static_cast<uint64_t>(longest.count() / 2)));
  proxy.not_before = now + wait;
  return {wait, is_first};
}

// Forgets who could ask as often as somebody new.
void IssueLimits::sweep(SteadyTime now) {
  std::erase_if(proxies_, [&](const auto& entry) {
    const Proxy& proxy = entry.second;
    return proxy.not_before <= now && now - proxy.filled >= kBurst * kOneEvery &&
           (proxy.failures == 0 || now - proxy.not_before >= kLongestBackOff);
  });
  sweep_at_ = 2 * proxies_.size() + 1024;
}

}  // namespace weft::cp
