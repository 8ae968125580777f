// What one process hands to the next over a unix socket, so that no connection is refused between the two: frames of
// fixed size, each a line of text and the descriptors that belong to it (SCM_RIGHTS). Both ends are of the same user,
// which is checked. Blocking with a time limit; control thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "proxy/data_plane.h"
#include "proxy/net/listening_socket.h"

namespace weft::proxy {

struct Inheritance {
  SocketsByAddress listeners;
  std::vector<ListeningSocket> readiness;  // one or none

  // Workers need a listening socket each; what waits in the queue of one that nobody reads would be lost.
  size_t most_sockets() const;
};

// One end of the connection between two processes.
class InheritanceLink {
 public:
  explicit InheritanceLink(int descriptor);  // takes it over
  ~InheritanceLink();
  InheritanceLink(const InheritanceLink&) = delete;
  InheritanceLink& operator=(const InheritanceLink&) = delete;

  // The other end runs as the same user.
  Status check_peer() const;

  struct Frame {
    std::string text;
    std::vector<ListeningSocket> descriptors;
  };
  Status send(std::string_view text, const std::vector<int>& descriptors = {}) const;
  // An end of the stream is an error, and so is silence for longer than the limit.
  Result<Frame> receive() const;

  // All of it, as frames, and "end".
  Status send(const Inheritance& inheritance) const;
  // Until "end". What the other end says instead is the error.
  Result<Inheritance> receive_inheritance() const;

  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

inline constexpr std::string_view kAsk = "weft-take-over 1";
inline constexpr std::string_view kReady = "ready";
inline constexpr std::string_view kYours = "yours";

}  // namespace weft::proxy
