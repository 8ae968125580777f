// What it costs to pick an endpoint: nanoseconds a pick, by algorithm and number of endpoints, and what the tables of
// the hashing ones take. Prints a table for docs/benchmarks.md; nothing is measured over a network.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/key_hash.h"
#include "base/text.h"
#include "proxy/upstream/balancer.h"

namespace weft::proxy {
namespace {

using Algorithm = BalanceRule::Algorithm;
constexpr int kPicks = 2'000'000;

EndpointSet set_of(size_t count, bool weighted) {
  EndpointSet set;
  for (size_t i = 0; i < count; ++i) {
    Endpoint endpoint;
    endpoint.address = *SocketAddress::parse(cat("10.0.", i / 250, ".", i % 250 + 1), 8080);
    endpoint.slot = static_cast<uint32_t>(i);
    endpoint.weight = weighted ? 1 + static_cast<uint32_t>(i % 7) : 1;
    set.endpoints.push_back(std::move(endpoint));
  }
  return set;
}

double nanoseconds_since(std::chrono::steady_clock::time_point start) {
  return static_cast<double>((std::chrono::steady_clock::now() - start).count());
}

void measure(const char* name, Algorithm algorithm, size_t count, bool weighted) {
  const EndpointSet set = set_of(count, weighted);
  BalanceRule rule;
  rule.algorithm = algorithm;
  const auto started = std::chrono::steady_clock::now();
  const auto tables = make_hash_tables(set, &rule);
  const double making = nanoseconds_since(started) / 1e6;
  Random random(7);
  HealthTable health;
  Balancer balancer(random, health);
  PickContext context;
  context.rule = &rule;
  context.tables = tables.get();
  uint64_t sum = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kPicks; ++i) {
    if (tables != nullptr) context.hash = mix64(static_cast<uint64_t>(i));
    const Endpoint* const picked = balancer.pick(set, context);
    const InFlight busy(health, picked->slot);
    sum += picked->slot;
  }
  const double each = nanoseconds_since(start) / kPicks;
  std::printf("| %-22s | %6zu | %8.0f | %8.1f | %8.2f |\n", name, count, each,
              tables == nullptr ? 0.0 : static_cast<double>(tables->memory()) / 1024, tables == nullptr ? 0 : making);
  if (sum == 1) std::abort();  // the picks are used
}

}  // namespace
}  // namespace weft::proxy

int main() {
  using weft::proxy::Algorithm;
  std::printf("| algorithm              | of     | ns       | KiB      | ms made  |\n|---|---|---|---|---|\n");
  for (const size_t count : {3, 100, 5000}) {
    weft::proxy::measure("round robin", Algorithm::kRoundRobin, count, false);
    weft::proxy::measure("round robin, weights", Algorithm::kRoundRobin, count, true);
    weft::proxy::measure("random", Algorithm::kRandom, count, false);
    weft::proxy::measure("least request", Algorithm::kLeastRequest, count, false);
    weft::proxy::measure("least request, weights", Algorithm::kLeastRequest, count, true);
    weft::proxy::measure("ring hash", Algorithm::kRingHash, count, false);
    weft::proxy::measure("Maglev", Algorithm::kMaglev, count, false);
  }
  return 0;
}
