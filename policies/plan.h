// What the policies of a route ask for one request. Policies write it, only proxy/ acts on it. A route holds one Plan
// with everything that does not depend on the request already filled in; a request starts from a copy.
#pragma once

#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

using Nanoseconds = std::chrono::nanoseconds;

// A test of one header, compiled. Names are lower case.
struct HeaderRule {
  enum class Type : uint8_t { kExact, kPresent, kRegularExpression, kAbsent, kPrefix };
  std::string name;
  Type type = Type::kExact;
  std::string value;
};

// When and how a failed attempt is repeated. Owned by the policy that wrote it into the Plan.
struct RetryRule {
  // Retries after the first attempt.
  uint32_t limit = 1;
  // 0: the request timeout alone bounds an attempt.
  Nanoseconds per_try_timeout{0};
  Nanoseconds base_interval{std::chrono::milliseconds(25)};
  Nanoseconds max_interval{std::chrono::milliseconds(250)};
  // Answers that are retried, by status code (index = code, 100..599).
  std::bitset<600> status;
  // No answer: connection reset, closed or timed out before the first byte of an answer.
  bool on_reset = false;
  // No connection: refused, unreachable, timed out while connecting.
  bool on_connect_failure = false;
  // The peer said it did not process the request (HTTP/2 REFUSED_STREAM).
  bool on_refused_stream = false;
  // 409.
  bool on_conflict = false;
  // Answers that carry x-envoy-ratelimited.
  bool on_rate_limited_header = false;
  // gRPC answers that are retried, by grpc-status of the response head (index = code, 0..16).
  std::bitset<17> grpc_status;
  // Upper-case methods that alone may be retried; empty: any.
  std::vector<std::string> methods;
  // A user's policy names conditions or methods: its retries hold for writes (POST, PATCH) too. Without it a request
  // whose method is not idempotent is retried only when it provably was not processed.
  bool covers_writes = false;
  std::vector<HeaderRule> request_headers;
  std::vector<HeaderRule> response_headers;
  // Wait what one of these response headers says.
  struct ResetHeader {
    std::string name;
    bool unix_timestamp = false;
  };
  std::vector<ResetHeader> reset_headers;
  Nanoseconds reset_max_interval{std::chrono::seconds(300)};
};

// How one of the instances is chosen. Owned by the policy that wrote it into the Plan.
struct BalanceRule {
  enum class Algorithm : uint8_t { kRoundRobin, kLeastRequest, kRandom, kRingHash, kMaglev };
  enum class PointHash : uint8_t { kXxHash, kMurmurHash2 };
  Algorithm algorithm = Algorithm::kRoundRobin;
  // Least request: instances drawn, and how much requests under way count against an instance's weight.
  uint32_t choice_count = 2;
  double active_request_bias = 1.0;
  // Ring hash.
  PointHash point_hash = PointHash::kXxHash;
  uint32_t min_ring_size = 1024;
  uint32_t max_ring_size = 8'388'608;
  // Maglev: a prime.
  uint32_t table_size = 65'537;
  // An instance that has just come gets less than its share for so long (round robin, least request). 0: it does not.
  Nanoseconds slow_start_window{0};
  double slow_start_aggression = 1.0;
  double slow_start_min_share = 0.1;

  bool hashes() const { return algorithm == Algorithm::kRingHash || algorithm == Algorithm::kMaglev; }
};

// Who fails is left out for a while. Owned by the policy that wrote it into the Plan. 0 in a row: that does not count.
struct OutlierRule {
  Nanoseconds interval{std::chrono::seconds(10)};
  // The first time; the second takes twice as long, and so on.
  Nanoseconds base_time_out{std::chrono::seconds(30)};
  // Of the instances; one may always be out.
  uint32_t max_out_percent = 10;
  // No answer is counted by itself instead of as a failure.
  bool no_answer_apart = false;
  uint32_t failures_in_a_row = 0;
  uint32_t gateway_failures_in_a_row = 0;
  uint32_t no_answers_in_a_row = 0;
  // Of instances with so many requests in an interval, when there are so many of them: those that succeed much more
  // seldom than the others, and those that fail too often.
  bool by_success_rate = false;
  uint32_t success_rate_hosts = 5;
  uint32_t success_rate_volume = 100;
  double success_rate_factor = 1.9;  // standard deviations below the mean
  bool by_failure_percentage = false;
  uint32_t failure_percentage_hosts = 5;
  uint32_t failure_percentage_volume = 50;
  uint32_t failure_percentage = 85;

