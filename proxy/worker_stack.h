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

// This worker's socket for a listener, and what its workers count together.
struct OpenedSocket {
  std::string address;  // as listener_address() writes it
  ListeningSocket socket;
  std::shared_ptr<ListenerLoad> load;
};

class WorkerStack final : private SessionObserver {
 public:
  WorkerStack(const Limits& limits, std::shared_ptr<ProcessLoad> load) : worker_(limits, std::move(load)) {}
  ~WorkerStack() override;

  // The thread's life: serves until close().
  void run();

  // Switches to `snapshot`: a listener keeps its acceptor as long as its address stays, gets one with the socket opened
  // for it, or stops accepting.
  void adopt(std::shared_ptr<const Snapshot> snapshot, std::vector<OpenedSocket> opened);
  void drain(bool outbound_too);
  // Stops accepting, cancels every session; run() returns when the last one has ended, or after kCloseLimit.
  void close();
  // Listening sockets close, connections go on.
  void stop_accepting();
  // Descriptors of their own for what it listens on, by address.
  std::vector<OpenedSocket> duplicate_sockets();
  // Memory is short: gives back what is not needed, and, as the pressure is, closes idle connections or cuts some.
  void relieve();

  EventLoop& loop() { return worker_.loop; }
  const WorkerCounters& counters() const { return worker_.counters; }
  const BufferPool& buffers() const { return worker_.buffers; }

 private:
  void on_session_ended() override;
  void on_shortage() override { close_idle(); }
  void close_idle();
  size_t sessions() const;
  template <typename Action>
  void for_each_acceptor(Action action);

  static constexpr std::chrono::seconds kCloseLimit{5};
  // Memory that was not needed for so long goes back to the system.
  static constexpr std::chrono::seconds kTrimPeriod{1};
  // Calls a member function when its time has come.
  struct Alarm final : Timer {
    Alarm(WorkerStack& owner, void (WorkerStack::*action)()) : stack(owner), call(action) {}
    void on_timer() override { (stack.*call)(); }
    WorkerStack& stack;
    void (WorkerStack::*const call)();
  };
  void trim();
  void give_up();

  Worker worker_;
  Alarm trim_alarm_{*this, &WorkerStack::trim};
  Alarm close_alarm_{*this, &WorkerStack::give_up};
  Upstreams upstreams_{worker_};
  std::map<std::string, std::unique_ptr<Acceptor>> acceptors_;  // by address
  std::vector<std::unique_ptr<Acceptor>> retired_;              // stopped; their sessions finish
  bool closing_ = false;
  TimePoint relieved_{};
  TimePoint idle_closed_{};
};

}  // namespace weft::proxy
