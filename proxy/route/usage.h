// How much of one destination (an endpoint set) is in use now, by all workers of the proxy together: what the limits of
// a MeshCircuitBreaker are held against. Counted whether there are limits or not, so that a new one holds for the next
// request. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace weft::proxy {

enum class Used : uint8_t { kConnections, kPending, kRequests, kRetries, kCount };

struct alignas(64) Usage {
  std::array<std::atomic<uint32_t>, static_cast<size_t>(Used::kCount)> counts{};
  std::atomic<uint32_t>& of(Used what) { return counts[static_cast<size_t>(what)]; }
};

// One of something, until it goes. Movable.
class UsageShare {
 public:
  static constexpr uint32_t kNoLimit = std::numeric_limits<uint32_t>::max();

  UsageShare() = default;
  UsageShare(UsageShare&& other) noexcept : usage_(std::move(other.usage_)), what_(other.what_) {}
  UsageShare& operator=(UsageShare&& other) noexcept {
    if (this == &other) return *this;
    reset();
    usage_ = std::move(other.usage_);
    what_ = other.what_;
    return *this;
  }
  ~UsageShare() { reset(); }

  // False: `limit` of them are in use. Never more than that, whoever else tries at the same time.
  bool take(const std::shared_ptr<Usage>& usage, Used what, uint32_t limit) {
    reset();
    if (usage->of(what).fetch_add(1, std::memory_order_relaxed) >= limit) {
      usage->of(what).fetch_sub(1, std::memory_order_relaxed);
      return false;
    }
    usage_ = usage;
    what_ = what;
    return true;
  }
  void reset() {
    if (usage_ == nullptr) return;
    usage_->of(what_).fetch_sub(1, std::memory_order_relaxed);
    usage_.reset();
  }
  explicit operator bool() const { return usage_ != nullptr; }

 private:
  std::shared_ptr<Usage> usage_;
  Used what_ = Used::kCount;
};

}  // namespace weft::proxy
