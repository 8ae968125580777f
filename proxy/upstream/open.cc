#include "proxy/upstream/open.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "proxy/runtime/handshake.h"
#include "proxy/runtime/tls_layer.h"

namespace weft::proxy {
namespace {

// Who answers there is known, and nothing to show to them: what was meant for them does not leave in the clear.
void refuse_clear_text(Opened& opened) {
  opened.failure = Reason::kTlsFailure;
  opened.detail = cat(tls_failure_word(TlsFailure::kOwnCertificate), ": this proxy has no certificate yet");
}

// What this machine lacks is no endpoint's fault.
bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EADDRNOTAVAIL;
}

void report_shortage(Worker& worker, const Endpoint& endpoint, int error, Opened& opened) {
  opened.failure = Reason::kOverloaded;
  opened.detail = error == EADDRNOTAVAIL ? "no local port is left for this address" : std::strerror(error);
  worker.counters.connect_shortages.add();
  if (worker.loop.now() < worker.quiet_about_shortages_until) return;
  worker.quiet_about_shortages_until = worker.loop.now() + std::chrono::seconds(1);
  log_warning("a connection could not be opened for want of something here",
              {{"endpoint", endpoint.address.text()}, {"reason", opened.detail}});
}

// Who cannot be reached is passed over for a while, from the first time on.
void learn(Upstreams& upstreams, const EndpointSet& set, const Endpoint& endpoint, const Opened& opened,
           TimePoint now) {
  if (opened.connection != nullptr) return upstreams.health.reached(endpoint.slot);
  const bool unreached = opened.failure == Reason::kConnectFailure || opened.failure == Reason::kConnectTimeout;
  if (opened.cancelled || !unreached || !upstreams.health.unreached(endpoint.slot, now)) return;
  if (set.endpoints.size() < 2) return;  // nobody can be asked instead
  log_warning("an instance cannot be reached and is passed over for a while",
              {{"service", set.name}, {"endpoint", endpoint.address.text()}});
}

// Counted as long as it is being opened.
struct Connecting {
  explicit Connecting(uint32_t& connecting) : count(connecting) { ++count; }
  ~Connecting() { --count; }
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;
  uint32_t& count;
};

}  // namespace

const std::shared_ptr<const TlsMaterial>* material_for(const Worker& worker, const EndpointSet& set) {
  if (set.tls == nullptr || worker.snapshot == nullptr || worker.snapshot->tls == nullptr) return nullptr;
  return &worker.snapshot->tls;
}

Task<Opened> open_connection(Worker& worker, Upstreams& upstreams, const EndpointSet& set, const Endpoint& endpoint,
                             TlsApplication application, TimePoint deadline, ConnectCancel& cancel) {
  Opened opened;
  if (set.tls != nullptr && material_for(worker, set) == nullptr) {
    refuse_clear_text(opened);
    co_return opened;
  }
  if (upstreams.connecting >= worker.limits.max_connecting) {
    worker.counters.connects_overflowed.add();
    opened.failure = Reason::kOverflow;
    opened.detail = "too many connections are being opened";
    co_return opened;
  }
  const Connecting counted(upstreams.connecting);
  ConnectResult tcp =
      co_await connect_to(worker.loop, endpoint.address.get(), endpoint.address.length(), deadline, &cancel,
                          set.tls != nullptr ? Opening::kClientSpeaks : Opening::kAnyoneSpeaks);
  opened.cancelled = tcp.cancelled;
  const auto* const material = material_for(worker, set);
  if (is_shortage(tcp.error)) {
    report_shortage(worker, endpoint, tcp.error, opened);
  } else if (tcp.connection == nullptr) {
    opened.failure = tcp.timed_out ? Reason::kConnectTimeout : Reason::kConnectFailure;
  } else if (set.tls == nullptr) {
    opened.connection = std::move(tcp.connection);
  } else if (material == nullptr) {
    refuse_clear_text(opened);  // the identity went while it was being dialled
  } else {
    Connection& connection = *tcp.connection;
    connection.start_tls(TlsStream::connect(*material, set.tls, application, upstreams.session(endpoint.slot)),
                         worker.buffers);
    cancel.watch(&connection);
    const HandshakeGate::Pass pass(worker.handshakes, connection);
    const TlsFailure failure = co_await shake_hands(worker, connection, pass, deadline);
    cancel.watch(nullptr);
    opened.cancelled = cancel.cancelled();
    if (failure == TlsFailure::kNone) {
      opened.connection = std::move(tcp.connection);
    } else {
      opened.failure = failure == TlsFailure::kTimeout ? Reason::kConnectTimeout : Reason::kTlsFailure;
      opened.detail = cat(tls_failure_word(failure), ": ", connection.tls()->stream().detail());
    }
  }
  learn(upstreams, set, endpoint, opened, worker.loop.now());
  co_return opened;
}

}  // namespace weft::proxy
