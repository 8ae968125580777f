// The one list of policy kinds, in the order in which a request meets them; each line says why it stands there.
#include <array>

#include "policies/mesh_access_log/mesh_access_log.h"
#include "policies/mesh_circuit_breaker/mesh_circuit_breaker.h"
#include "policies/mesh_fault_injection/mesh_fault_injection.h"
#include "policies/mesh_health_check/mesh_health_check.h"
#include "policies/mesh_http_route/mesh_http_route.h"
#include "policies/mesh_load_balancing_strategy/mesh_load_balancing_strategy.h"
#include "policies/mesh_metric/mesh_metric.h"
#include "policies/mesh_passthrough/mesh_passthrough.h"
#include "policies/mesh_proxy_patch/mesh_proxy_patch.h"
#include "policies/mesh_rate_limit/mesh_rate_limit.h"
#include "policies/mesh_retry/mesh_retry.h"
#include "policies/mesh_tcp_route/mesh_tcp_route.h"
#include "policies/mesh_timeout/mesh_timeout.h"
#include "policies/mesh_tls/mesh_tls.h"
#include "policies/mesh_trace/mesh_trace.h"
#include "policies/mesh_traffic_permission/mesh_traffic_permission.h"
#include "policies/policy.h"

namespace weft {

std::span<const PolicyKind> policy_kinds() {
  static const std::array kKinds = {
      // Judged before anything is spent on a request.
      mesh_tls_kind(),                 // the connection comes first
      mesh_traffic_permission_kind(),  // who may come in at all
      mesh_fault_injection_kind(),     // only for callers that may come in
      mesh_rate_limit_kind(),          // failures made on purpose are not limited
      mesh_http_route_kind(),          // which route a request takes is known before anything is said about the route
      mesh_tcp_route_kind(),           // only where no MeshHTTPRoute speaks about the port
      mesh_timeout_kind(),  // before the rest: later kinds may bound what they ask for by the request's deadline
      mesh_retry_kind(),    // after the timeouts, which bound every attempt
      mesh_circuit_breaker_kind(),          // an attempt needs a place in the destination's limits
      mesh_health_check_kind(),             // which instances are there to choose from
      mesh_load_balancing_strategy_kind(),  // one of them
      mesh_passthrough_kind(),              // what no destination of the mesh is
      // What is seen of a request when all else is decided.
      mesh_access_log_kind(),   // a record of what happened
      mesh_trace_kind(),        // a span of it
      mesh_metric_kind(),       // counters, which follow no request
      mesh_proxy_patch_kind(),  // no request meets it
  };
  return kKinds;
}

const PolicyKind* find_policy_kind(std::string_view name) {
  for (const PolicyKind& kind : policy_kinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

}  // namespace weft
