#include "proxy/admin/metrics.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "proxy/admin/metrics_text.h"
#include "proxy/http/grpc.h"

namespace weft::proxy {
namespace {

// Exported edges: 16 us to 8.4 s. (Histogram counts finer and further.)
constexpr size_t kFirstBucket = 4;
constexpr size_t kLastBucket = 23;
constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

struct Summed {
  std::string_view name;
  Direction direction = Direction::kOutbound;
  std::vector<const DestinationCounters*> workers;

  uint64_t sum(const std::function<uint64_t(const DestinationCounters&)>& of) const {
    uint64_t total = 0;
    for (const DestinationCounters* worker : workers) total += of(*worker);
    return total;
  }
  uint64_t sum(Counter DestinationCounters::*counter) const {
    return sum([counter](const DestinationCounters& c) { return (c.*counter).value(); });
  }
  uint64_t requests(size_t status_class) const {
    return sum([=](const DestinationCounters& c) { return c.requests_by_class[status_class].value(); });
  }
  uint64_t failures(size_t reason) const {
    return sum([=](const DestinationCounters& c) { return c.failures[reason].value(); });
  }
};

std::vector<Summed> sum_destinations(const MetricsInput& input) {
  std::vector<Summed> out;
  const auto add = [&](uint32_t slot, std::string_view name, Direction direction) {
    Summed destination{name, direction, {}};
    for (const WorkerCounters* worker : input.workers) {
      if (const DestinationCounters* counters = worker->find(slot)) destination.workers.push_back(counters);
    }
    if (!destination.workers.empty()) out.push_back(std::move(destination));
  };
  for (uint32_t slot = 0; slot < input.destinations.size(); ++slot) {
    add(slot, input.destinations[slot].name, input.destinations[slot].direction);
  }
  add(WorkerCounters::kSlots - 1, "other", Direction::kOutbound);
  return out;
}

std::string_view direction_word(Direction direction) {
  return direction == Direction::kInbound ? "inbound" : "outbound";
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string labels_of(std::string_view destination, Direction direction) {
  return cat("destination=\"", escaped(destination), "\",direction=\"", direction_word(direction), "\"");
}
std::string labels_of(const Summed& destination) { return labels_of(destination.name, destination.direction); }

std::string destination_labels(const MetricsInput& input, uint32_t slot) {
  if (slot >= input.destinations.size()) return labels_of("other", Direction::kOutbound);
  return labels_of(input.destinations[slot].name, input.destinations[slot].direction);
}

void write_requests(MetricsText& text, const std::vector<Summed>& destinations) {
  text.family("weft_requests_received_total", "counter",
              "Requests that came. When none is under way: the sum of weft_requests_total over its classes.");
  for (const Summed& d : destinations) {
    text.line("weft_requests_received_total", labels_of(d), d.sum(&DestinationCounters::requests));
  }
  text.family("weft_requests_total", "counter",
              "Requests answered, by class of the status; none: the client left before.");
  for (const Summed& d : destinations) {
    for (size_t i = 0; i < std::size(kClasses); ++i) {
      if (const uint64_t n = d.requests(i); n != 0 || i == 2) {
        text.line("weft_requests_total", cat(labels_of(d), ",code_class=\"", kClasses[i], "\""), n);
      }
    }
  }
  text.family("weft_request_failures_total", "counter", "Requests the proxy itself answered or gave up, by reason.");
  for (const Summed& d : destinations) {
    for (size_t i = 1; i < static_cast<size_t>(Reason::kCount); ++i) {
      if (const uint64_t n = d.failures(i); n != 0) {
        text.line("weft_request_failures_total",
                  cat(labels_of(d), ",reason=\"", reason_word(static_cast<Reason>(i)), "\""), n);
      }
    }
  }
}

void write_grpc(MetricsText& text, const std::vector<Summed>& destinations) {
  constexpr size_t kNone = 17;
  text.family("weft_grpc_calls_total", "counter",
              "gRPC calls, by the status of the call; none: it was cut before there was one.");
  for (const Summed& d : destinations) {
    for (size_t i = 0; i <= kNone; ++i) {
      const uint64_t n = d.sum([=](const DestinationCounters& c) { return c.grpc_calls[i].value(); });
      if (n == 0) continue;
      const std::string_view word = i == kNone ? "none" : grpc_status_word(static_cast<uint8_t>(i));
      text.line("weft_grpc_calls_total", cat(labels_of(d), ",grpc_status=\"", word, "\""), n);
    }
  }
}

// Of one policy at one destination, over the workers.
using PolicyKey = std::tuple<uint32_t, std::string, std::string>;

void write_denials(MetricsText& text, const MetricsInput& input, Denial denial, std::string_view name,
                   std::string_view help) {
  std::map<PolicyKey, uint64_t> sums;
  for (const WorkerCounters* worker : input.workers) {
    worker->denials.for_each([&](const Denials::Tally& tally) {
      if (tally.denial == denial) sums[{tally.destination_slot, tally.kind, tally.policy}] += tally.count.value();
    });
  }
  text.family(name, "counter", help);
  for (const auto& [key, count] : sums) {
    const auto& [slot, kind, policy] = key;
    text.line(name,
              cat(destination_labels(input, slot), ",kind=\"", escaped(kind), "\",policy=\"", escaped(policy), "\""),
              count);
  }
}

// Those that came most often; what the workers forgot counts in the total alone.
void write_most_frequent(MetricsText& text, const MetricsInput& input, MostFrequent WorkerCounters::*tallies,
                         std::string_view name, std::string_view label, std::string_view help) {
  constexpr size_t kShown = 10;
  std::map<std::pair<uint32_t, std::string>, uint64_t> sums;
  for (const WorkerCounters* worker : input.workers) {
    for (const MostFrequent::Tally& tally : (worker->*tallies).list()) {
      sums[{tally.destination_slot, tally.text}] += tally.connections;
    }
  }
  std::vector<std::pair<uint64_t, std::pair<uint32_t, std::string>>> most;
  for (const auto& [key, count] : sums) most.emplace_back(count, key);
  std::sort(most.begin(), most.end(), std::greater<>());
  if (most.size() > kShown) most.resize(kShown);
  text.family(name, "counter", help);
  for (const auto& [count, key] : most) {
    text.line(name, cat(destination_labels(input, key.first), ",", label, "=\"", escaped(key.second), "\""), count);
  }
}

void write_counter(MetricsText& text, const std::vector<Summed>& destinations, std::string_view name,
                   std::string_view help, Counter DestinationCounters::*counter) {
  text.family(name, "counter", help);
  for (const Summed& d : destinations) text.line(name, labels_of(d), d.sum(counter));
}

void write_overflows(MetricsText& text, const std::vector<Summed>& destinations) {
  constexpr std::array<std::string_view, 4> kLimits = {"connections", "pending_requests", "requests", "retries"};
  text.family("weft_limit_overflows_total", "counter",
              "Times a limit of a MeshCircuitBreaker was met, by limit; at that of connections HTTP requests wait.");
  for (const Summed& d : destinations) {
    for (size_t i = 0; i < kLimits.size(); ++i) {
      const uint64_t n = d.sum([=](const DestinationCounters& c) { return c.overflows[i].value(); });
      if (n != 0) text.line("weft_limit_overflows_total", cat(labels_of(d), ",limit=\"", kLimits[i], "\""), n);
    }
  }
}

void write_histogram(MetricsText& text, const std::vector<Summed>& destinations, const std::string& name,
                     std::string_view help, Histogram DestinationCounters::*histogram) {
  text.family(name, "histogram", help);
  for (const Summed& d : destinations) {
    uint64_t total = 0;
    for (size_t i = 0; i < Histogram::kBuckets; ++i) {
      total += d.sum([=](const DestinationCounters& c) { return (c.*histogram).count(i); });
      if (i < kFirstBucket || i > kLastBucket) continue;
      text.line(name + "_bucket", cat(labels_of(d), ",le=\"", static_cast<double>(1u << i) / 1e6, "\""), total);
    }
    text.line(name + "_bucket", cat(labels_of(d), ",le=\"+Inf\""), total);
    const uint64_t ns = d.sum([=](const DestinationCounters& c) { return (c.*histogram).sum_nanoseconds(); });
    text.line(name + "_sum", labels_of(d), static_cast<double>(ns) / 1e9);
    text.line(name + "_count", labels_of(d), total);
  }
}

void write_destinations(MetricsText& text, const std::vector<Summed>& destinations) {
  write_requests(text, destinations);
  write_grpc(text, destinations);
  using C = DestinationCounters;
  write_counter(text, destinations, "weft_retries_total", "Attempts after the first.", &C::retries);
  write_counter(text, destinations, "weft_retries_exhausted_total", "Requests whose last allowed attempt failed.",
                &C::retries_exhausted);
  write_counter(text, destinations, "weft_retries_over_budget_total",
                "Attempts that were not made because too many had been in vain (--retry-budget).",
                &C::retries_over_budget);
  write_counter(text, destinations, "weft_received_bytes_total", "Bytes from downstream.", &C::bytes_received);
  write_counter(text, destinations, "weft_sent_bytes_total", "Bytes to downstream.", &C::bytes_sent);
  write_counter(text, destinations, "weft_upstream_connections_total",
                "Connections opened to endpoints; for TCP, sessions.", &C::connections_opened);
  write_counter(text, destinations, "weft_upstream_connect_failures_total", "Connections that could not be opened.",
                &C::connect_failures);
  write_overflows(text, destinations);
  write_counter(text, destinations, "weft_connections_revoked_total",
                "TCP sessions closed because their peer was no longer allowed.", &C::connections_revoked);
  write_counter(
      text, destinations, "weft_unauthenticated_connections_total",
      "Connections taken in without mutual TLS although the proxy has an identity; nobody asked who they are.",
      &C::connections_unchecked);
  write_counter(text, destinations, "weft_own_tls_connections_total",
                "Connections relayed as they came whose client spoke TLS of its own.", &C::connections_with_own_tls);
  write_histogram(text, destinations, "weft_request_duration_seconds",
                  "From a request's arrival to its answer's end, in seconds.", &C::total);
  write_histogram(text, destinations, "weft_request_upstream_duration_seconds",
                  "Of it, waiting for the service, in seconds.", &C::upstream);
  write_histogram(text, destinations, "weft_request_own_duration_seconds", "Of it, the proxy's own, in seconds.",
                  &C::own);
}

uint64_t sum_workers(const MetricsInput& input, Counter WorkerCounters::*counter) {
  uint64_t total = 0;
  for (const WorkerCounters* worker : input.workers) total += (worker->*counter).value();
  return total;
}

uint64_t sum_tls(const MetricsInput& input, size_t side, const std::function<uint64_t(const TlsCounters&)>& of) {
  uint64_t total = 0;
  for (const WorkerCounters* worker : input.workers) total += of(worker->tls[side]);
  return total;
}

constexpr const char* kSides[] = {"server", "client"};

void write_handshakes(MetricsText& text, const MetricsInput& input) {
  text.family("weft_tls_handshakes_total", "counter", "Mutual TLS handshakes that succeeded, by side and kind.");
  for (size_t side = 0; side < std::size(kSides); ++side) {
    const auto count = [&](const char* kind, Counter TlsCounters::*counter) {
      text.line("weft_tls_handshakes_total", cat("side=\"", kSides[side], "\",kind=\"", kind, "\""),
                sum_tls(input, side, [=](const TlsCounters& c) { return (c.*counter).value(); }));
    };
    count("full", &TlsCounters::full);
    count("resumed", &TlsCounters::resumed);
  }
  text.family("weft_tls_handshake_failures_total", "counter", "Handshakes that failed, by side and reason.");
  for (size_t side = 0; side < std::size(kSides); ++side) {
    for (size_t i = 1; i < static_cast<size_t>(TlsFailure::kCount); ++i) {
      const uint64_t n = sum_tls(input, side, [=](const TlsCounters& c) { return c.failures[i].value(); });
      if (n == 0) continue;
      text.line("weft_tls_handshake_failures_total",
                cat("side=\"", kSides[side], "\",reason=\"", tls_failure_word(static_cast<TlsFailure>(i)), "\""), n);
    }
  }
}

void write_identity(MetricsText& text, const MetricsInput& input) {
  if (!input.certification) return;
  const CertificationReport& report = *input.certification;
  text.single("weft_certificate_expiry_timestamp_seconds", "gauge",
              "When the certificate in use runs out, in seconds since 1970; 0: there is none.",
              report.certificate == nullptr ? int64_t{0} : report.certificate->not_after);
  text.family("weft_certificate_renewals_total", "counter", "Certificates asked for, by what came of it.");
  text.line("weft_certificate_renewals_total", "result=\"ok\"", report.renewed);
  text.line("weft_certificate_renewals_total", "result=\"failed\"", report.failed);
  text.single(
      "weft_certificate_alarm", "gauge",
      "1 while somebody should look: no certificate, 70 % of its life over without a new one, an answer that did "
      "not fit, a calendar that is off. The log and /certs say which.",
      report.alarm ? 1 : 0);
  text.single("weft_clock_offset_seconds", "gauge",
              "How far this machine's calendar is ahead of the control plane's, in seconds.", report.calendar_offset);
  write_handshakes(text, input);
}

}  // namespace

std::string metrics_text(const MetricsInput& input) {
  MetricsText text;
  text.family("weft_build_info", "gauge", "Always 1; the version is a label.");
  text.line("weft_build_info", cat("version=\"", escaped(input.version), "\""), 1);
  text.single("weft_uptime_seconds", "gauge", "Since the process started, in seconds.", input.uptime_seconds);
  text.single("weft_ready", "gauge", "1 while probes are told READY.", input.ready ? 1 : 0);
  text.single("weft_workers", "gauge", "Worker threads.", input.workers.size());
  text.single("weft_downstream_connections_open", "gauge", "Connections open now.", input.open_connections);
  text.single("weft_downstream_connections_total", "counter", "Connections accepted.",
              sum_workers(input, &WorkerCounters::connections_accepted));
  text.single("weft_spliced_bytes_total", "counter", "Bytes moved between sockets without being copied.",
              sum_workers(input, &WorkerCounters::bytes_spliced));
  text.single("weft_requests_active", "gauge", "Requests and TCP sessions under way.", input.active_exchanges);
  text.single("weft_config_revision", "gauge", "The control plane's revision this proxy runs on.", input.revision);
  text.single("weft_config_refused_items", "gauge",
              "Configuration items of which an older version, or none, is in use.", input.refused_items);
  text.single("weft_control_plane_connected", "gauge", "1 while the stream to the control plane is up.",
              input.control_plane_connected ? 1 : 0);
  if (input.configuration_age_seconds) {
    text.single("weft_config_age_seconds", "gauge",
                "Since the control plane last changed the configuration, in seconds.",
                *input.configuration_age_seconds);
  }
  write_load(text, input.load, input.workers);
  write_identity(text, input);
  write_destinations(text, sum_destinations(input));
  write_denials(text, input, Denial::kEnforced, "weft_policy_denials_total",
                "Requests and connections that a policy refused; policy \"default\": none let them in.");
  write_denials(text, input, Denial::kRehearsed, "weft_policy_shadow_denials_total",
                "Requests and connections let in by a rule that rehearses a denial (allowWithShadowDeny).");
  write_most_frequent(text, input, &WorkerCounters::plain_callers, "weft_unauthenticated_caller_connections_total",
                      "address", "Of the connections without mutual TLS, by caller: the ten that came most often.");
  write_most_frequent(text, input, &WorkerCounters::asked_names, "weft_own_tls_server_name_connections_total",
                      "server_name",
                      "Of the connections whose client brought its own TLS, by the name it asks for (SNI): the ten "
                      "that came most often.");
  return text.take();
}

std::string stats_text(const MetricsInput& input) {
  std::string out = cat("revision ", input.revision, ", ", input.workers.size(), " workers, ", input.open_connections,
                        " connections, ", input.active_exchanges, " requests under way\n");
  for (const Summed& d : sum_destinations(input)) {
    append(out, "\n", direction_word(d.direction), " ", d.name, "\n  requests");
    for (size_t i = 0; i < std::size(kClasses); ++i) {
      if (const uint64_t n = d.requests(i); n != 0) append(out, " ", kClasses[i], "=", n);
    }
    append(out, "\n  retries ", d.sum(&DestinationCounters::retries), ", exhausted ",
           d.sum(&DestinationCounters::retries_exhausted), "\n");
    for (size_t i = 1; i < static_cast<size_t>(Reason::kCount); ++i) {
      if (const uint64_t n = d.failures(i); n != 0)
        append(out, "  failed: ", reason_word(static_cast<Reason>(i)), " ", n, "\n");
    }
  }
  return out;
}

std::string stats_lines(const MetricsInput& input) {
  std::string out;
  const std::string text = metrics_text(input);
  for (const std::string_view line : split(text, '\n')) {
    const size_t space = line.rfind(' ');
    if (line.starts_with('#') || space == std::string_view::npos) continue;
    append(out, line.substr(0, space), ": ", line.substr(space + 1), "\n");
  }
  return out;
}

}  // namespace weft::proxy
