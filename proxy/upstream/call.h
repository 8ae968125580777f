// One request's way to a service: acts on the Plan. Picks endpoints, takes or opens connections, lets the protocol make
// attempts, repeats them as the retry rule says. Knows nothing of HTTP/1 or HTTP/2. Part of one exchange; worker's
// thread only.
#pragma once

#include <memory>
#include <string>

#include "proxy/http2/stream.h"
#include "proxy/runtime/connect.h"
#include "proxy/runtime/connection.h"
#include "proxy/runtime/retry_budget.h"
#include "proxy/runtime/sleep.h"
#include "proxy/runtime/task.h"
#include "proxy/runtime/worker.h"
#include "proxy/upstream/breaker.h"
#include "proxy/upstream/retry.h"
#include "proxy/upstream/stream_limits.h"
#include "proxy/upstream/upstreams.h"

namespace weft::proxy {

// What one request is sent on: a connection of HTTP/1.1 lent to it alone, or a stream of one of HTTP/2.
struct Lease {
  std::unique_ptr<Connection> connection;
  Http2StreamPtr stream;
  uint32_t slot = 0;
  bool reused = false;    // the connection has served before
  bool to_proxy = false;  // a proxy of the mesh is at the other end of the stream
  InFlight counted;       // from the choice of the instance to the end of the answer
  UsageShare request;     // the same, but for the time it waits for another's connection
  uint64_t pinned = 0;    // ConnectionPool::epoch() when the request began

  explicit operator bool() const { return connection != nullptr || stream != nullptr; }
  void reset() {
    connection.reset();
    stream.reset();
    counted.reset();
    request.reset();
  }
};

// Back to the pool, for as long as the plan lets connections idle and live.
void give_back(Lease& lease, ConnectionPool& pool, const Plan& plan, TimePoint now);

// The protocol's part of one try: sends the request, waits for the head of an answer.
class Attempt {
 public:
  // A failed attempt has let go of what it was sent on, an answered one still reads its body from it.
  virtual Task<AttemptResult> attempt(Lease& lease) = 0;
  // A deadline has passed, or the exchange is over: attempt() ends soon.
  virtual void interrupt() = 0;
  // The whole request can be sent again.
  virtual bool replayable() const = 0;
  // Forgets the answer, which will not be used. True: the connection can serve another request.
  virtual bool discard_answer(Lease& lease) = 0;
  virtual const HeaderSource& request_headers() const = 0;
  virtual const HeaderSource& answer_headers() const = 0;

 protected:
  ~Attempt() = default;
};

struct CallResult {
  // kNone: the answer's head is there and `lease` is where its body comes from.
  Reason failure = Reason::kNone;
  // Retries were used up; `failure`, or the answer, is the last cause.
  bool exhausted = false;
  uint32_t attempts = 0;
  Lease lease;
  std::string detail;         // more about a failure to connect
  std::string_view withheld;  // which limit forbade another try; empty: none
};

// What is asked, as far as the way there depends on it.
struct Asked {
  std::string_view method;
  Protocol protocol = Protocol::kHttp1;  // of the destination
  bool upgrade = false;                  // another protocol is to follow
  bool http1_upgrade = false;            // in a way that only HTTP/1.1 can ask for
};

class Call {
 public:
  Call(Worker& worker, Upstreams& upstreams, uint32_t counters_slot, StreamLimits& limits)
      : worker_(worker),
        upstreams_(upstreams),
        counters_(worker.counters.at(counters_slot)),
        counters_slot_(counters_slot),
        limits_(limits),
        pinned_(upstreams.pool.epoch()) {}

  Task<CallResult> run(const Route& route, const Plan& plan, const Asked& asked, Attempt& attempt);

  // Whatever it waits for ends now. kPerTryTimeout ends the attempt, anything else the call.
  void interrupt(Reason why);

 private:
  using SetPointer = std::shared_ptr<const EndpointSet>;
  const Endpoint* pick_endpoint(const Backend& backend, const Plan& plan, const Tried& tried);
  SharedConnections::Wanted begin_try(const SetPointer& set, const Endpoint& endpoint, const Plan& plan,
                                      const Asked& asked, CallResult& result);
  bool take(const SharedConnections::Wanted& wanted, const Asked& asked, Lease& lease);
  Task<AttemptResult> obtain(const SharedConnections::Wanted& wanted, const Asked& asked, CallResult& result);
  Task<AttemptResult> admit(const SharedConnections::Wanted& wanted, CallResult& call,
                            std::unique_ptr<ConnectionShare>& share);
  Task<AttemptResult> open(const SharedConnections::Wanted& wanted, TlsApplication application, CallResult& call);
  Task<AttemptResult> join(const SharedConnections::Wanted& wanted, CallResult& call);
  AttemptResult accept(Share& share, CallResult& call) const;
  Breaker breaker(const SharedConnections::Wanted& wanted) const {
    return {worker_, counters_, *wanted.set, wanted.plan};
  }
  bool may_retry(const SharedConnections::Wanted& wanted, bool asked_somebody, RetryBudget* budget,
                 UsageShare& retrying, Repeat& repeat, std::string_view& withheld);
  Task<Reason> await_retry(const SharedConnections::Wanted& wanted, RetryState& retry, std::chrono::nanoseconds delay,
                           UsageShare& retrying);
  AttemptResult ended() const;
  static AttemptResult overflow();

  Worker& worker_;
  Upstreams& upstreams_;
  DestinationCounters& counters_;
  const uint32_t counters_slot_;
  StreamLimits& limits_;
  const uint64_t pinned_;
  Reason over_ = Reason::kNone;  // the call has ended, and why
  bool only_fresh_ = false;      // the next attempt goes to the same endpoint, not on what was there before
  bool refused_ = false;         // the last one met a limit of streams, or a connection about to end
  Attempt* in_use_ = nullptr;    // waits for an answer
  ConnectCancel* connecting_ = nullptr;
  Share* joining_ = nullptr;
  ConnectionPool::Turn* waiting_ = nullptr;
  Sleep* sleeping_ = nullptr;
};

}  // namespace weft::proxy
