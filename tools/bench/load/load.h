// Load on one address: a number of keep-alive connections, each with one request under way, closed loop (the next
// request when the answer is complete) or open loop (a fixed rate; latency counts from when a request was due). Every
// answer is checked; whatever goes wrong is counted by kind and the connection is replaced. Owned by the program; its
// thread only.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/status.h"
#include "tools/bench/load/answer.h"
#include "tools/bench/load/histogram.h"
#include "tools/bench/load/poller.h"
#include "tools/bench/load/stream.h"

namespace weft::bench {

struct LoadOptions {
  sockaddr_in target{};
  std::string host = "backend";
  uint64_t size = 128;  // asks for /size and expects as many bytes
  uint32_t connections = 32;
  uint32_t opening = 32;      // at most so many connections wait for their first answer (hold)
  uint64_t requests = 0;      // ends after so many; 0: by time or stop()
  double warmup_seconds = 0;  // requests that end earlier are checked but not measured
  double seconds = 0;         // measured time; 0: by count or stop()
  double rate = 0;            // a second, open loop; 0: closed loop
  bool reconnect = false;     // a new connection for every request
  bool tls = false;           // mutual TLS
  bool resume = false;        // with it: each connection resumes the session of the one before
  bool hold = false;          // one request a connection, then it stays open and idle until the load is destroyed
};

struct Faults {
  uint64_t connect = 0;     // could not connect
  uint64_t closed = 0;      // closed or reset before the answer was complete
  uint64_t status = 0;      // another status than 200
  uint64_t length = 0;      // another length than asked for
  uint64_t malformed = 0;   // not an HTTP/1.1 answer
  uint64_t unanswered = 0;  // no answer within the grace after the end
  uint64_t total() const { return connect + closed + status + length + malformed + unanswered; }
};

class Load {
 public:
  // `measuring` is called once, when the warm-up is over. `tls`: null when there are no certificates; outlives the
  // load.
  Load(Poller& poller, LoadOptions options, void (*measuring)(), Tls* tls = nullptr);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Does what time demands. True when the load has ended.
  bool tick();
  TimePoint next_tick() const;
  void stop();
  std::string report() const;  // one JSON object
  const Faults& faults() const { return faults_; }
  uint64_t requests() const { return latency_.count(); }

 private:
  class Connection;
  enum class Phase { kWarming, kMeasuring, kEnding, kEnded };

  void issue(Connection& connection, TimePoint due);
  void issue_due();
  void finished(Connection& connection, bool good);
  void next(Connection& connection);
  void begin_measuring();
  bool may_send() const { return phase_ == Phase::kWarming || phase_ == Phase::kMeasuring; }

  Poller& poller_;
  LoadOptions options_;
  void (*measuring_)();
  Tls* const tls_;
  std::string request_;
  std::deque<Connection> connections_;
  std::vector<Connection*> idle_;
  Phase phase_ = Phase::kWarming;
  TimePoint started_, measured_from_, ended_;
  uint64_t sent_ = 0;       // in this phase
  uint64_t scheduled_ = 0;  // open loop: requests that have been issued
  uint64_t under_way_ = 0;
  uint64_t opened_ = 0;
  uint64_t handshakes_ = 0;  // in this phase
  uint64_t resumed_ = 0;     // of them
  Histogram latency_;
  Faults faults_;
  int first_bad_status_ = 0;
};

}  // namespace weft::bench
