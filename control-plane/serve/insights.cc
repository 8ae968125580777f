#include "control-plane/serve/insights.h"

#include <algorithm>

#include "weft/v1/dataplane_insight.pb.h"

namespace weft::cp {
namespace {

constexpr size_t kConnectionsKept = 2;

void set_time(google::protobuf::Timestamp* out, Time time) {
  const int64_t micros = time.time_since_epoch().count();
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
}

}  // namespace

Insights::Insights(std::string instance, std::function<Time()> clock)
    : instance_(std::move(instance)), clock_(std::move(clock)) {}
Insights::~Insights() = default;

Insights::Connection* Insights::newest(const ResourceKey& dataplane) {
  const auto found = connections_.find({dataplane.mesh, dataplane.name});
  return found == connections_.end() || found->second.empty() ? nullptr : &found->second.back();
}

void Insights::connected(const ResourceKey& dataplane, std::string_view subscription, std::string_view proxy_version) {
  const std::lock_guard lock(mutex_);
  std::vector<Connection>& connections = connections_[{dataplane.mesh, dataplane.name}];
  if (connections.size() >= kConnectionsKept) connections.erase(connections.begin());
  const Time now = clock_();
  connections.push_back({.id = std::string(subscription),
                         .proxy_version = std::string(proxy_version),
                         .connected = now,
                         .last_update = now});
}

void Insights::disconnected(const ResourceKey& dataplane, std::string_view subscription) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find({dataplane.mesh, dataplane.name});
  if (found == connections_.end()) return;
  for (Connection& connection : found->second) {
    if (connection.id == subscription) connection.disconnected = clock_();
  }
}

void Insights::sent(const ResourceKey& dataplane) {
  const std::lock_guard lock(mutex_);
  Connection* connection = newest(dataplane);
  if (connection == nullptr) return;
  ++connection->sent;
  connection->last_update = clock_();
}

void Insights::answered(const ResourceKey& dataplane, bool refused_something) {
  const std::lock_guard lock(mutex_);
  Connection* connection = newest(dataplane);
  if (connection == nullptr) return;
  ++(refused_something ? connection->rejected : connection->acknowledged);
  connection->last_update = clock_();
}

void Insights::certified(const ResourceKey& dataplane, std::string_view identity, std::chrono::sys_seconds now,
                         std::chrono::sys_seconds expires) {
  const std::lock_guard lock(mutex_);
  Certificate& certificate = certificates_[{dataplane.mesh, dataplane.name}];
  certificate.identity = identity;
  certificate.issued = now;
  certificate.expires = expires;
  ++certificate.count;
}

void Insights::shows(const ResourceKey& dataplane, std::string_view identity, std::chrono::sys_seconds since,
                     std::chrono::sys_seconds expires) {
  const std::lock_guard lock(mutex_);
  certificates_.try_emplace({dataplane.mesh, dataplane.name}, Certificate{std::string(identity), since, expires, 0});
}

void Insights::shows_none(const ResourceKey& dataplane) {
  const std::lock_guard lock(mutex_);
  certificates_.erase({dataplane.mesh, dataplane.name});
}

void Insights::forget(const ResourceKey& dataplane) {
  const std::lock_guard lock(mutex_);
  certificates_.erase({dataplane.mesh, dataplane.name});
  connections_.erase({dataplane.mesh, dataplane.name});
}

bool Insights::is_connected(const ResourceKey& dataplane) const {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find({dataplane.mesh, dataplane.name});
  if (found == connections_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(),
                     [](const Connection& connection) { return connection.disconnected == Time{}; });
}

std::shared_ptr<const v1::DataplaneInsight> Insights::find(std::string_view mesh, std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find({std::string(mesh), std::string(name)});
  if (found == connections_.end()) return nullptr;
  auto insight = std::make_shared<v1::DataplaneInsight>();
  for (const Connection& connection : found->second) {
    v1::DataplaneInsight::Subscription* out = insight->add_subscriptions();
    out->set_id(connection.id);
    out->set_control_plane_instance_id(instance_);
    set_time(out->mutable_connect_time(), connection.connected);
    if (connection.disconnected != Time{}) set_time(out->mutable_disconnect_time(), connection.disconnected);
    // Programs of the contract print both versions; the proxy is one program.
    out->mutable_version()->mutable_kuma_dp()->set_version(connection.proxy_version);
    out->mutable_version()->mutable_kuma_dp()->set_kuma_cp_compatible(true);
    out->mutable_version()->mutable_envoy()->set_version(connection.proxy_version);
    out->mutable_version()->mutable_envoy()->set_build("weft-proxy");
    out->mutable_version()->mutable_envoy()->set_kuma_dp_compatible(true);
    // The contract also has counters for each kind of thing sent; an update here carries all kinds, so it counts in the
    // total.
    set_time(out->mutable_status()->mutable_last_update_time(), connection.last_update);
    v1::DataplaneInsight::Counters* total = out->mutable_status()->mutable_total();
    total->set_responses_sent(connection.sent);
    total->set_responses_acknowledged(connection.acknowledged);
    total->set_responses_rejected(connection.rejected);
  }
  const auto certificate = certificates_.find({std::string(mesh), std::string(name)});
  if (certificate == certificates_.end()) return insight;
  v1::DataplaneInsight::Mtls& mtls = *insight->mutable_m_tls();
  set_time(mtls.mutable_certificate_expiration_time(), certificate->second.expires);
  set_time(mtls.mutable_last_certificate_regeneration(), certificate->second.issued);
  mtls.set_certificate_regenerations(certificate->second.count);
  mtls.set_issued_backend(certificate->second.identity);
  return insight;
}

}  // namespace weft::cp
