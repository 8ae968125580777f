// Listening sockets, opened on the control thread before any worker hears of them: what can fail about an address fails
// here, with a sentence that names it. Owned by whoever holds them until a worker takes the descriptor.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"

namespace weft::proxy {

// Closes its descriptor.
class ListeningSocket {
 public:
  explicit ListeningSocket(int descriptor) : descriptor_(descriptor) {}
  ListeningSocket(ListeningSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();
  int descriptor() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

// "127.0.0.1:80", "[::1]:80".
std::string listener_address(const std::string& ip, uint16_t port);

// `count` sockets that share `ip`:`port`; the kernel spreads connections over them. Fails with "127.0.0.1:80: Address
// already in use" also when the process that holds the address would share it.
Result<std::vector<ListeningSocket>> open_listening_sockets(const std::string& ip, uint16_t port, unsigned count);

}  // namespace weft::proxy
