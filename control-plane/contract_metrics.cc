#include "control-plane/contract_metrics.h"

#include "base/text.h"
#include "control-plane/resource/kind.h"

namespace weft::cp {
namespace {

// A label's value as Prometheus reads it.
std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

size_t count(const World& world, const Kind& kind) {
  if (kind.is_global()) return world.table(kind.type(), "")->size();
  size_t sum = 0;
  for (const std::string& mesh : world.meshes()) sum += world.table(kind.type(), mesh)->size();
  return sum;
}

void print_info(std::string& out, const Options& options, const ContractMetrics::Installation& installation) {
  append(out, "# HELP cp_info What this control plane is; always 1\n# TYPE cp_info gauge\ncp_info{cluster_id=",
         quoted(installation.cluster_id), ",environment=", quoted(options.environment),
         ",instance_id=", quoted(installation.instance_id), ",mode=", quoted(options.mode),
         ",product=\"Weft\",version=", quoted(installation.version), ",zone=", quoted(options.zone), "} 1\n");
}

void print_resources(std::string& out, const Options& options, const World& world) {
  append(out, "# HELP resources_count Resources that are stored, by type\n# TYPE resources_count gauge\n");
  const std::string zone = quoted(options.mode == "zone" ? options.zone : "");
  for (const Kind& kind : kinds()) {
    if (kind.rules.read_only()) continue;  // counted on request, never stored
    append(out, "resources_count{resource_type=\"", kind.type(), "\",zone=", zone, "} ", count(world, kind), '\n');
  }
}

}  // namespace

void ContractMetrics::observe_request(std::string_view method, std::string_view route, int status,
                                      std::chrono::steady_clock::duration duration) {
  api_requests.observe(cat("code=\"", status, "\",handler=\"", route, "\",method=\"", method, '"'), duration);
}

std::string ContractMetrics::print(const Options& options, const Installation& installation, const World& world) const {
  std::string out;
  print_info(out, options, installation);
  print_resources(out, options, world);
  api_requests.print(out, "api_server_http_request_duration_seconds",
                     "From a request of the REST API to its answer, by route, method and status");
  store_operations.print(out, "store", "Writes to the store until they are durable, by operation and type");
  vip_generation.print(out, "vip_generation",
                       "Bringing services, host names and virtual addresses up to date with the store");
  return out;
}

}  // namespace weft::cp
