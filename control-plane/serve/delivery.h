// Brings every connected proxy to the newest configuration: gathers bursts of changes, compiles, sends what differs
// from what a proxy holds, at most one unacknowledged update each, and knows who is up to date. Lives on one thread
// (DeliveryThread) and takes the time as an argument, so that tests need neither threads nor clocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "control-plane/engine/compiled_item.h"
#include "control-plane/serve/holding.h"
#include "control-plane/serve/identity_holder.h"
#include "control-plane/serve/insights.h"
#include "control-plane/serve/metrics.h"
#include "control-plane/serve/progress.h"
#include "control-plane/serve/questions.h"
#include "control-plane/serve/subscription.h"
#include "control-plane/store/world.h"
#include "weft/v1/config_service.pb.h"

namespace weft::cp {

// The way to one proxy. Any thread; no call waits.
class ProxyLink {
 public:
  virtual ~ProxyLink() = default;
  virtual void send(const Update& update) = 0;
  virtual void ask(const v1::ControlMessage& question) = 0;
  // Ends the stream. Nothing is sent afterwards.
  virtual void close(const Status& status) = 0;
};

struct OpenedSession {
  ResourceKey dataplane;
  std::string instance;  // of the proxy process
  std::string version;
  std::map<ItemName, uint64_t> held;
  std::shared_ptr<ProxyLink> link;
};

// The answer to: who runs with `revision`?
struct DeliveryReport {
  struct Refused {
    std::string proxy;
    std::string item;
    std::string reason;
  };
  uint64_t revision = 0;
  uint32_t total = 0;
  uint32_t active = 0;
  double elapsed_ms = 0;
  std::vector<std::string> late;
  std::vector<Refused> refused;
};

class Delivery {
 public:
  using Compile = std::function<Result<ProxyItemsPtr>(const World& world, const ResourceKey& dataplane)>;
  // After a round of updates the next one starts at the earliest this much later: changes that come meanwhile share it.
  static constexpr std::chrono::milliseconds kGatherTime{5};
  // What a proxy refused is offered again after this time, then after twice as long, and so on.
  static constexpr std::chrono::seconds kFirstRetry{5};
  static constexpr std::chrono::seconds kLongestRetry{60};

  Delivery(Compile compile, Insights& insights, ServeMetrics& metrics);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void publish(WorldPtr world, SteadyTime committed);
  // Replaces an older session of the same Dataplane. `world` is one in which the Dataplane is known.
  void open(SessionId id, OpenedSession session, WorldPtr world, SteadyTime now);
  void subscribe(SessionId id, Subscription subscription, SteadyTime now);
  void acknowledge(SessionId id, uint64_t nonce, std::vector<ItemRefusal> refused, SteadyTime now);
  void close(SessionId id, SteadyTime now);
  bool is_connected(const ResourceKey& dataplane) const;

  // Answers once: when every connected proxy of the mesh is active at `revision` or later, or at `deadline`.
  void wait_until_active(std::string mesh, uint64_t revision, SteadyTime deadline,
                         std::function<void(const DeliveryReport&)> answer, SteadyTime now);

  // Asks a proxy about itself; answers once: with its text, or why there is none by `deadline` (unavailable).
  void ask(const ResourceKey& dataplane, v1::ProxyTopic topic, SteadyTime deadline, Questions::Answer answer,
           const std::string& argument = {});
  void answered(SessionId id, const v1::ProxyAnswer& answer);

  // What a proxy said of its state.
  void report_status(SessionId id, const v1::ProxyStatus& status);
  // What each connected proxy of a mesh holds of identity, by name.
  std::vector<IdentityHolder> holders(const std::string& mesh) const;

  // Does what is due, and says when to come back at the latest; nullopt: when something happens.
  std::optional<SteadyTime> run(SteadyTime now);

 private:
  struct Session;
  struct Waiter;
  using Sessions = std::map<SessionId, std::unique_ptr<Session>>;

  void adopt(WorldPtr world, SteadyTime committed);
  void flush(SteadyTime now);
  void retarget(Session& session, SteadyTime now);
  void settle(Session& session, SteadyTime now);
  void activate(Session& session, uint64_t revision, SteadyTime now);
  void drop(Sessions::iterator session, SteadyTime now);
  void schedule_retry(Session& session, SteadyTime now);
  void retry_refused(SteadyTime now);
  void answer_waiters(SteadyTime now);
  DeliveryReport report(const std::string& mesh, uint64_t revision) const;

  Compile compile_;
  Insights& insights_;
  ServeMetrics& metrics_;
  WorldPtr world_;
  uint64_t flushed_revision_ = 0;
  std::optional<SteadyTime> last_flush_;
  Progress progress_;
  Sessions sessions_;
  std::map<ResourceKey, SessionId> by_dataplane_;
  std::vector<Waiter> waiters_;
  Questions questions_;
  std::set<std::pair<SteadyTime, SessionId>> retries_;
};

}  // namespace weft::cp
