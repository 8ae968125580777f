#include "proxy/data_plane.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <latch>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "base/text.h"
#include "proxy/net/listening_socket.h"
#include "proxy/worker_stack.h"

namespace weft::proxy {
namespace {

// Signals are the control thread's business.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// What happens when the last worker has switched.
struct Activation {
  Activation(size_t workers, absl::AnyInvocable<void()> function) : waiting(workers), active(std::move(function)) {}
  std::atomic<size_t> waiting;
  absl::AnyInvocable<void()> active;

  void worker_switched() {
    if (waiting.fetch_sub(1, std::memory_order_acq_rel) == 1 && active) active();
  }
};

class ThreadedDataPlane final : public DataPlane {
 public:
  ThreadedDataPlane(unsigned workers, const Limits& limits, const std::shared_ptr<ProcessLoad>& load)
      : limits_(limits) {
    const SignalsBlocked blocked;
    for (unsigned i = 0; i < workers; ++i) {
      WorkerStack* stack = stacks_.emplace_back(std::make_unique<WorkerStack>(limits, load)).get();
      threads_.emplace_back([stack, i] {
        pthread_setname_np(pthread_self(), cat("weft-worker-", i).c_str());
        stack->run();
      });
    }
  }
  ~ThreadedDataPlane() override { stop(); }

  Status open_listeners(const Snapshot& snapshot) override;
  void publish(std::shared_ptr<const Snapshot> snapshot, absl::AnyInvocable<void()> active) override;
  void drain_inbound() override { drain(false); }
  void drain_all() override { drain(true); }
  void inherit(SocketsByAddress sockets) override { inherited_ = std::move(sockets); }
  SocketsByAddress duplicate_sockets() override;
  void stop_accepting() override;
  void relieve() override;
  const Limits& limits() const override { return limits_; }
  BufferBytes buffers() const override;
  uint64_t open_connections() const override;
  uint64_t active_exchanges() const override;
  std::vector<const WorkerCounters*> counters() const override;
  void stop() override;

 private:
  using Loads = std::map<std::string, std::shared_ptr<ListenerLoad>>;
  void drain(bool outbound_too);
  void wait_for_workers();
  Result<std::vector<ListeningSocket>> open(const std::string& address, const Listener& listener);
  std::vector<OpenedSocket> opened_for(size_t worker, const std::set<std::string>& addresses, const Loads& loads);

