#include "control-plane/serve/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "base/file.h"
#include "base/text.h"

namespace weft::cp {
namespace {

void print_one(std::string& out, const char* name, const char* type, const char* help, uint64_t value) {
  append(out, "# HELP ", name, ' ', help, "\n# TYPE ", name, ' ', type, '\n', name, ' ', value, '\n');
}

// Second field of /proc/self/statm: resident pages.
uint64_t resident_bytes() {
  const std::string statm = read_file("/proc/self/statm").value_or("");
  const auto fields = split(statm, ' ');
  uint64_t pages = 0;
  if (fields.size() < 2 || !parse_number(fields[1], pages)) return 0;
  return pages * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + time.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

void ServeMetrics::set_compiled(const CompileCounters& counters) {
  compiled.proxies = counters.proxies;
  compiled.listeners = counters.listeners;
  compiled.destinations = counters.destinations;
  compiled.endpoints = counters.endpoints;
  compiled.identities = counters.identities;
  compiled.trusts = counters.trusts;
  compiled.units = counters.units;
  compiled.indexes = counters.indexes;
}

std::string ServeMetrics::print() const {
  std::string out;
  print_one(out, "weft_cp_connected_proxies", "gauge", "Proxies with an open stream", connected_proxies);
  print_one(out, "weft_cp_streams_opened_total", "counter", "Streams that were accepted", streams_opened);
  print_one(out, "weft_cp_streams_refused_total", "counter", "Streams that were refused", streams_refused);
  print_one(out, "weft_cp_updates_sent_total", "counter", "Updates sent to proxies", updates_sent);
  print_one(out, "weft_cp_items_sent_total", "counter", "Configuration items in these updates", items_sent);
  print_one(out, "weft_cp_payload_bytes_sent_total", "counter", "Bytes of these items", payload_bytes_sent);
  print_one(out, "weft_cp_acknowledgements_total", "counter", "Updates that proxies answered", acknowledgements);
  print_one(out, "weft_cp_items_refused_total", "counter", "Items that proxies refused", items_refused);
  print_one(out, "weft_cp_delivery_rounds_total", "counter", "Rounds of compiling and sending", rounds);
  print_one(out, "weft_cp_store_revision", "gauge", "Revision of the newest published content", store_revision);
  print_one(out, "weft_cp_compiled_proxies_total", "counter", "Item lists put together", compiled.proxies);
  print_one(out, "weft_cp_compiled_listeners_total", "counter", "Listener sets compiled", compiled.listeners);
  print_one(out, "weft_cp_compiled_destinations_total", "counter", "Destinations compiled", compiled.destinations);
  print_one(out, "weft_cp_compiled_endpoints_total", "counter", "Endpoint sets compiled", compiled.endpoints);
  print_one(out, "weft_cp_compiled_identities_total", "counter", "Identities compiled", compiled.identities);
  print_one(out, "weft_cp_compiled_trusts_total", "counter", "Trust domains compiled", compiled.trusts);
  print_one(out, "weft_cp_compiled_units_total", "counter", "Policy configurations merged", compiled.units);
  change_to_active.print(out, "weft_cp_change_to_active_seconds",
                         "From a commit to a proxy having acknowledged it, for proxies it changed");
  append(out, "# HELP xds_generation Working out what one proxy is to run on\n# TYPE xds_generation histogram\n");
  generated_changed.print_samples(out, "xds_generation", "result=\"changed\"");
  generated_same.print_samples(out, "xds_generation", "result=\"skip\"");
  print_one(out, "weft_cp_certificates_issued_total", "counter", "Certificates given to proxies", certificates_issued);
  append(out, "# HELP weft_cp_certificates_refused_total Certificates that proxies asked for and did not get\n",
         "# TYPE weft_cp_certificates_refused_total counter\n");
  for (size_t i = 0; i < kCertificateRefusals.size(); ++i) {
    append(out, "weft_cp_certificates_refused_total{reason=\"", kCertificateRefusals[i], "\"} ",
           certificates_refused[i].load(std::memory_order_relaxed), '\n');
  }
  signing.print(out, "weft_cp_certificate_signing_seconds", "From a good request for a certificate to the certificate");
  print_one(out, "process_resident_memory_bytes", "gauge", "Resident memory", resident_bytes());
  append(out, "# HELP process_cpu_seconds_total CPU time\n# TYPE process_cpu_seconds_total counter\n",
         "process_cpu_seconds_total ", cpu_seconds(), '\n');
  return out;
}

}  // namespace weft::cp
