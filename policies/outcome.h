// What happened to one request: for counters, logs, and policies that learn from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace weft {

// Why the proxy itself answered, or gave up; printed as the field's usual short flags (policies of the mesh name them
// so).
enum class Reason : uint8_t {
  kNone,
  kNoRoute,                  // NR
  kNoCluster,                // NC
  kNoHealthyUpstream,        // UH
  kConnectFailure,           // UF: refused, unreachable
  kConnectTimeout,           // UF
  kUpstreamClosed,           // UC: closed before the answer was complete
  kUpstreamReset,            // UR
  kUpstreamProtocolError,    // UPE
  kOverflow,                 // UO
  kRequestTimeout,           // UT
  kPerTryTimeout,            // UT
  kStreamIdleTimeout,        // SI
  kMaxStreamDuration,        // UMSDR
  kRequestHeadersTimeout,    // RHT
  kRetryLimitExceeded,       // URX, beside the last cause
  kDownstreamClosed,         // DC
  kDownstreamProtocolError,  // DPE
  kHeadersTooLarge,          // DPE, 431 or 414
  kDenied,                   // a policy refused
  kDraining,                 // the proxy is shutting down
  kOverloaded,               // OM
  kTlsFailure,               // UF: connected, and the peer is not who it must be, or refused us
  kTlsRequired,              // a caller without TLS of the mesh, where nothing else is accepted
  kDeadlineExceeded,         // DT: the time the caller itself gave its call (grpc-timeout)
  kCount
};

// "UH", "UT", ...; "-" for kNone.
std::string_view reason_flag(Reason reason);
// "no_healthy_upstream", ...: the label in metrics, logs and the x-weft-reason header.
std::string_view reason_word(Reason reason);

struct Outcome {
  static constexpr uint8_t kNoGrpcStatus = 255;

  uint16_t status = 0;                  // 0: the client left before an answer
  uint8_t grpc_status = kNoGrpcStatus;  // what the answer to a gRPC call said in the end; kNoGrpcStatus: nothing
  bool grpc = false;                    // a gRPC call
  Reason reason = Reason::kNone;
  uint32_t attempts = 0;
  std::chrono::nanoseconds total{0};
  std::chrono::nanoseconds upstream{0};  // spent waiting for the service
};

}  // namespace weft
