#include "proxy/upstream/breaker.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

std::string_view field_of(Used what) {
  switch (what) {
    case Used::kConnections: return "maxConnections";
    case Used::kPending: return "maxPendingRequests";
    case Used::kRequests: return "maxRequests";
    default: return "maxRetries";
  }
}

}  // namespace

uint32_t Breaker::limit_of(const LimitRule& rule, Used what) {
  switch (what) {
    case Used::kConnections: return rule.connections;
    case Used::kPending: return rule.pending;
    case Used::kRequests: return rule.requests;
    default: return rule.retries;
  }
}

void Breaker::report(Used what, uint32_t limit) const {
  counters.overflows[static_cast<size_t>(what)].add();
  if (worker.loop.now() < worker.quiet_about_limits_until) return;
  worker.quiet_about_limits_until = worker.loop.now() + std::chrono::seconds(1);
  log_warning("a limit of a MeshCircuitBreaker is met",
              {{"service", set.name}, {"limit", field_of(what)}, {"value", cat(limit)}});
}

ConnectionShare::~ConnectionShare() {
  share_.reset();  // first: who waits may take it
  belong_to(nullptr, 0);
}

void ConnectionShare::belong_to(ConnectionPool* pool, uint32_t slot) {
  if (pool_ != nullptr) pool_->ended(slot_);
  pool_ = pool;
  slot_ = slot;
  if (pool_ != nullptr) pool_->began(slot_);
}

std::unique_ptr<ConnectionShare> take_connection(const Breaker& breaker, bool anyway) {
  UsageShare share;
  if (!breaker.take(Used::kConnections, share)) {
    if (!anyway) return nullptr;
    share.take(breaker.set.usage, Used::kConnections, UsageShare::kNoLimit);
  }
  return std::make_unique<ConnectionShare>(std::move(share));
}

}  // namespace weft::proxy
