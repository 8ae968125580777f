// One worker: a thread, its event loop, pools, counters, and its share of every listener. The data plane owns it and
// talks to it by posting functions to its loop; but for the constructor, run() and the counters everything belongs to
// the worker's thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/net/acceptor.h"
#include "proxy/net/listening_socket.h"
#include "proxy/runtime/worker.h"
#include "proxy/upstream/upstreams.h"

namespace weft::proxy {

// A listener's address as listener_address() writes it, and this worker's socket for it.
using OpenedSocket = std::pair<std::string, ListeningSocket>;

class WorkerStack final : private SessionObserver {
 public:
  WorkerStack() = default;
  ~WorkerStack() override;

  // The thread's life: serves until close().
  void run();

  // Switches to `snapshot`: a listener keeps its acceptor as long as its address stays, gets one with the socket opened
  // for it, or stops accepting.
  void adopt(std::shared_ptr<const Snapshot> snapshot, std::vector<OpenedSocket> opened);
  void drain(bool outbound_too);
  // Stops accepting, cancels every session; run() returns when the last one has ended, or after kCloseLimit.
  void close();

  EventLoop& loop() { return worker_.loop; }
  const WorkerCounters& counters() const { return worker_.counters; }

 private:
  void on_session_ended() override;
  size_t sessions() const;
  template <typename Action>
  void for_each_acceptor(Action action);

  static constexpr std::chrono::seconds kCloseLimit{5};
  struct CloseLimit final : Timer {
    explicit CloseLimit(EventLoop& stopped) : loop(stopped) {}
    void on_timer() override;
    EventLoop& loop;
  };

  Worker worker_;
  CloseLimit close_limit_{worker_.loop};
  Upstreams upstreams_{worker_};
  std::map<std::string, std::unique_ptr<Acceptor>> acceptors_;  // by address
  std::vector<std::unique_ptr<Acceptor>> retired_;              // stopped; their sessions finish
  size_t peak_sessions_ = 0;                                    // since memory was last given back
  bool closing_ = false;
};

}  // namespace weft::proxy
