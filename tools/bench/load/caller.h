// One connection of a load, whatever it speaks: opens it when a request needs it, sends, checks what comes back and
// tells the load of each request's end. What it speaks is a class of its own (make_caller). Owned by its load; its
// thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tools/bench/load/line.h"
#include "tools/bench/load/options.h"
#include "tools/bench/load/poller.h"

namespace weft::bench {

class Caller;

// Where one request at a time is under way: one a connection, more with HTTP/2.
struct Place {
  Caller* caller = nullptr;
  uint32_t number = 0;  // among those of its caller
  TimePoint due;        // when the request under way should have been sent
};

// What the callers of a load share, and whom they report to.
class Calls {
 public:
  // The request of a place has ended. A caller may be asked for the next one before this returns.
  virtual void finished(Place& place, bool good) = 0;

  Poller& poller;
  const LoadOptions options;
  Tls* const tls;  // null: plain
  Faults faults;
  int first_bad_status = 0;
  uint64_t handshakes = 0;
  uint64_t resumed = 0;

 protected:
  Calls(Poller& p, LoadOptions o, Tls* t) : poller(p), options(std::move(o)), tls(t) {}
  ~Calls() = default;
};

class Caller : public Watched {
 public:
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  // Begins a request; the outcome is told by an event, even when it is known at once.
  virtual void request(Place& place) = 0;

 protected:
  explicit Caller(Calls& calls) : calls_(calls) {}

  // Connected, and hands shaken.
  virtual void opened() = 0;
  virtual void received(std::string_view bytes) = 0;
  // What was given to the line has left.
  virtual void drained() {}
  // The connection is gone (it has been dropped already); `counter`: what to count each request under way as.
  virtual void lost(uint64_t& counter) = 0;
  // Nothing is asked for at the moment.
  virtual bool idle() const = 0;

  void open();
  void drop() { line_.reset(); }
  bool connected() const { return line_ && phase_ == Phase::kOpen; }
  bool exists() const { return line_.has_value(); }
  bool sending() const { return line_->sending(); }
  void send(std::string_view bytes);
  void fail(uint64_t& counter);
  void bad_status(int status);

  Calls& calls_;

 private:
  enum class Phase : uint8_t { kConnecting, kHandshaking, kOpen };
  void on_events(uint32_t events) override;
  void receive();
  void shake_hands();

  Phase phase_ = Phase::kConnecting;
  std::optional<Line> line_;
};

// The text of a request as all protocols send it alike: its path, and a field that fills it up to a browserless
// client's usual size.
std::string path_of(const LoadOptions& options);
std::string padding_of(const LoadOptions& options);

std::unique_ptr<Caller> make_http1_caller(Calls& calls);
std::unique_ptr<Caller> make_http2_caller(Calls& calls);  // and gRPC
std::unique_ptr<Caller> make_websocket_caller(Calls& calls);
std::unique_ptr<Caller> make_caller(Calls& calls);

}  // namespace weft::bench
