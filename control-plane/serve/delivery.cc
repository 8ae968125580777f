#include "control-plane/serve/delivery.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace weft::cp {

namespace {

// Once, not at every repetition.
void log_refusals(const ResourceKey& proxy, const std::vector<ItemRefusal>& known,
                  const std::vector<ItemRefusal>& refused) {
  for (const ItemRefusal& refusal : refused) {
    if (std::find(known.begin(), known.end(), refusal) != known.end()) continue;
    log_warning("a proxy refused an item",
                {{"mesh", proxy.mesh}, {"proxy", proxy.name}, {"item", refusal.item.name}, {"reason", refusal.reason}});
  }
}

}  // namespace

struct Delivery::Session {
  SessionId id = 0;
  ResourceKey dataplane;
  std::string instance;
  std::shared_ptr<ProxyLink> link;
  std::optional<Subscription> subscription;
  Holding holding;
  // What the engine said last, and the part of it that was asked for.
  ProxyItemsPtr compiled;
  ProxyItemsPtr target;
  uint64_t target_revision = 0;
  uint64_t active_revision = 0;
  // The one update that is not acknowledged yet.
  struct InFlight {
    uint64_t nonce = 0;
    uint64_t revision = 0;
    ProxyItemsPtr target;
  };
  std::optional<InFlight> in_flight;
  uint64_t last_nonce = 0;
  std::chrono::seconds next_retry = kFirstRetry;
  bool retry_scheduled = false;
  // The certificate it showed last.
  std::optional<v1::CertificateState> certificate;
  bool closed = false;
};

struct Delivery::Waiter {
  std::string mesh;
  uint64_t revision = 0;
  SteadyTime deadline;
  std::function<void(const DeliveryReport&)> answer;
};

Delivery::Delivery(Compile compile, Insights& insights, ServeMetrics& metrics)
    : compile_(std::move(compile)), insights_(insights), metrics_(metrics) {}
Delivery::~Delivery() = default;

void Delivery::adopt(WorldPtr world, SteadyTime committed) {
  if (world_ != nullptr && world->revision() <= world_->revision()) return;
  progress_.committed(world->revision(), committed);
  metrics_.store_revision = world->revision();
  world_ = std::move(world);
}

void Delivery::publish(WorldPtr world, SteadyTime committed) { adopt(std::move(world), committed); }

void Delivery::open(SessionId id, OpenedSession opened, WorldPtr world, SteadyTime now) {
  adopt(std::move(world), now);
  if (const auto other = by_dataplane_.find(opened.dataplane); other != by_dataplane_.end()) {
    const auto old = sessions_.find(other->second);
    if (old->second->instance != opened.instance) {
      log_warning("a second proxy took the place of the first",
                  {{"mesh", opened.dataplane.mesh}, {"name", opened.dataplane.name}});
    }
    if (!old->second->closed) old->second->link->close(unavailable("another stream of this dataplane took over"));
    drop(old, now);
  }
  auto session = std::make_unique<Session>();
  session->id = id;
  session->dataplane = opened.dataplane;
  session->instance = std::move(opened.instance);
  session->link = std::move(opened.link);
  session->holding = Holding(std::move(opened.held));
  by_dataplane_[session->dataplane] = id;
  progress_.moved(session->dataplane.mesh, std::nullopt, 0, now);
  insights_.connected(session->dataplane, cat(id), opened.version);
  sessions_.emplace(id, std::move(session));
  metrics_.connected_proxies = sessions_.size();
}

void Delivery::subscribe(SessionId id, Subscription subscription, SteadyTime now) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = *found->second;
  session.subscription = std::move(subscription);
  session.compiled = nullptr;
  retarget(session, now);
}

void Delivery::acknowledge(SessionId id, uint64_t nonce, std::vector<ItemRefusal> refused, SteadyTime now) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = *found->second;
  if (!session.in_flight.has_value() || session.in_flight->nonce != nonce) return;
  ++metrics_.acknowledgements;
  metrics_.items_refused += refused.size();
  log_refusals(session.dataplane, session.holding.refusals(*session.in_flight->target), refused);
  insights_.answered(session.dataplane, !refused.empty());
  session.holding.accept(std::move(session.in_flight->target), refused);
  const uint64_t revision = session.in_flight->revision;
  session.in_flight.reset();
  const auto oldest = progress_.first_commit_after(session.active_revision);
  if (session.active_revision > 0 && oldest.has_value()) metrics_.change_to_active.observe(now - *oldest);
  activate(session, revision, now);
  schedule_retry(session, now);
  settle(session, now);
}

