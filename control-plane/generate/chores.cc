#include "control-plane/generate/chores.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace weft::cp {

Chores::Chores(std::vector<Chore> chores, std::chrono::milliseconds at_least_every)
    : chores_(std::move(chores)), at_least_every_(at_least_every), thread_([this] { loop(); }) {
  ::pthread_setname_np(thread_.native_handle(), "chores");
}

Chores::~Chores() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Chores::wake() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(woken_, true)) return;
  }
  changed_.notify_one();
}

void Chores::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    lock.unlock();
    const SteadyTime now = std::chrono::steady_clock::now();
    SteadyTime next = now + at_least_every_;
    for (const Chore& chore : chores_) next = std::min(next, chore(now).value_or(next));
    const SteadyTime done = std::chrono::steady_clock::now();
    lock.lock();
    // Not again at once, whatever happens meanwhile; and the more a run costs the less often.
    const SteadyTime::duration rest = std::clamp<SteadyTime::duration>(kRest * (done - now), kGatherTime, kLongestRest);
    changed_.wait_until(lock, done + rest, [this] { return stopping_; });
    changed_.wait_until(lock, next, [this] { return stopping_ || woken_; });
  }
}

}  // namespace weft::cp
