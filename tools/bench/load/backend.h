// The server behind the proxy, keep-alive: GET /N and POST /N are answered with N bytes, gRPC and WebSocket messages
// with themselves. Owned by the program; its thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "tools/bench/load/poller.h"
#include "tools/bench/load/service.h"
#include "tools/bench/load/stream.h"

namespace weft::bench {

class Backend final : public Watched {
 public:
  // With `tls` it speaks mutual TLS, else plain.
  explicit Backend(Poller& poller, Tls* tls = nullptr);
  ~Backend() override;

  // Listens on 127.0.0.1; port 0 takes a free one. The port it has.
  Result<uint16_t> listen(uint16_t port);
  // Frees the connections that ended in this turn.
  void sweep();
  uint64_t answered() const { return answers_.given; }

 private:
  class Client;
  void on_events(uint32_t events) override;
  void end(Client& client);

  Poller& poller_;
  Tls* const tls_;
  int listener_ = -1;
  Answers answers_;
  std::unordered_map<Client*, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> ended_;
};

}  // namespace weft::bench
