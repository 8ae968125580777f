#include "proxy/activation.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

constexpr auto kSaveDelay = std::chrono::milliseconds(500);
constexpr auto kListenersRetry = std::chrono::seconds(3);
const ItemKey kListeners{v1::LISTENERS, "listeners"};

}  // namespace

Activation::Activation(Options options, ControlThread& thread, DataPlane& data_plane,
                       SnapshotBuilder::MakeMaterial make_material, Events events)
    : options_(std::move(options)),
      thread_(thread),
      data_plane_(data_plane),
      events_(std::move(events)),
      builder_(std::move(make_material)),
      writer_(options_.snapshot_file, [this](const Status& status) {
        if (status.ok()) return;
        keep_failures_.fetch_add(1, std::memory_order_relaxed);
        log_warning("the last good configuration could not be kept", {{"reason", reason(status)}});
      }) {}

Activation::~Activation() {
  if (save_timer_ != nullptr) save();
}

void Activation::restore() {
  Result<v1::StoredConfiguration> stored =
      read_stored_configuration(options_.snapshot_file, options_.mesh, options_.name);
  if (!stored.ok()) {
    if (!is_not_found(stored.status()))
      log_warning("no last good configuration", {{"reason", reason(stored.status())}});
    return;
  }
  log_info("starting from the last good configuration",
           {{"revision", stored->revision()}, {"items", stored->accepted_size()}});
  v1::Update good;
  good.set_revision(stored->revision());
  good.mutable_changed()->Swap(stored->mutable_accepted());
  v1::Update refused;
  refused.set_revision(stored->revision());
  refused.mutable_changed()->Swap(stored->mutable_refused());
  enqueue({std::move(good), [](const v1::Ack&) {}, false});
  if (!refused.changed().empty()) enqueue({std::move(refused), [](const v1::Ack&) {}, false});
}

std::vector<v1::HeldItem> Activation::held() const {
  std::vector<v1::HeldItem> held;
  for (const auto& [key, unit] : builder_.current().accepted) {
    v1::HeldItem& item = held.emplace_back();
    item.set_type(key.type);
    item.set_name(key.name);
    item.set_hash(unit->hash);
  }
  return held;
}

void Activation::apply(v1::Update update, absl::AnyInvocable<void(v1::Ack)> done) {
  enqueue({std::move(update), std::move(done), true});
}

void Activation::set_certificate(std::shared_ptr<const WorkloadCertificate> certificate) {
  enqueue({{}, [](const v1::Ack&) {}, false, std::move(certificate)});
}

v1::Update Activation::nothing_new() const {
  v1::Update update;
  update.set_revision(builder_.current().revision);
  return update;
}

void Activation::enqueue(Waiting waiting) {
  waiting_.push_back(std::move(waiting));
  if (!busy_) start_next();
}

void Activation::start_next() {
  busy_ = true;
  Waiting waiting = std::move(waiting_.front());
  waiting_.pop_front();
  const auto started = thread_.now();
  if (waiting.certificate) {
    builder_.set_certificate(*std::move(waiting.certificate));
    waiting.update = nothing_new();
  }
  if (!stage(waiting.update)) {
    finish(std::move(waiting), started);
    return;
  }
  data_plane_.publish(builder_.current().snapshot, [this, waiting = std::move(waiting), started]() mutable {
    thread_.post([this, waiting = std::move(waiting), started]() mutable { finish(std::move(waiting), started); });
  });
}

void Activation::finish(Waiting waiting, ControlThread::TimePoint started) {
  busy_ = false;
  if (waiting.from_control_plane) confirmed_ = thread_.now();
  waiting.done(make_ack(waiting.update, started));
  if (builder_.current().accepted.contains(kListeners)) {
    active_ = true;
    const bool may_serve = builder_.current().identity != IdentityState::kMissing;
    if (may_serve && !std::exchange(serving_, true)) events_.first();
  }
  if (std::exchange(heal_, false)) events_.healed();
  events_.changed();
  if (listeners_refusal_) retry_listeners_later();
  if (!waiting_.empty() && !busy_) start_next();
}

