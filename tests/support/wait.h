// Waiting for a condition: the only place of the tests where time passes.
#pragma once

#include <chrono>
#include <thread>

namespace weft::test {

// Sanitized programs on a busy machine are slow; a healthy test never comes near this.
inline constexpr std::chrono::seconds kPatience{30};

// Asks again and again until `condition` holds; false when it did not in time.
template <typename Condition>
bool eventually(Condition condition, std::chrono::milliseconds longest = kPatience) {
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace weft::test
