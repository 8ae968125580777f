#include "proxy/admin/load_metrics.h"

#include "base/text.h"
#include "proxy/admin/metrics_text.h"

namespace weft::proxy {
namespace {

using Workers = std::vector<const WorkerCounters*>;

uint64_t sum(const Workers& workers, auto read) {
  uint64_t total = 0;
  for (const WorkerCounters* worker : workers) total += read(*worker).value();
  return total;
}

void write_memory(MetricsText& text, const LoadReport& report) {
  text.single("weft_memory_anonymous_bytes", "gauge", "Memory of this process's own, in bytes, as last looked.",
              report.anonymous_bytes);
  text.single("weft_memory_used_bytes", "gauge",
              "What is held against the memory limit, in bytes: its own, or its control group's.", report.used_bytes);
  text.single("weft_memory_limit_bytes", "gauge", "The memory limit in bytes; 0: there is none.", report.limit_bytes);
  text.family("weft_buffer_bytes", "gauge", "Buffers for traffic, in bytes: lent ones hold bytes under way.");
  text.line("weft_buffer_bytes", "state=\"lent\"", report.buffers_lent_bytes);
  text.line("weft_buffer_bytes", "state=\"free\"", report.buffers_free_bytes);
  text.single("weft_overload_level", "gauge",
              "0: none; 1: new requests are refused; 2: and no connection is accepted; 3: and connections are cut.",
              static_cast<unsigned>(report.pressure));
}

void write_accepting(MetricsText& text, const LoadReport& report, const Workers& workers) {
  text.single("weft_downstream_connections_limit", "gauge", "Connections that may be open at a time.",
              report.limits.max_connections);
  constexpr const char* kRests[] = {"connections", "listener_connections"};
  static_assert(std::size(kRests) == static_cast<size_t>(AcceptRest::kCount));
  text.family("weft_accept_rests_total", "counter",
              "Times that a listener accepted nothing for a moment, by the limit that was reached.");
  for (size_t i = 0; i < std::size(kRests); ++i) {
    text.line("weft_accept_rests_total", cat("limit=\"", kRests[i], "\""),
              sum(workers, [i](const WorkerCounters& w) -> const Counter& { return w.accept_rests[i]; }));
  }
  const auto single = [&](std::string_view name, std::string_view help, Counter WorkerCounters::*counter) {
    text.single(name, "counter", help,
                sum(workers, [counter](const WorkerCounters& w) -> const Counter& { return w.*counter; }));
  };
  using W = WorkerCounters;
  single("weft_accept_pauses_total", "Times that accepting failed for want of descriptors or kernel memory.",
         &W::accept_pauses);
  single("weft_connections_refused_total", "Connections reset as they came because memory was short.",
         &W::connections_refused);
  single("weft_connections_shed_total", "Idle connections closed because something was short.", &W::connections_shed);
  single("weft_connections_cut_total", "Connections cut because memory was about to run out.", &W::connections_cut);
  single("weft_connect_shortages_total",
         "Upstream connections not opened for want of descriptors, ports or kernel memory.", &W::connect_shortages);
  single("weft_connects_overflowed_total", "Upstream connections not opened because too many were being opened.",
         &W::connects_overflowed);
}

void write_unrouted(MetricsText& text, const Workers& workers) {
  text.family("weft_unrouted_connections_total", "counter",
              "Connections to a listener with server names that were closed because they lead nowhere, by reason.");
  for (size_t i = 0; i < static_cast<size_t>(Unrouted::kCount); ++i) {
    text.line("weft_unrouted_connections_total", cat("reason=\"", unrouted_word(static_cast<Unrouted>(i)), "\""),
              sum(workers, [i](const WorkerCounters& w) -> const Counter& { return w.connections_unrouted[i]; }));
  }
}

void write_glitches(MetricsText& text, const Workers& workers) {
  text.family("weft_glitches_total", "counter", "What clients did that is legal and odd, by kind.");
  for (size_t i = 0; i < static_cast<size_t>(Glitch::kCount); ++i) {
    const uint64_t count = sum(workers, [i](const WorkerCounters& w) -> const Counter& { return w.glitches[i]; });
    if (count == 0) continue;
    text.line("weft_glitches_total", cat("kind=\"", glitch_word(static_cast<Glitch>(i)), "\""), count);
  }
  text.family("weft_glitch_connections_total", "counter",
              "Connections that were too odd: told to end, or cut when they went on.");
  text.line("weft_glitch_connections_total", "step=\"end\"",
            sum(workers, [](const WorkerCounters& w) -> const Counter& { return w.glitch_ends; }));
  text.line("weft_glitch_connections_total", "step=\"cut\"",
            sum(workers, [](const WorkerCounters& w) -> const Counter& { return w.glitch_cuts; }));
}

}  // namespace

void write_load(MetricsText& text, const LoadReport& report, const Workers& workers) {
  write_memory(text, report);
  write_accepting(text, report, workers);
  write_unrouted(text, workers);
  write_glitches(text, workers);
  text.single("weft_snapshot_write_failures_total", "counter",
              "Times that the last good configuration could not be written to disk.", report.snapshot_write_failures);
  text.single("weft_log_lines_dropped_total", "counter",
              "Lines of the log that nobody took: the disk is full, or the reader stands still.",
              report.log_lines_dropped);
}

}  // namespace weft::proxy