  const Limits limits_;
  std::vector<std::unique_ptr<WorkerStack>> stacks_;
  std::vector<std::thread> threads_;
  std::set<std::string> published_;  // addresses the workers accept on
  std::set<std::string> closing_;    // that they were told to close
  SocketsByAddress opened_;          // not published yet
  SocketsByAddress inherited_;       // of a process whose place this one takes
};

Status ThreadedDataPlane::open_listeners(const Snapshot& snapshot) {
  SocketsByAddress opened;
  std::set<std::string> seen;
  for (const auto& listener : snapshot.listeners) {
    std::string address = listener_address(listener->address, listener->port);
    if (!seen.insert(address).second) return invalid(cat(address, ": two listeners have this address"));
    if (published_.contains(address) || opened_.contains(address)) continue;
    // Our own socket of an earlier snapshot may still hold it.
    if (closing_.contains(address)) wait_for_workers();
    auto sockets = open(address, *listener);
    if (!sockets.ok()) return sockets.status();
    opened.emplace(std::move(address), std::move(*sockets));
  }
  opened_.merge(opened);
  return ok();
}

Result<std::vector<ListeningSocket>> ThreadedDataPlane::open(const std::string& address, const Listener& listener) {
  const auto inherited = inherited_.find(address);
  if (inherited == inherited_.end()) {
    return open_listening_sockets(listener.address, listener.port, static_cast<unsigned>(stacks_.size()));
  }
  std::vector<ListeningSocket> sockets = std::move(inherited->second);
  inherited_.erase(inherited);
  // More workers than sockets: some share one.
  for (size_t i = 0; sockets.size() < stacks_.size(); ++i) {
    const int descriptor = fcntl(sockets[i].descriptor(), F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0) return errno_status(address, errno);
    sockets.emplace_back(descriptor);
  }
  return sockets;
}

SocketsByAddress ThreadedDataPlane::duplicate_sockets() {
  std::vector<std::vector<OpenedSocket>> duplicates(stacks_.size());
  std::latch made(static_cast<ptrdiff_t>(stacks_.size()));
  for (size_t i = 0; i < stacks_.size(); ++i) {
    stacks_[i]->loop().post([stack = stacks_[i].get(), &mine = duplicates[i], &made] {
      mine = stack->duplicate_sockets();
      made.count_down();
    });
  }
  made.wait();
  SocketsByAddress sockets;
  for (std::vector<OpenedSocket>& mine : duplicates) {
    for (OpenedSocket& opened : mine) sockets[opened.address].push_back(std::move(opened.socket));
  }
  return sockets;
}

void ThreadedDataPlane::stop_accepting() {
  for (auto& stack : stacks_) {
    stack->loop().post([stack = stack.get()] { stack->stop_accepting(); });
  }
}

void ThreadedDataPlane::relieve() {
  for (auto& stack : stacks_) {
    stack->loop().post([stack = stack.get()] { stack->relieve(); });
  }
}

DataPlane::BufferBytes ThreadedDataPlane::buffers() const {
  BufferBytes bytes;
  for (const auto& stack : stacks_) {
    const uint64_t free = stack->buffers().free_bytes();
    const uint64_t mapped = stack->buffers().mapped_bytes();
    bytes.free += free;
    bytes.lent += mapped - std::min(free, mapped);
  }
  return bytes;
}

void ThreadedDataPlane::wait_for_workers() {
  std::latch reached(static_cast<ptrdiff_t>(stacks_.size()));
  for (auto& stack : stacks_) stack->loop().post([&reached] { reached.count_down(); });
  reached.wait();
  closing_.clear();
}

std::vector<OpenedSocket> ThreadedDataPlane::opened_for(size_t worker, const std::set<std::string>& addresses,
                                                        const Loads& loads) {
  std::vector<OpenedSocket> mine;
  for (auto& [address, sockets] : opened_) {
    if (addresses.contains(address)) mine.push_back({address, std::move(sockets[worker]), loads.at(address)});
  }
  return mine;
}

void ThreadedDataPlane::publish(std::shared_ptr<const Snapshot> snapshot, absl::AnyInvocable<void()> active) {
  std::set<std::string> addresses;
  for (const auto& listener : snapshot->listeners) {
    addresses.insert(listener_address(listener->address, listener->port));
  }
  for (const std::string& address : published_) {
    if (!addresses.contains(address)) closing_.insert(address);
  }
  Loads loads;
  for (const auto& [address, sockets] : opened_) loads[address] = std::make_shared<ListenerLoad>();
  auto activation = std::make_shared<Activation>(stacks_.size(), std::move(active));
  for (size_t i = 0; i < stacks_.size(); ++i) {
    WorkerStack* stack = stacks_[i].get();
    stack->loop().post([stack, snapshot, activation, opened = opened_for(i, addresses, loads)]() mutable {
      stack->adopt(std::move(snapshot), std::move(opened));
      activation->worker_switched();
    });
  }
  // Sockets of a snapshot that was opened but never published close here.
  opened_.clear();
  published_ = std::move(addresses);
}

void ThreadedDataPlane::drain(bool outbound_too) {
  for (auto& stack : stacks_) {
    stack->loop().post([stack = stack.get(), outbound_too] { stack->drain(outbound_too); });
  }
}

std::vector<const WorkerCounters*> ThreadedDataPlane::counters() const {
  std::vector<const WorkerCounters*> all;
  for (const auto& stack : stacks_) all.push_back(&stack->counters());
  return all;
}

uint64_t ThreadedDataPlane::open_connections() const {
  uint64_t open = 0;
  for (const auto& stack : stacks_) {
    // The end before the beginning: what happens between the two reads must not make it negative.
    const uint64_t closed = stack->counters().connections_closed.value();
    open += stack->counters().connections_accepted.value() - closed;
  }
  return open;
}

uint64_t ThreadedDataPlane::active_exchanges() const {
  uint64_t active = 0;
  for (const auto& stack : stacks_) {
    const uint64_t ended = stack->counters().exchanges_ended.value();
    active += stack->counters().exchanges_started.value() - ended;
  }
  return active;
}

void ThreadedDataPlane::stop() {
  if (threads_.empty()) return;
  for (auto& stack : stacks_) {
    stack->loop().post([stack = stack.get()] { stack->close(); });
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  opened_.clear();
}

}  // namespace

Result<std::unique_ptr<DataPlane>> DataPlane::start(const Options& options) {
  if (options.workers == 0) return invalid("workers: must be at least 1");
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0) descriptors.rlim_cur = 1024;
  return std::make_unique<ThreadedDataPlane>(options.workers, effective_limits(options.limits, descriptors.rlim_cur),
                                             options.load ? options.load : std::make_shared<ProcessLoad>());
}

}  // namespace weft::proxy