void Delivery::schedule_retry(Session& session, SteadyTime now) {
  if (session.holding.refusals(*session.target).empty()) {
    session.next_retry = kFirstRetry;
    return;
  }
  if (std::exchange(session.retry_scheduled, true)) return;
  retries_.emplace(now + session.next_retry, session.id);
  session.next_retry = std::min(2 * session.next_retry, kLongestRetry);
}

void Delivery::retry_refused(SteadyTime now) {
  while (!retries_.empty() && retries_.begin()->first <= now) {
    const auto found = sessions_.find(retries_.begin()->second);
    retries_.erase(retries_.begin());
    if (found == sessions_.end()) continue;
    found->second->retry_scheduled = false;
    // One with an update under way schedules a retry of its own when that is answered.
    if (found->second->in_flight.has_value()) continue;
    found->second->holding.offer_refused_again();
    settle(*found->second, now);
  }
}

void Delivery::close(SessionId id, SteadyTime now) {
  if (const auto session = sessions_.find(id); session != sessions_.end()) drop(session, now);
}

bool Delivery::is_connected(const ResourceKey& dataplane) const { return by_dataplane_.contains(dataplane); }

void Delivery::ask(const ResourceKey& dataplane, v1::ProxyTopic topic, SteadyTime deadline, Questions::Answer answer,
                   const std::string& argument) {
  const auto found = by_dataplane_.find(dataplane);
  if (found == by_dataplane_.end()) return answer(unavailable("the proxy is not connected"));
  v1::ControlMessage message;
  message.mutable_question()->set_id(questions_.add(found->second, deadline, std::move(answer)));
  message.mutable_question()->set_topic(topic);
  message.mutable_question()->set_argument(argument);
  sessions_.at(found->second)->link->ask(message);
}

void Delivery::answered(SessionId id, const v1::ProxyAnswer& answer) { questions_.answered(id, answer); }

void Delivery::report_status(SessionId id, const v1::ProxyStatus& status) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  Session& session = *found->second;
  session.certificate.reset();
  const CompiledItem* item =
      session.target == nullptr ? nullptr : find_item(*session.target, {v1::IDENTITY, "identity"});
  if (!status.has_certificate()) {
    if (item == nullptr) insights_.shows_none(session.dataplane);
    return;
  }
  session.certificate = status.certificate();
  v1::WorkloadIdentity identity;
  if (item == nullptr || !identity.ParseFromString(*item->bytes)) return;
  const auto time = [](int64_t seconds) { return std::chrono::sys_seconds(std::chrono::seconds(seconds)); };
  insights_.shows(session.dataplane, identity.source(), time(status.certificate().not_before()),
                  time(status.certificate().not_after()));
}

std::vector<IdentityHolder> Delivery::holders(const std::string& mesh) const {
  std::vector<IdentityHolder> all;
  for (auto at = by_dataplane_.lower_bound({"Dataplane", mesh, ""}); at != by_dataplane_.end(); ++at) {
    if (at->first.mesh != mesh) break;
    const Session& session = *sessions_.at(at->second);
    IdentityHolder& holder = all.emplace_back();
    holder.dataplane = session.dataplane;
    holder.active_revision = session.active_revision;
    holder.trusts = session.holding.held_of(v1::TRUST);
    for (const auto& [name, hash] : session.holding.held_of(v1::IDENTITY)) holder.identity = hash;
    if (session.target != nullptr) {
      holder.wanted_trusts = hashes_of(*session.target, v1::TRUST);
      for (const auto& [name, hash] : hashes_of(*session.target, v1::IDENTITY)) holder.wanted_identity = hash;
    }
    holder.certificate = session.certificate;
  }
  return all;
}

void Delivery::drop(Sessions::iterator found, SteadyTime now) {
  Session& session = *found->second;
  questions_.session_ended(session.id);
  progress_.moved(session.dataplane.mesh, session.active_revision, std::nullopt, now);
  insights_.disconnected(session.dataplane, cat(session.id));
  by_dataplane_.erase(session.dataplane);
  sessions_.erase(found);
  metrics_.connected_proxies = sessions_.size();
}

void Delivery::flush(SteadyTime now) {
  ++metrics_.rounds;
  flushed_revision_ = world_->revision();
  last_flush_ = now;
  for (auto& [id, session] : sessions_) retarget(*session, now);
}

