// Follows a store and publishes its content as an immutable World. When Store::write() has returned, current() holds
// what was written: a writer reads its own writes. Owned by main.cc, outlives everything that reads it. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/status.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world.h"

namespace weft::cp {

class WorldPublisher {
 public:
  // Called with the new World and what changed since the one before, in order, on the store's writer thread: it must
  // return soon, and must not write to the store.
  using Subscriber = std::function<void(const WorldPtr& world, const std::vector<Change>& changes)>;

  // Reads everything and follows. `store` must outlive the publisher.
  static Result<std::unique_ptr<WorldPublisher>> start(Store& store);
  ~WorldPublisher();

  // Never null.
  WorldPtr current() const;
  // Until the handle is destroyed. No call is under way when its destruction returns (unless it is destroyed by the
  // call).
  std::shared_ptr<void> subscribe(Subscriber subscriber);

 private:
  struct State;
  explicit WorldPublisher(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
  std::shared_ptr<void> watch_;
};

}  // namespace weft::cp
