// The idle upstream connections of one worker, by endpoint slot. The newest is used first, so few stay warm and the
// rest time out, before their peer's own time is over as far as that is known. A connection whose peer closes or sends
// unasked goes at once. Where there may be no more of them requests wait here, each for the next that comes back or for
// the end of one. Worker's thread only.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "proxy/runtime/connection.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/upstream/idle_limit.h"

namespace weft::proxy {

class ConnectionPool final : private Timer {
 public:
  // Of one endpoint; one more closes the oldest.
  static constexpr size_t kMaxIdlePerEndpoint = 1024;

  // A request's wait. Lives in the coroutine that waits.
  class Turn {
   public:
    // What came of it: a connection that served another request, or null and one may perhaps be opened.
    std::unique_ptr<Connection> connection;
    bool cancelled = false;

    // Ends the wait.
    void cancel();

    bool await_ready() const noexcept { return pool_ == nullptr; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
    void await_resume() const noexcept {}

   private:
    friend class ConnectionPool;
    ConnectionPool* pool_ = nullptr;  // null: it does not wait
    uint32_t slot_ = 0;
    uint64_t trust_ = 0;
    uint64_t pinned_ = 0;
    std::coroutine_handle<> waiter_;
  };

  explicit ConnectionPool(EventLoop& loop) : loop_(loop), waker_(*this) {}
  ~ConnectionPool() override;
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  // Null when none is idle. `trust`: the version its TLS must be of, 0 for plaintext; others go.
  std::unique_ptr<Connection> take(uint32_t slot, uint64_t trust = 0);
  // `connection` has no answer outstanding. It leaves at `expires` at the latest. `pinned`: the epoch when the request
  // pinned the configuration that gave it this slot; the slot may have been forgotten since, and is then another
  // address's next.
  void put(uint32_t slot, std::unique_ptr<Connection> connection, TimePoint expires, uint64_t pinned);
  uint64_t epoch() const { return epoch_; }

  // Then co_await turn: until a connection comes back or ends, or cancel(). Those who came first go on first.
  void queue(uint32_t slot, uint64_t trust, uint64_t pinned, Turn& turn);
  // Somebody waits for one of the slot's: who comes now is later.
  bool awaited(uint32_t slot) const {
    return slot < slots_.size() && slots_[slot] != nullptr && !slots_[slot]->waiting.empty();
  }
  // A connection that counts is about to be opened; it has ended, or was never opened.
  void began(uint32_t slot) { ++slot_at(slot).open; }
  void ended(uint32_t slot);
  // Of those.
  size_t open(uint32_t slot) const { return slot < slots_.size() && slots_[slot] ? slots_[slot]->open : 0; }

  // The slot's address is not wanted any more.
  void close_idle(uint32_t slot);
  // TLS connections that were opened with another trust go; with 0, all of them.
  void close_other_trust(uint64_t trust);

  // How long connections idle there at most; max(): nothing is known.
  std::chrono::nanoseconds idle_limit(uint32_t slot) const {
    if (slot >= slots_.size() || slots_[slot] == nullptr) return IdleLimit::Duration::max();
    return slots_[slot]->limit.limit(loop_.now());
  }
  size_t idle(uint32_t slot) const { return slot < slots_.size() && slots_[slot] ? slots_[slot]->idle.size() : 0; }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    TimePoint expires;
    TimePoint since;
  };
  struct Slot {
    explicit Slot(EventLoop& of) : loop(of) {}
    EventLoop& loop;
    std::vector<Idle> idle;  // the newest last
    uint64_t forgotten = 0;  // the epoch that began when its address was
    IdleLimit limit;         // what its address has taught
    size_t open = 0;
    std::deque<Turn*> waiting;
  };
  // Resumes those whose turn has come, from the loop: who ends a connection does not expect them.
  struct Waker final : Timer {
    explicit Waker(ConnectionPool& of) : pool(of) {}
    void on_timer() override { pool.resume_next(); }
    ConnectionPool& pool;
  };

  Slot& slot_at(uint32_t slot);
  void on_timer() override;  // closes what has expired
  static void on_idle_event(void* slot, Connection& connection);
  void hand_on(Slot& slot, std::unique_ptr<Connection> connection);
  void call(Turn& turn);
  void resume_next();
  static void resume(Turn& turn);

  EventLoop& loop_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::deque<Turn*> called_;  // they wait no longer and will be resumed
  Waker waker_;
  uint64_t epoch_ = 0;  // rises with every slot that is forgotten
};

}  // namespace weft::proxy
