#include "proxy/upstream/open.h"

#include <utility>

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
  ConnectResult tcp =
      co_await connect_to(worker.loop, reinterpret_cast<const sockaddr*>(&endpoint.address), endpoint.address_length,
                          deadline, &cancel, set.tls != nullptr ? Opening::kClientSpeaks : Opening::kAnyoneSpeaks);
  opened.cancelled = tcp.cancelled;
  const auto* const material = material_for(worker, set);
  if (tcp.connection == nullptr) {
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
  co_return opened;
}

}  // namespace weft::proxy
