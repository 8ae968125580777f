#include "proxy/upstream/pool.h"

#include <algorithm>
#include <utility>

namespace weft::proxy {
namespace {

// How late an expired connection may be closed.
constexpr auto kSweepInterval = std::chrono::seconds(1);

// The last read filled its buffer, so the connection does not know whether more waits. Ask once.
bool has_unread(Connection& connection) {
  if (connection.peer_closed()) return true;
  if (!connection.maybe_readable()) return false;
  char byte;
  return !connection.try_read({&byte, 1}).would_block;
}

}  // namespace

// Each that ends asks for its slot.
ConnectionPool::~ConnectionPool() {
  for (const std::unique_ptr<Slot>& slot : slots_) {
    if (slot != nullptr) slot->idle.clear();
  }
}

void ConnectionPool::Turn::cancel() {
  if (pool_ == nullptr) return;
  cancelled = true;
  std::erase(pool_->slot_at(slot_).waiting, this);
  std::erase(pool_->called_, this);
  ConnectionPool::resume(*this);
}

void ConnectionPool::resume(Turn& turn) {
  turn.pool_ = nullptr;
  if (turn.waiter_) std::exchange(turn.waiter_, nullptr).resume();
}

void ConnectionPool::queue(uint32_t slot, uint64_t trust, uint64_t pinned, Turn& turn) {
  turn.pool_ = this;
  turn.slot_ = slot;
  turn.trust_ = trust;
  turn.pinned_ = pinned;
  slot_at(slot).waiting.push_back(&turn);
}

void ConnectionPool::call(Turn& turn) {
  std::erase(slot_at(turn.slot_).waiting, &turn);
  called_.push_back(&turn);
  if (!waker_.armed()) loop_.arm(waker_, loop_.now());
}

void ConnectionPool::resume_next() {
  for (size_t left = called_.size(); left > 0 && !called_.empty(); --left) {
    Turn& turn = *called_.front();
    called_.pop_front();
    resume(turn);
  }
  if (!called_.empty() && !waker_.armed()) loop_.arm(waker_, loop_.now());
}

void ConnectionPool::ended(uint32_t slot) {
  Slot& of = slot_at(slot);
  --of.open;
  if (!of.waiting.empty()) call(*of.waiting.front());
}

// To the first who may have it; else it ends.
void ConnectionPool::hand_on(Slot& slot, std::unique_ptr<Connection> connection) {
  for (Turn* const turn : slot.waiting) {
    if (turn->trust_ != connection->trust_version() || slot.forgotten > turn->pinned_) continue;
    turn->connection = std::move(connection);
    return call(*turn);
  }
}

ConnectionPool::Slot& ConnectionPool::slot_at(uint32_t slot) {
  if (slot >= slots_.size()) slots_.resize(slot + 1);
  if (slots_[slot] == nullptr) slots_[slot] = std::make_unique<Slot>(loop_);
  return *slots_[slot];
}

std::unique_ptr<Connection> ConnectionPool::take(uint32_t slot, uint64_t trust) {
  Slot& idle = slot_at(slot);
  while (!idle.idle.empty()) {
    const bool expired = idle.idle.back().expires <= loop_.now();
    std::unique_ptr<Connection> connection = std::move(idle.idle.back().connection);
    idle.idle.pop_back();
    connection->set_idle_callback(nullptr, nullptr);
    if (!expired && !connection->peer_closed() && connection->trust_version() == trust) return connection;
  }
  return nullptr;
}

void ConnectionPool::put(uint32_t slot, std::unique_ptr<Connection> connection, TimePoint expires, uint64_t pinned) {
  Slot& idle = slot_at(slot);
  if (idle.forgotten > pinned || expires <= loop_.now() || has_unread(*connection)) return;
  // What none of those who wait may have makes room for another.
  if (!idle.waiting.empty()) return hand_on(idle, std::move(connection));
  if (idle.idle.size() >= kMaxIdlePerEndpoint) idle.idle.erase(idle.idle.begin());
  connection->set_idle_callback(&ConnectionPool::on_idle_event, &idle);
  const auto limit = idle.limit.limit(loop_.now());
  if (limit != IdleLimit::Duration::max()) expires = std::min(expires, loop_.now() + limit);
  idle.idle.push_back({std::move(connection), expires, loop_.now()});
  if (expires != kNever && !armed()) loop_.arm(*this, loop_.now() + kSweepInterval);
}

void ConnectionPool::close_idle(uint32_t slot) {
  Slot& idle = slot_at(slot);
  idle.idle.clear();
  idle.limit = {};
  idle.forgotten = ++epoch_;
}

void ConnectionPool::close_other_trust(uint64_t trust) {
  for (const std::unique_ptr<Slot>& slot : slots_) {
    if (slot == nullptr) continue;
    std::erase_if(slot->idle, [&](const Idle& idle) {
      const uint64_t own = idle.connection->trust_version();
      return own != 0 && own != trust;
    });
  }
}

void ConnectionPool::on_timer() {
  bool expiring = false;
  for (const std::unique_ptr<Slot>& slot : slots_) {
    if (slot == nullptr) continue;
    std::erase_if(slot->idle, [&](const Idle& idle) { return idle.expires <= loop_.now(); });
    expiring = expiring || std::any_of(slot->idle.begin(), slot->idle.end(),
                                       [](const Idle& idle) { return idle.expires != kNever; });
  }
  if (expiring) loop_.arm(*this, loop_.now() + kSweepInterval);
}

void ConnectionPool::on_idle_event(void* slot, Connection& connection) {
  // The event may have been under way when its bytes were read, before the connection came here.
  if (!connection.cancelled() && !has_unread(connection)) return;
  auto& of = *static_cast<Slot*>(slot);
  const auto idle = std::find_if(of.idle.begin(), of.idle.end(),
                                 [&](const Idle& one) { return one.connection.get() == &connection; });
  if (idle == of.idle.end()) return;
  of.limit.closed_after(of.loop.now() - idle->since, of.loop.now());
  of.idle.erase(idle);
}

}  // namespace weft::proxy
