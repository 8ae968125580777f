// The connections of one worker that many requests share (HTTP/2), by endpoint slot: few, opened when somebody wants
// one and all of them wait for it, another when the peer allows no more streams on those that are there. A connection
// that is to end takes no new request and finishes what it has. Worker's thread only.
#pragma once

#include <coroutine>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "policies/outcome.h"
#include "policies/plan.h"
#include "proxy/http2/session.h"
#include "proxy/route/route.h"
#include "proxy/runtime/connect.h"
#include "proxy/runtime/worker.h"
#include "proxy/tls/stream.h"

namespace weft::proxy {

class ConnectionShare;
class Upstreams;

// A request's share of a connection, or its wait for one. Lives in the coroutine that waits.
class Share {
 public:
  // What came of it. Neither stream nor connection, and no failure: it is to be asked over HTTP/1.1, for which each
  // request needs a connection of its own.
  Http2StreamPtr stream;
  std::unique_ptr<Connection> connection;  // the peer chose HTTP/1.1, and this was opened meanwhile
  bool reused = false;
  bool to_proxy = false;
  bool cancelled = false;
  Reason failure = Reason::kNone;
  std::string detail;

  // Ends the wait.
  void cancel();

 private:
  friend class SharedConnections;
  friend struct ShareWait;
  void* slot_ = nullptr;          // whose list it is in
  const void* wanted_ = nullptr;  // SharedConnections::Wanted, while it is in one
  bool let_down_ = false;         // what it waited for room on takes nobody any more, and another was opened
  std::coroutine_handle<> waiter_;
};

// Whether a service takes CONNECT with :protocol (RFC 8441), which its SETTINGS say.
enum class Tunnels : uint8_t { kUnknown, kTaken, kNotTaken };

class SharedConnections {
 public:
  // Of one endpoint. More would only spread the same requests.
  static constexpr size_t kMaxPerEndpoint = 8;
  // Requests that wait for one endpoint.
  static constexpr size_t kMaxWaiting = 4096;

  // What a connection is opened for.
  struct Wanted {
    const std::shared_ptr<const EndpointSet>& set;
    const Endpoint& endpoint;
    const Plan& plan;
    DestinationCounters& counters;
    uint64_t trust = 0;       // as for ConnectionPool
    uint64_t pinned = 0;      // as for ConnectionPool
    uint64_t newer_than = 0;  // newest(): only a connection that came after that
    bool tunnel = false;      // only one whose peer takes tunnels
  };

  SharedConnections(Worker& worker, Upstreams& upstreams) : worker_(worker), upstreams_(upstreams) {}
  ~SharedConnections();
  SharedConnections(const SharedConnections&) = delete;
  SharedConnections& operator=(const SharedConnections&) = delete;

  // A stream on a connection that is there. False: none has room.
  bool take(const Wanted& wanted, Share& share);
  // Waits for a connection, or for room on one; `wanted` lasts as long.
  Task<void> join(const Wanted& wanted, Share& share);
  // A connection that was to speak HTTP/1.1, and its peer chose otherwise.
  void adopt(const Wanted& wanted, std::unique_ptr<Connection> connection, Share& share);
  uint64_t newest() const { return serials_; }
  // The endpoint was last found to speak HTTP/1.1 only.
  bool speaks_http1(uint32_t slot) const { return slot < slots_.size() && slots_[slot] && slots_[slot]->http1; }

  // As far as the endpoint's connections tell.
  Tunnels tunnels(uint32_t slot) const { return open(slot) == 0 ? Tunnels::kUnknown : tunnels(*slots_[slot]); }
  // More than half of the connections it may have are there: what lasts long goes elsewhere.
  bool crowded(uint32_t slot) const { return open(slot) > kMaxPerEndpoint / 2; }

  // The slot's address is not wanted any more. `epoch`: the pool's, from now on.
  void forget(uint32_t slot, uint64_t epoch);
  // TLS connections that were opened with another trust take no new request; with 0, none of them does.
  void drain_other_trust(uint64_t trust);

  // All of them end now.
  void close();

  size_t open(uint32_t slot) const { return slot < slots_.size() && slots_[slot] ? slots_[slot]->shared.size() : 0; }

 private:
  struct Slot;
  struct Shared final : Http2Session::Keeper {
    Shared(Slot& owner, std::unique_ptr<Connection> opened, uint64_t number)
        : slot(owner), connection(std::move(opened)), serial(number) {}
    void on_request(Http2StreamPtr) override {}
    void on_refused(Http2StreamPtr, uint16_t, std::string_view) override {}
    void on_room() override { slot.owner.serve_waiting(slot); }
    bool fits(const Wanted& wanted, TimePoint now);
    bool suits(const Share& share) const {
      return serial > wanted_of(share).newer_than && (!wanted_of(share).tunnel || session->takes_tunnels());
    }

    Slot& slot;
    const std::unique_ptr<Connection> connection;
    std::unique_ptr<Http2Session> session;
    const uint64_t serial;
    bool used = false;
    bool to_proxy = false;
  };
  struct Slot {
    explicit Slot(SharedConnections& pool) : owner(pool) {}
    SharedConnections& owner;
    std::list<std::unique_ptr<Shared>> shared;
    std::vector<Share*> waiting;  // the first came first
    ConnectCancel* dialling = nullptr;
    bool http1 = false;
    uint64_t forgotten = 0;
  };
  friend class Share;
  friend struct ShareWait;

  static const Wanted& wanted_of(const Share& share) { return *static_cast<const Wanted*>(share.wanted_); }
  Slot& slot_at(uint32_t slot);
  static Tunnels tunnels(const Slot& slot);
  bool give(Shared& shared, Share& share);
  void serve_waiting(Slot& slot);
  void dial_for_waiting(Slot& slot, bool hope);
  void dial_if_needed(Slot& slot, const Wanted& wanted);
  Task<void> dial(Slot& slot, std::shared_ptr<const EndpointSet> set, Endpoint endpoint, Plan plan,
                  DestinationCounters& counters, uint64_t pinned, std::unique_ptr<ConnectionShare> share);
  bool distrusted(const Connection& connection, const EndpointSet& set) const;
  void add(Slot& slot, std::unique_ptr<Connection> connection, Nanoseconds idle_timeout);
  Task<void> keep(Shared& shared, Nanoseconds idle_timeout);
  static void resume(Share& share);
  static void fail_waiting(Slot& slot, Reason failure, const std::string& detail, bool cancelled,
                           bool tunnels_only = false);
  static void turn_tunnels_away(Slot& slot);

  Worker& worker_;
  Upstreams& upstreams_;
  std::vector<std::unique_ptr<Slot>> slots_;
  uint64_t serials_ = 0;
  bool closing_ = false;
};

}  // namespace weft::proxy
