#include "tools/bench/load/line.h"

#include <cerrno>

namespace weft::bench {

bool Line::send(std::string_view bytes) {
  waiting_ = bytes;
  return flush();
}

bool Line::flush() {
  bool full = false;
  while (!waiting_.empty() && !full) {  // TLS takes a record at a time
    const ssize_t count = stream_.write(waiting_);
    if (count < 0 && errno != EAGAIN) return false;
    full = count < 0;
    waiting_.remove_prefix(full ? 0 : static_cast<size_t>(count));
  }
  if (sending() == wants_room_) return true;
  wants_room_ = sending();
  // Reading goes on meanwhile: an answer may come before its request has left.
  poller_.change(stream_.descriptor(), wants_room_ ? EPOLLIN | EPOLLOUT : EPOLLIN, watched_);
  return true;
}

}  // namespace weft::bench
