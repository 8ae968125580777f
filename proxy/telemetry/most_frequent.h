// Counts texts that strangers choose (their addresses, the names they ask for) by destination, in bounded memory: those
// that come most often are kept, the others only count. Owned by a worker's counters; it is asked once a connection, so
// a lock does.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace weft::proxy {

class MostFrequent {
 public:
  // Remembered. When another one comes, it takes the place (and the count, as the most it can have been) of the one
  // that came least.
  static constexpr size_t kTexts = 64;

  struct Tally {
    uint32_t destination_slot = 0;
    std::string text;
    uint64_t connections = 0;
  };

  void record(uint32_t destination_slot, std::string_view text);
  std::vector<Tally> list() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Tally> tallies_;
};

}  // namespace weft::proxy
