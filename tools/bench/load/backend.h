// The server behind the proxy: GET /N is answered with N bytes, keep-alive, from bytes made once per size. Owned by the
// program; its thread only. Request bodies are not read: a benchmark sends none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "tools/bench/load/poller.h"
#include "tools/bench/load/stream.h"

namespace weft::bench {

class Backend final : public Watched {
 public:
  // With `tls` it speaks mutual TLS, else plain HTTP.
  explicit Backend(Poller& poller, Tls* tls = nullptr);
  ~Backend() override;

  // Listens on 127.0.0.1; port 0 takes a free one. The port it has.
  Result<uint16_t> listen(uint16_t port);
  // Frees the connections that ended in this turn.
  void sweep();
  uint64_t answered() const { return answered_; }

 private:
  class Client;
  void on_events(uint32_t events) override;
  const std::string& bytes_for(uint64_t size);
  void end(Client& client);

  Poller& poller_;
  Tls* const tls_;
  int listener_ = -1;
  uint64_t answered_ = 0;
  std::map<uint64_t, std::string> answers_;
  std::unordered_map<Client*, std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> ended_;
};

}  // namespace weft::bench
