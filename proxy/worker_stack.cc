#include "proxy/worker_stack.h"

#include <malloc.h>

#include <algorithm>

#include "base/log.h"

namespace weft::proxy {
namespace {

// Frames that must have gone back to the heap before it is asked to give pages back to the system: that takes a while.
constexpr size_t kBurst = 256;
// Walking through the heap, or through all sessions, is not free either.
constexpr std::chrono::seconds kReliefPause{1};
// Of the sessions, cut at a time while memory is about to run out.
constexpr size_t kCutShare = 16;

}  // namespace

WorkerStack::~WorkerStack() = default;

void WorkerStack::run() {
  while (!worker_.loop.stopping()) {
    worker_.loop.turn(std::chrono::milliseconds::max());
    worker_.counters.loop_turns.add();
    if ((worker_.buffers.oversized() || frames_oversized()) && !trim_alarm_.armed()) {
      worker_.loop.arm(trim_alarm_, worker_.loop.now() + kTrimPeriod);
    }
  }
  upstreams_.shared.close();
}

void WorkerStack::trim() {
  worker_.buffers.trim();
  if (trim_frames() >= kBurst) malloc_trim(0);
}

template <typename Action>
void WorkerStack::for_each_acceptor(Action action) {
  for (auto& [address, acceptor] : acceptors_) action(*acceptor);
  for (auto& acceptor : retired_) action(*acceptor);
}

void WorkerStack::adopt(std::shared_ptr<const Snapshot> snapshot, std::vector<OpenedSocket> opened) {
  std::erase_if(retired_, [](const auto& acceptor) { return acceptor->sessions() == 0; });
  SessionObserver& observer = *this;
  for (const uint32_t slot : snapshot->forgotten_slots) upstreams_.forget(slot);
  upstreams_.balancer.snapshot_changed();
  upstreams_.leave_other_trust(snapshot->tls == nullptr ? 0 : snapshot->tls->trust_version());
  const std::shared_ptr<const Snapshot> before = std::exchange(worker_.snapshot, snapshot);
  std::map<std::string, std::unique_ptr<Acceptor>> next;
  for (const auto& listener : snapshot->listeners) {
    std::string address = listener_address(listener->address, listener->port);
    if (const auto known = acceptors_.find(address); known != acceptors_.end()) {
      known->second->update(listener, before.get());
      next.insert(acceptors_.extract(known));
      continue;
    }
    const auto socket = std::ranges::find(opened, address, &OpenedSocket::address);
    if (socket == opened.end()) continue;
    next.emplace(std::move(address), std::make_unique<Acceptor>(worker_, upstreams_, observer, listener,
                                                                socket->socket.release(), socket->load));
  }
  for (auto& [address, acceptor] : acceptors_) {
    acceptor->stop_accepting();
    if (acceptor->sessions() > 0) retired_.push_back(std::move(acceptor));
  }
  acceptors_ = std::move(next);
  const auto trust = [](const Snapshot* of) {
    return of == nullptr || of->tls == nullptr ? 0 : of->tls->trust_version();
  };
  if (snapshot->tls == nullptr || trust(before.get()) == trust(snapshot.get())) return;
  for_each_acceptor([&](Acceptor& acceptor) { acceptor.review(*snapshot->tls); });
}

void WorkerStack::drain(bool outbound_too) {
  worker_.draining_inbound = true;
  worker_.draining_outbound |= outbound_too;
  for_each_acceptor([outbound_too](Acceptor& acceptor) {
    if (outbound_too || acceptor.current()->destination->direction == Direction::kInbound) acceptor.nudge_sessions();
  });
}

void WorkerStack::stop_accepting() {
  for_each_acceptor([](Acceptor& acceptor) { acceptor.stop_accepting(); });
}

std::vector<OpenedSocket> WorkerStack::duplicate_sockets() {
  std::vector<OpenedSocket> sockets;
  for (const auto& [address, acceptor] : acceptors_) {
    const int descriptor = acceptor->duplicate();
    if (descriptor >= 0) sockets.push_back({address, ListeningSocket(descriptor), acceptor->load()});
  }
  return sockets;
}

void WorkerStack::relieve() {
  const Pressure pressure = worker_.load->pressure();
  if (pressure == Pressure::kNone) return;
  if (pressure == Pressure::kCut) {
    size_t left = sessions() / kCutShare + 1;
    for_each_acceptor([&](Acceptor& acceptor) {
      const size_t cut = acceptor.cut_sessions(left);
      worker_.counters.connections_cut.add(cut);
      left -= cut;
    });
  }
  worker_.buffers.release_free();
  if (pressure >= Pressure::kRefuse) close_idle();
  if (worker_.loop.now() < relieved_ + kReliefPause) return;
  relieved_ = worker_.loop.now();
  trim_frames();
  malloc_trim(0);
}

// Those that have served and wait: their clients open another one when they need it.
void WorkerStack::close_idle() {
  if (closing_ || worker_.loop.now() < idle_closed_ + kReliefPause) return;
  idle_closed_ = worker_.loop.now();
  worker_.closing_idle = true;
  for_each_acceptor([](Acceptor& acceptor) { acceptor.nudge_sessions(); });
  worker_.closing_idle = false;
}

void WorkerStack::close() {
  closing_ = true;
  for_each_acceptor([](Acceptor& acceptor) {
    acceptor.stop_accepting();
    acceptor.cancel_sessions();
  });
  if (sessions() == 0) return worker_.loop.stop();
  worker_.loop.arm(close_alarm_, worker_.loop.now() + kCloseLimit);
}

void WorkerStack::give_up() {
  log_warning("stopping although connections are still being served", {});
  worker_.loop.stop();
}

size_t WorkerStack::sessions() const {
  return worker_.counters.connections_accepted.value() - worker_.counters.connections_closed.value();
}

void WorkerStack::on_session_ended() {
  if (closing_ && sessions() == 0) worker_.loop.stop();
}

}  // namespace weft::proxy
