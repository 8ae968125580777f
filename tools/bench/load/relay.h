// The limit no proxy can pass: copies bytes between a connection and one to the target, in both directions, and knows
// nothing of what they mean. Owned by the program; its thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "tools/bench/load/poller.h"

namespace weft::bench {

class Relay final : public Watched {
 public:
  Relay(Poller& poller, uint16_t target_port);
  ~Relay() override;

  // Listens on a free port of 127.0.0.1 and says which.
  Result<uint16_t> listen();
  // Frees the pairs that ended in this turn.
  void sweep();

 private:
  struct Pair;
  void on_events(uint32_t events) override;

  Poller& poller_;
  uint16_t target_port_;
  int listener_ = -1;
  std::vector<std::unique_ptr<Pair>> pairs_;
};

}  // namespace weft::bench
