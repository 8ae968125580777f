#include "policies/mesh_load_balancing_strategy/balance_rule.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "policies/conf_times.h"
#include "policies/decimal.h"
#include "policies/mesh_load_balancing_strategy/request_hash.h"
#include "weft/v1/mesh_load_balancing_strategy.pb.h"

namespace weft::mesh_load_balancing_strategy {
namespace {

using Conf = v1::MeshLoadBalancingStrategyConf;

class MeshLoadBalancingStrategyPolicy final : public Policy {
 public:
  MeshLoadBalancingStrategyPolicy(BalanceRule rule, RequestHash hash) : rule_(rule), hash_(std::move(hash)) {}

  void prepare(Plan& plan) const override { plan.balance = &rule_; }
  // Other algorithms do not ask for a hash.
  bool judges_requests() const override { return rule_.hashes() && !hash_.empty(); }
  bool reads_source() const override { return hash_.reads_source(); }
  bool reads_headers() const override { return hash_.reads_headers(); }
  std::optional<Refusal> decide(const Request& request, Plan& plan) const override {
    plan.balance_hash = hash_.of(request, plan.answer_line);
    return std::nullopt;
  }

 private:
  const BalanceRule rule_;
  const RequestHash hash_;
};

BalanceRule::Algorithm algorithm_of(std::string_view type) {
  if (type == "LeastRequest") return BalanceRule::Algorithm::kLeastRequest;
  if (type == "Random") return BalanceRule::Algorithm::kRandom;
  if (type == "RingHash") return BalanceRule::Algorithm::kRingHash;
  if (type == "Maglev") return BalanceRule::Algorithm::kMaglev;
  return BalanceRule::Algorithm::kRoundRobin;
}

bool is_prime(uint32_t number) {
  for (uint64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return number > 1;
}

// Hand-made confs aside, validation has refused what is out of bounds before.
BalanceRule rule_of(const Conf::LoadBalancer& from) {
  BalanceRule rule;
  rule.algorithm = algorithm_of(from.type());
  if (from.least_request().has_choice_count()) rule.choice_count = std::max(from.least_request().choice_count(), 2u);
  if (from.least_request().has_active_request_bias()) {
    rule.active_request_bias = std::max(0.0, decimal(from.least_request().active_request_bias()).value_or(1.0));
  }
  const Conf::RingHash& ring = from.ring_hash();
  if (ring.hash_function() == "MurmurHash2") rule.point_hash = BalanceRule::PointHash::kMurmurHash2;
  if (ring.has_min_ring_size()) rule.min_ring_size = std::max(ring.min_ring_size(), 1u);
  if (ring.has_max_ring_size()) rule.max_ring_size = std::max(ring.max_ring_size(), 1u);
  rule.min_ring_size = std::min(rule.min_ring_size, rule.max_ring_size);
  if (from.maglev().has_table_size()) rule.table_size = prime_from(std::min(from.maglev().table_size(), 5'000'011u));
  const Conf::SlowStart& slow_start = from.slow_start();
  rule.slow_start_window = std::max(Nanoseconds(0), Nanoseconds(nanoseconds(slow_start.window())));
  if (slow_start.has_aggression()) rule.slow_start_aggression = decimal(slow_start.aggression()).value_or(1.0);
  if (rule.slow_start_aggression <= 0) rule.slow_start_aggression = 1.0;
  if (slow_start.has_min_weight_percent()) {
    rule.slow_start_min_share = std::clamp(slow_start.min_weight_percent(), 1u, 100u) / 100.0;
  }
  return rule;
}

}  // namespace

uint32_t prime_from(uint32_t number) {
  while (!is_prime(number)) ++number;
  return number;
}

Result<std::unique_ptr<const Policy>> make(std::string_view bytes, bool /*inbound*/) {
  Conf conf;
  if (!conf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return invalid("MeshLoadBalancingStrategy: the conf cannot be read");
  RequestHash hash;
  for (const Conf::HashPolicy& from : conf.hash_policies()) hash.add(from);
  return std::unique_ptr<const Policy>(
      std::make_unique<MeshLoadBalancingStrategyPolicy>(rule_of(conf.load_balancer()), std::move(hash)));
}

}  // namespace weft::mesh_load_balancing_strategy
