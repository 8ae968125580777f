#include "proxy/upstream/balancer.h"

#include <algorithm>

namespace weft::proxy {
namespace {

// Rotations of sets that left the configuration stay until so many have gathered.
constexpr size_t kMaxRotations = 4096;

}  // namespace

const Backend* pick_backend(const Route& route, Random& random) {
  if (route.backends.size() == 1) return route.backends.data();
  uint64_t total = 0;
  for (const Backend& backend : route.backends) total += backend.weight;
  uint64_t point = random.below(total);
  for (const Backend& backend : route.backends) {
    if (point < backend.weight) return &backend;
    point -= backend.weight;
  }
  return nullptr;
}

Balancer::Rotation& Balancer::rotation_of(const EndpointSet& set) {
  if (rotations_.size() > kMaxRotations) rotations_.clear();
  Rotation& rotation = rotations_[&set];
  if (rotation.size != set.endpoints.size()) {
    rotation.size = set.endpoints.size();
    // Many proxies start at once; they should not all start with the first endpoint.
    rotation.next = random_.below(rotation.size);
    rotation.equal = std::all_of(set.endpoints.begin(), set.endpoints.end(),
                                 [&](const Endpoint& endpoint) { return endpoint.weight == set.endpoints[0].weight; });
    rotation.credits.assign(rotation.equal ? 0 : rotation.size, 0);
  }
  return rotation;
}

const Endpoint& Balancer::turn(const EndpointSet& set, Rotation& rotation) {
  if (rotation.equal || rotation.credits.size() != set.endpoints.size()) {
    rotation.next = rotation.next + 1 < rotation.size ? rotation.next + 1 : 0;
    return set.endpoints[rotation.next];
  }
  // Everyone earns its weight, the richest pays the total: an endpoint's turns are spread out.
  int64_t total = 0;
  size_t richest = 0;
  for (size_t i = 0; i < set.endpoints.size(); ++i) {
    rotation.credits[i] += set.endpoints[i].weight;
    total += set.endpoints[i].weight;
    if (rotation.credits[i] > rotation.credits[richest]) richest = i;
  }
  rotation.credits[richest] -= total;
  return set.endpoints[richest];
}

const Endpoint* Balancer::pick(const EndpointSet& set, const Tried& tried) {
  if (set.endpoints.empty()) return nullptr;
  if (set.endpoints.size() == 1) return set.endpoints.data();
  Rotation& rotation = rotation_of(set);
  const Endpoint* endpoint = &turn(set, rotation);
  for (size_t i = 1; i < set.endpoints.size() && !tried.empty() && tried.contains(*endpoint); ++i) {
    endpoint = &turn(set, rotation);
  }
  return endpoint;
}

}  // namespace weft::proxy
