// Whom a client's own TLS asks for (SNI), told from the first bytes of a connection that is relayed as it comes:
// counted and said, never a reason to wait or to refuse. Lives in the relay; worker's thread only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/runtime/worker.h"

namespace weft::proxy {

class AskedNames {
 public:
  AskedNames(Worker& worker, uint32_t destination_slot, std::string_view destination)
      : worker_(&worker), destination_(destination), slot_(destination_slot) {}

  // The next bytes of the client. Soon the answer is known, and it looks no more.
  void see(std::string_view bytes) {
    if (!done_) look(bytes);
  }

 private:
  // Whoever sends its hello in more pieces, or in pieces that small, is counted without a name.
  static constexpr unsigned kLooks = 64;
  void look(std::string_view bytes);
  void note(std::string_view name);

  Worker* worker_;
  std::string_view destination_;
  std::string begun_;  // what came, while it is not whole
  uint32_t slot_;
  unsigned looks_ = 0;
  bool done_ = false;
};

}  // namespace weft::proxy
