// One connection's way out: sends bytes, lets those wait that the socket has no room for, and asks the poller for what
// is needed. Either end of a connection has one. Owned by it; its thread only.
#pragma once

#include <string_view>

#include "tools/bench/load/poller.h"
#include "tools/bench/load/stream.h"

namespace weft::bench {

class Line {
 public:
  // `descriptor` must be known to the poller, for EPOLLIN, before anything is sent.
  Line(Poller& poller, Watched& watched, int descriptor, Tls* tls, Stream::Role role)
      : poller_(poller), watched_(watched), stream_(descriptor, tls, role) {}

  // The bytes are referred to until they are sent. While some wait, nothing more may be given. False: broken.
  bool send(std::string_view bytes);
  // There is room again. False: broken.
  bool flush();
  bool sending() const { return !waiting_.empty(); }
  Stream& stream() { return stream_; }

 private:
  Poller& poller_;
  Watched& watched_;
  Stream stream_;
  bool wants_room_ = false;
  std::string_view waiting_;
};

}  // namespace weft::bench