  bool operator==(const OutlierRule&) const = default;
};

// How much of a destination is used at once, by all of the proxy. Owned by the policy that wrote it into the Plan.
struct LimitRule {
  uint32_t connections = 1024;
  uint32_t pending = 1024;  // requests that wait for a connection
  uint32_t requests = 1024;
  uint32_t retries = 3;

  bool operator==(const LimitRule&) const = default;
};

// 0 means "no limit" for every time but connect.
struct Plan {
  // To open one connection to an endpoint.
  Nanoseconds connect_timeout{std::chrono::seconds(5)};
  // Of the upstream connection without a request. TCP: no byte in either direction.
  Nanoseconds idle_timeout{std::chrono::hours(1)};
  // The whole answer, attempts included, from the moment the request was received completely.
  Nanoseconds request_timeout{std::chrono::seconds(15)};
  // Nothing moves on the stream in either direction.
  Nanoseconds stream_idle_timeout{std::chrono::minutes(30)};
  // The life of the stream.
  Nanoseconds max_stream_duration{0};
  // What the caller itself gives its call, counted from the head of the request (grpc-timeout).
  Nanoseconds caller_deadline{0};
  // Age after which an upstream connection takes no new request.
  Nanoseconds max_connection_duration{0};
  // Null: no retries.
  const RetryRule* retry = nullptr;
  // The same for gRPC.
  const RetryRule* grpc_retry = nullptr;
  // TCP: connection attempts in all.
  uint32_t tcp_connect_attempts = 1;
  // Null: round robin.
  const BalanceRule* balance = nullptr;
  // Null: nobody is left out for failing.
  const OutlierRule* outliers = nullptr;
  // Null: no limit.
  const LimitRule* limits = nullptr;
  // Of a priority of which fewer instances are healthy (percent), all are used when all priorities together have too
  // little to give. 0: never, the request fails instead.
  double panic_threshold = 50;
  // Such a request fails.
  bool fails_on_panic = false;
  // What this request is told apart by for ring hash and Maglev. None: any instance.
  std::optional<uint64_t> balance_hash;
  // A complete line for the answer ("set-cookie: a=b; HttpOnly\r\n"). Empty: none.
  std::string answer_line;
  // KRI of the policy that would have refused if it were in earnest; lives as long as the snapshot. Empty: none.
  std::string_view shadow_denied_by;
};

// Which TLS a proxy speaks with others of its mesh.
struct TlsRule {
  enum class Mode : uint8_t {
    kStrict,      // mutual TLS of the mesh alone
    kPermissive,  // plain traffic and foreign TLS too, unauthenticated
  };
  enum class Version : uint8_t { kDefault, kTls10, kTls11, kTls12, kTls13 };
  Mode mode = Mode::kStrict;
  // kDefault: 1.2 at least, 1.3 at most (1.3 alone between two proxies of ours).
  Version min_version = Version::kDefault;
  Version max_version = Version::kDefault;
  // OpenSSL's names, colon-separated, for TLS 1.2 and below. Empty: the library's choice.
  std::string ciphers;
};

// What holds for the connections of one listener, whatever the route.
struct ConnectionPlan {
  // To receive the head of a request. 0: the proxy's own limit (60 s).
  Nanoseconds request_headers_timeout{0};
  // A client's connection without a request (HTTP). 0: no limit. TCP goes by Plan::idle_timeout.
  Nanoseconds idle_timeout{0};
  // Age after which a client's connection is drained. 0: no limit.
  Nanoseconds max_connection_duration{0};
  // For inbound listeners of a proxy that has an identity.
  TlsRule tls;
};

}  // namespace weft
