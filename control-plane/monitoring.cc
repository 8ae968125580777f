#include "control-plane/monitoring.h"

#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "control-plane/engine/monitoring_targets.h"

namespace weft::cp {
namespace {

constexpr uint16_t kDefaultPort = 5676;

Result<std::optional<HttpServerTls>> tls_of(const Options& options) {
  if (options.monitoring_cert_file.empty()) return std::optional<HttpServerTls>();
  HttpServerTls tls;
  for (const auto& [file, text] : {std::pair{&options.monitoring_cert_file, &tls.certificate_pem},
                                   std::pair{&options.monitoring_key_file, &tls.key_pem}}) {
    Result<std::string> read = read_file(*file);
    if (!read.ok()) return annotate(read.status(), "certificate of the port for Prometheus");
    *text = *std::move(read);
  }
  return std::optional(std::move(tls));
}

}  // namespace

Result<std::unique_ptr<MonitoringServer>> start_monitoring(const Options& options, const WorldPublisher& worlds) {
  if (!options.monitoring_enabled || options.mode != "zone") return std::unique_ptr<MonitoringServer>();
  Result<std::optional<HttpServerTls>> tls = tls_of(options);
  if (!tls.ok()) return tls.status();
  MonitoringOptions server{
      .interface = options.monitoring_interface.empty() ? options.api_interface : options.monitoring_interface,
      .port = options.api_port == 0 ? uint16_t{0} : kDefaultPort,
      .tls = *std::move(tls),
      .refresh_interval = options.monitoring_refresh,
      .default_fetch_timeout = options.monitoring_fetch_timeout};
  parse_number(options.monitoring_port, server.port);
  server.assignments = [&worlds, targets = std::make_shared<MonitoringTargets>()](std::string_view client) {
    MonitoringAssignments found = targets->assignments(*worlds.current(), client);
    return MonitoringAnswer{std::move(found.version), std::move(found.resources)};
  };
  return MonitoringServer::start(std::move(server));
}

}  // namespace weft::cp