bool Activation::stage(const v1::Update& update) {
  const Configuration before = builder_.current();
  Configuration next = builder_.stage(update);
  listeners_refusal_.reset();
  Status opened = data_plane_.open_listeners(*next.snapshot);
  if (!opened.ok()) {
    listeners_refusal_ = reason(opened);
    next = builder_.stage(update, listeners_refusal_);
    opened = data_plane_.open_listeners(*next.snapshot);
    if (!opened.ok()) log_error("listeners that were open cannot be opened", {{"reason", reason(opened)}});
  }
  const bool changed = next.snapshot != before.snapshot;
  const bool save = next.accepted != before.accepted || next.revision != before.revision;
  builder_.commit(std::move(next));
  note_refusals(before);
  heal_ = has_healed(before, update);
  if (save) save_later();
  return changed;
}

v1::Ack Activation::make_ack(const v1::Update& update, ControlThread::TimePoint started) const {
  v1::Ack ack;
  ack.set_nonce(update.nonce());
  ack.set_revision(update.revision());
  ack.set_activation_nanoseconds(static_cast<uint64_t>(std::chrono::nanoseconds(thread_.now() - started).count()));
  const auto refuse = [&ack](const ItemKey& key, const std::string& why) {
    v1::Refusal& refusal = *ack.add_refused();
    refusal.set_type(key.type);
    refusal.set_name(key.name);
    refusal.set_reason(why);
  };
  for (const auto& [key, item] : builder_.current().refused) refuse(key, item.reason);
  for (const ItemKey& key : builder_.current().still_needed) refuse(key, "cannot be removed: it is still referred to");
  return ack;
}

void Activation::note_refusals(const Configuration& before) const {
  for (const auto& [key, refused] : builder_.current().refused) {
    const auto known = before.refused.find(key);
    if (known != before.refused.end() && known->second.reason == refused.reason) continue;
    const bool kept = builder_.current().accepted.contains(key);
    log_error("configuration refused", {{"item", key.name}, {"reason", refused.reason}, {"last_good_stays", kept}});
  }
  const std::string& failure = builder_.current().tls_failure;
  if (!failure.empty() && failure != before.tls_failure) log_error("identity not usable", {{"reason", failure}});
}

bool Activation::has_healed(const Configuration& before, const v1::Update& update) const {
  for (const auto& [key, refused] : before.refused) {
    const auto now = builder_.current().accepted.find(key);
    if (now == builder_.current().accepted.end() || now->second->hash != refused.item.hash()) continue;
    if (builder_.current().refused.contains(key)) continue;
    const bool sent = std::any_of(update.changed().begin(), update.changed().end(), [&key = key](const v1::Item& item) {
      return item.type() == key.type && item.name() == key.name;
    });
    if (!sent) return true;
  }
  return false;
}

void Activation::retry_listeners_later() {
  listeners_timer_ = thread_.after(kListenersRetry, [this] { enqueue({nothing_new(), [](const v1::Ack&) {}, false}); });
}

void Activation::stop_keeping() {
  save_timer_.reset();
  keeping_ = false;
}

void Activation::save_later() {
  if (save_timer_ != nullptr || !keeping_) return;
  save_timer_ = thread_.after(kSaveDelay, [this] { save(); });
}

void Activation::save() {
  save_timer_.reset();
  const Configuration& current = builder_.current();
  v1::StoredConfiguration stored;
  stored.set_mesh(options_.mesh);
  stored.set_name(options_.name);
  stored.set_revision(current.revision);
  for (const auto& [key, unit] : current.accepted) *stored.add_accepted() = item_of(key, *unit);
  for (const auto& [key, refused] : current.refused) *stored.add_refused() = refused.item;
  writer_.write(std::move(stored));
}

}  // namespace weft::proxy
