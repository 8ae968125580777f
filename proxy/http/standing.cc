#include "proxy/http/standing.h"

#include "proxy/runtime/tls_layer.h"

namespace weft::proxy {

bool is_draining(const Worker& worker, const Destination& destination) {
  return destination.direction == Direction::kInbound ? worker.draining_inbound : worker.draining_outbound;
}

bool is_welcome(const Worker& worker, const Destination& destination, const Connection& connection) {
  if (worker.snapshot == nullptr || worker.snapshot->tls == nullptr) return true;
  if (destination.direction != Direction::kInbound) return true;
  TlsLayer* const tls = connection.tls();
  if (tls == nullptr) return destination.connection.tls.mode == TlsRule::Mode::kPermissive;
  return tls->vouched_by(*worker.snapshot->tls);
}

}  // namespace weft::proxy
