// Callers that came without mutual TLS to a proxy that has an identity: nobody asked who they are, so an operator who
// wants to be strict must find them first. Counted by destination and address; those that call most are kept, the
// others only count. Owned by a worker's counters; it is asked once a connection, so a lock does.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weft::proxy {

class PlainCallers {
 public:
  // Addresses remembered. When another one comes, it takes the place (and the count, as the most it can have been) of
  // the one that called least.
  static constexpr size_t kAddresses = 64;

  struct Caller {
    uint32_t destination_slot = 0;
    std::string address;  // without port
    uint64_t connections = 0;
  };

  // `address`: "10.0.0.5:41234" or "[::1]:41234".
  void record(uint32_t destination_slot, std::string_view address);
  std::vector<Caller> list() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Caller> callers_;
};

}  // namespace weft::proxy
