#include "proxy/runtime/pipe_pool.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace weft::proxy {

Pipe::~Pipe() {
  if (pool_ != nullptr) pool_->give_back({out_, in_}, held == 0);
}

PipePool::~PipePool() {
  for (const Ends& ends : free_) {
    close(ends.out);
    close(ends.in);
  }
}

Pipe PipePool::take() {
  if (lent_ == kLent) return {};
  if (!free_.empty()) {
    const Ends ends = free_.back();
    free_.pop_back();
    ++lent_;
    return {this, ends.out, ends.in};
  }
  if (!quiet_) {
    // Where a socket was reset, splice() raises SIGPIPE, which no flag prevents.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    quiet_ = true;
  }
  int ends[2];
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return {};
  // Refused to a user whose pipes are many: then it is a small one.
  fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(kPipeBytes));
  ++lent_;
  return {this, ends[0], ends[1]};
}

void PipePool::give_back(Ends ends, bool empty) {
  --lent_;
  if (empty && free_.size() < kKept) return free_.push_back(ends);
  close(ends.out);
  close(ends.in);
}

}  // namespace weft::proxy
