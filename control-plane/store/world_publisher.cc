#include "control-plane/store/world_publisher.h"

#include <mutex>
#include <utility>

#include "control-plane/store/listeners.h"

namespace weft::cp {

struct WorldPublisher::State {
  mutable std::mutex mutex;
  WorldPtr world;  // under mutex
  Listeners<const WorldPtr&, const std::vector<Change>&> subscribers;

  void publish(const std::vector<Change>& changes) {
    WorldPtr next;
    {
      // The writer thread alone replaces the World, so nothing comes between reading and replacing it.
      const std::lock_guard lock(mutex);
      next = world;
    }
    next = next->with(changes);
    {
      const std::lock_guard lock(mutex);
      world = next;
    }
    subscribers.call(next, changes);
  }
};

WorldPublisher::WorldPublisher(std::shared_ptr<State> state) : state_(std::move(state)) {}
WorldPublisher::~WorldPublisher() = default;

Result<std::unique_ptr<WorldPublisher>> WorldPublisher::start(Store& store) {
  constexpr int kAttempts = 10;
  for (int attempt = 1;; ++attempt) {
    uint64_t revision = 0;
    Result<std::vector<ResourcePtr>> resources = store.list_all(&revision);
    if (!resources.ok()) return resources.status();
    auto state = std::make_shared<State>();
    state->world = std::make_shared<const World>(revision, *resources);
    // Between the two calls more may have been written than the store remembers.
    Result<std::shared_ptr<void>> watch =
        store.watch(revision, [state](const std::vector<Change>& changes) { state->publish(changes); });
    if (!watch.ok() && attempt < kAttempts && is_exhausted(watch.status())) continue;
    if (!watch.ok()) return watch.status();
    std::unique_ptr<WorldPublisher> publisher(new WorldPublisher(std::move(state)));
    publisher->watch_ = *std::move(watch);
    return publisher;
  }
}

WorldPtr WorldPublisher::current() const {
  const std::lock_guard lock(state_->mutex);
  return state_->world;
}

std::shared_ptr<void> WorldPublisher::subscribe(Subscriber subscriber) {
  return state_->subscribers.add(std::move(subscriber));
}

}  // namespace weft::cp
