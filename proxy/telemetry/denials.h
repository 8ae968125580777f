// Who was refused by which policy, and who would have been if it were in earnest: counted by destination and policy,
// and said in the log, a few lines a policy at a time. Owned by a worker's counters: its thread writes, any thread
// reads the counts.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "policies/request.h"
#include "proxy/telemetry/counter.h"

namespace weft::proxy {

enum class Denial : uint8_t {
  kEnforced,
  kRehearsed,  // let in by a rule that rehearses a denial
};

// One "no". Views; what the log is told of who it was said to.
struct DenialEvent {
  Denial denial = Denial::kEnforced;
  uint32_t destination_slot = 0;
  std::string_view destination;
  std::string_view kind;    // "MeshTrafficPermission"
  std::string_view policy;  // KRI, or "default"
  Peer peer;
  std::string_view address;  // "10.0.0.5:41234"
  std::string_view method;   // empty: not HTTP
  std::string_view path;     // the query is left out of the log
};

class Denials {
 public:
  // One destination and policy. The first four never change.
  struct Tally {
    uint32_t destination_slot = 0;
    Denial denial = Denial::kEnforced;
    std::string kind;
    std::string policy;
    Counter count;

   private:
    friend class Denials;
    std::chrono::steady_clock::time_point window;  // of log lines: its begin
    unsigned lines = 0;
    uint64_t unsaid = 0;
  };
  // Tallies a worker can have in its life; beyond, the last is shared by all.
  static constexpr size_t kTallies = 512;
  static constexpr unsigned kLinesAWindow = 5;
  static constexpr std::chrono::seconds kWindow{10};

  Denials() = default;
  ~Denials();
  Denials(const Denials&) = delete;
  Denials& operator=(const Denials&) = delete;

  // The worker's thread.
  void record(const DenialEvent& event, std::chrono::steady_clock::time_point now);

  template <typename Each>
  void for_each(Each&& each) const {
    for (const auto& place : tallies_) {
      const Tally* tally = place.load(std::memory_order_acquire);
      if (tally == nullptr) return;
      each(*tally);
    }
  }

 private:
  Tally& at(const DenialEvent& event);

  std::array<std::atomic<Tally*>, kTallies> tallies_{};
};

}  // namespace weft::proxy