// Compiles for one proxy and sends what it lacks.
void Delivery::retarget(Session& session, SteadyTime now) {
  if (!session.subscription.has_value() || session.closed || world_ == nullptr) return;
  const auto begin = std::chrono::steady_clock::now();
  Result<ProxyItemsPtr> compiled = compile_(*world_, session.dataplane);
  const bool is_new = compiled.ok() && session.compiled != *compiled;
  (is_new ? metrics_.generated_changed : metrics_.generated_same).observe(std::chrono::steady_clock::now() - begin);
  if (!compiled.ok()) {
    session.closed = true;
    session.link->close(compiled.status());
    return;
  }
  session.target_revision = world_->revision();
  if (!is_new) {
    if (!session.in_flight.has_value()) activate(session, session.target_revision, now);
    return;
  }
  session.compiled = *std::move(compiled);
  session.target = subscribed_items(session.compiled, *session.subscription);
  settle(session, now);
}

// Sends the difference if there is one and nothing is under way; without a difference the proxy is where it should be.
void Delivery::settle(Session& session, SteadyTime now) {
  if (session.in_flight.has_value() || session.target == nullptr || session.closed) return;
  Holding::Difference difference = session.holding.difference(*session.target);
  if (difference.empty()) {
    activate(session, session.target_revision, now);
    return;
  }
  metrics_.items_sent += difference.changed.size();
  for (const CompiledItemPtr& item : difference.changed) metrics_.payload_bytes_sent += item->bytes->size();
  ++metrics_.updates_sent;
  insights_.sent(session.dataplane);
  session.in_flight = {++session.last_nonce, session.target_revision, session.target};
  session.link->send({.nonce = session.last_nonce,
                      .revision = session.target_revision,
                      .changed = std::move(difference.changed),
                      .removed = std::move(difference.removed)});
}

void Delivery::activate(Session& session, uint64_t revision, SteadyTime now) {
  if (revision <= session.active_revision) return;
  progress_.moved(session.dataplane.mesh, session.active_revision, revision, now);
  session.active_revision = revision;
}

void Delivery::wait_until_active(std::string mesh, uint64_t revision, SteadyTime deadline,
                                 std::function<void(const DeliveryReport&)> answer, SteadyTime now) {
  waiters_.push_back({std::move(mesh), revision, deadline, std::move(answer)});
  answer_waiters(now);
}

void Delivery::answer_waiters(SteadyTime now) {
  std::vector<Waiter> due;
  std::erase_if(waiters_, [&](Waiter& waiter) {
    const bool published = flushed_revision_ >= waiter.revision;
    const bool active = published && progress_.active(waiter.mesh, waiter.revision) == progress_.connected(waiter.mesh);
    if (!active && now < waiter.deadline) return false;
    due.push_back(std::move(waiter));
    return true;
  });
  for (const Waiter& waiter : due) waiter.answer(report(waiter.mesh, waiter.revision));
}

DeliveryReport Delivery::report(const std::string& mesh, uint64_t revision) const {
  DeliveryReport report{
      .revision = revision, .total = progress_.connected(mesh), .active = progress_.active(mesh, revision)};
  const SteadyTime::duration took = progress_.took(mesh, revision).value_or(SteadyTime::duration::zero());
  report.elapsed_ms = std::chrono::duration<double, std::milli>(took).count();
  for (auto at = by_dataplane_.lower_bound({"Dataplane", mesh, ""}); at != by_dataplane_.end(); ++at) {
    if (at->first.mesh != mesh) break;
    const Session& session = *sessions_.at(at->second);
    if (session.active_revision < revision) report.late.push_back(session.dataplane.name);
    if (session.target == nullptr) continue;
    for (const ItemRefusal& refusal : session.holding.refusals(*session.target)) {
      report.refused.push_back({session.dataplane.name, refusal.item.name, refusal.reason});
    }
  }
  return report;
}

std::optional<SteadyTime> Delivery::run(SteadyTime now) {
  std::optional<SteadyTime> next;
  if (world_ != nullptr && world_->revision() > flushed_revision_) {
    const SteadyTime due = last_flush_.has_value() ? *last_flush_ + kGatherTime : now;
    if (due <= now) {
      flush(now);
    } else {
      next = due;
    }
  }
  retry_refused(now);
  answer_waiters(now);
  questions_.expire(now);
  if (const auto deadline = questions_.next_deadline()) next = std::min(next.value_or(*deadline), *deadline);
  if (!retries_.empty()) next = std::min(next.value_or(retries_.begin()->first), retries_.begin()->first);
  for (const Waiter& waiter : waiters_) next = std::min(next.value_or(waiter.deadline), waiter.deadline);
  return next;
}

}  // namespace weft::cp
