#include <set>
#include <utility>

#include "base/text.h"
#include "control-plane/resource/validate/validate.h"
#include "control-plane/resource/validate/words.h"
#include "weft/v1/dataplane.pb.h"

namespace weft::cp {
namespace {

using Networking = v1::Dataplane::Networking;

constexpr uint32_t kMaxPort = 65535;

// All checks of one dataplane; `violations_` collects them in document order.
class DataplaneCheck {
 public:
  DataplaneCheck(const v1::Dataplane& dataplane, Violations& violations)
      : networking_(dataplane.networking()), violations_(violations) {}

  void run() {
    address("networking.address", networking_.address());
    if (networking_.has_gateway()) {
      gateway();
    } else {
      for (int i = 0; i < networking_.inbound_size(); ++i)
        inbound(networking_.inbound(i), cat("networking.inbound[", i, "]"));
    }
    for (int i = 0; i < networking_.outbound_size(); ++i)
      outbound(networking_.outbound(i), cat("networking.outbound[", i, "]"));
    for (int i = 0; i < networking_.listeners_size(); ++i) {
      listener(networking_.listeners(i), cat("networking.listeners[", i, "]"));
    }
    reachable_backends();
    admin();
  }

 private:
  void port(const std::string& field, uint32_t value) {
    if (value < 1 || value > kMaxPort) violations_.add(field, "port must be in the range [1, 65535]");
  }
  // A port that may be left out.
  void optional_port(const std::string& field, uint32_t value) {
    if (value > kMaxPort) violations_.add(field, "port must be in the range [1, 65535]");
  }

  void address(const std::string& field, const std::string& value) {
    if (value.empty()) {
      violations_.add(field, "address can't be empty");
    } else if (value == "0.0.0.0" || value == "::") {
      violations_.add(field, "must not be 0.0.0.0 or ::");
    } else if (!is_ip(value) && !is_host_name(value)) {
      violations_.add(field, "address has to be valid IP address or domain name");
    }
  }

  void gateway() {
    if (networking_.inbound_size() > 0)
      violations_.add("networking", "inbound cannot be defined for delegated gateways");
    if (networking_.listeners_size() > 0)
      violations_.add("networking", "listeners cannot be defined for delegated gateways");
  }

  void inbound(const Networking::Inbound& inbound, const std::string& field) {
    port(cat(field, ".port"), inbound.port());
    optional_port(cat(field, ".servicePort"), inbound.service_port());
    if (!inbound.address().empty() && !is_ip(inbound.address())) {
      violations_.add(cat(field, ".address"), "address has to be valid IP address");
    }
    service_address(inbound, field);
    protocol(inbound.protocol(), cat(field, ".protocol"));
    if (inbound.has_service_probe()) probe(inbound.service_probe(), cat(field, ".serviceProbe"));
    unique_name(inbound.name(), cat(field, ".name"));
    const std::string& listen = inbound.address().empty() ? networking_.address() : inbound.address();
    unique_address(listen, inbound.port(), cat(field, ".port"));
  }

  void service_address(const Networking::Inbound& inbound, const std::string& field) {
    if (inbound.service_address().empty()) return;
    if (!is_ip(inbound.service_address())) {
      violations_.add(cat(field, ".serviceAddress"), "serviceAddress has to be valid IP address");
    }
    const std::string& listen = inbound.address().empty() ? networking_.address() : inbound.address();
    const uint32_t service_port = inbound.service_port() == 0 ? inbound.port() : inbound.service_port();
    if (inbound.service_address() == listen && service_port == inbound.port()) {
      violations_.add(cat(field, ".serviceAddress"),
                      "serviceAddress and servicePort has to differ from address and port");
    }
  }

  void protocol(const std::string& value, const std::string& field) {
    for (const std::string_view known : {"", "http", "http2", "grpc", "tcp", "tls", "mysql"}) {
      if (equal_ignoring_case(value, known)) return;
    }
    violations_.add(field, cat("has an invalid value \"", value, "\". Allowed values: grpc, http, http2, tcp"));
  }

  void probe(const Networking::Inbound::ServiceProbe& probe, const std::string& field) {
    const auto positive = [](const google::protobuf::Duration& duration) {
      return duration.seconds() > 0 || (duration.seconds() == 0 && duration.nanos() > 0);
    };
    constexpr std::string_view reason = "must have a positive value";
    if (probe.has_interval() && !positive(probe.interval())) violations_.add(cat(field, ".interval"), reason);
    if (probe.has_timeout() && !positive(probe.timeout())) violations_.add(cat(field, ".timeout"), reason);
    if (probe.has_unhealthy_threshold() && probe.unhealthy_threshold() == 0) {
      violations_.add(cat(field, ".unhealthyThreshold"), reason);
    }
    if (probe.has_healthy_threshold() && probe.healthy_threshold() == 0) {
      violations_.add(cat(field, ".healthyThreshold"), reason);
    }
  }

  void outbound(const Networking::Outbound& outbound, const std::string& field) {
    port(cat(field, ".port"), outbound.port());
    if (!outbound.address().empty() && !is_ip(outbound.address())) {
      violations_.add(cat(field, ".address"), "address has to be valid IP address");
    }
    const std::string reference = cat(field, ".backendRef");
    if (!outbound.has_backend_ref()) return violations_.add(reference, "must be defined");
    const auto& backend = outbound.backend_ref();
    if (backend.kind() != "MeshService" && backend.kind() != "MeshExternalService" &&
        backend.kind() != "MeshMultiZoneService") {
      violations_.add(cat(reference, ".kind"),
                      "invalid value. Available values are: MeshExternalService,MeshMultiZoneService,MeshService");
    }
    if (backend.name().empty() == backend.labels().empty()) {
      violations_.add(reference, "either 'name' or 'labels' should be specified");
    }
    if (backend.kind() != "MeshExternalService" || backend.port() != 0) port(cat(reference, ".port"), backend.port());
  }

  void listener(const Networking::Listener& listener, const std::string& field) {
    if (listener.type() != "ZoneIngress" && listener.type() != "ZoneEgress") {
      violations_.add(cat(field, ".type"), "type must be ZoneIngress or ZoneEgress");
    }
    address(cat(field, ".address"), listener.address());
    port(cat(field, ".port"), listener.port());
    unique_name(listener.name(), cat(field, ".name"));
    unique_address(listener.address(), listener.port(), cat(field, ".port"));
  }

  void unique_name(const std::string& name, const std::string& field) {
    if (networking_.listeners_size() == 0) return;
    if (!name.empty() && !names_.insert(name).second) {
      violations_.add(field, cat("must be unique among inbounds and listeners: \"", name, "\""));
    }
  }
  void unique_address(const std::string& address, uint32_t port, const std::string& field) {
    if (networking_.listeners_size() == 0) return;
    if (!addresses_.emplace(address, port).second) {
      violations_.add(field, cat("must be unique among inbounds and listeners: ", address, ":", port));
    }
  }

  void reachable_backends() {
    const auto& proxying = networking_.transparent_proxying();
    optional_port("networking.transparentProxying.redirectPortInbound", proxying.redirect_port_inbound());
    optional_port("networking.transparentProxying.redirectPortOutbound", proxying.redirect_port_outbound());
    for (int i = 0; i < proxying.reachable_backends().refs_size(); ++i) {
      // The misspelling is part of the contract.
      const std::string field = cat("networking.transparentProxing.reachableBackends.refs[", i, "]");
      const auto& ref = proxying.reachable_backends().refs(i);
      if (ref.kind() != "MeshService" && ref.kind() != "MeshExternalService" && ref.kind() != "MeshMultiZoneService") {
        violations_.add(cat(field, ".kind"),
                        "invalid value. Available values are: MeshExternalService,MeshMultiZoneService,MeshService");
      }
      if (ref.name().empty() && ref.labels().empty())
        violations_.add(cat(field, ".name"), "name or labels are required");
      if (ref.name().empty() && !ref.namespace_().empty()) {
        violations_.add(cat(field, ".name"), "name is required, when namespace is defined");
      }
      if (!ref.name().empty() && !ref.labels().empty()) {
        violations_.add(cat(field, ".labels"), "labels cannot be defined when name is specified");
      }
      optional_port(cat(field, ".port"), ref.port());
    }
  }

  void admin() {
    const uint32_t port = networking_.admin().port();
    if (port == 0) return;
    optional_port("networking.admin.port", port);
    for (const auto& inbound : networking_.inbound()) {
      if (inbound.port() == port) violations_.add("networking.admin.port", "must differ from inbound");
    }
    for (const auto& outbound : networking_.outbound()) {
      if (outbound.port() == port) violations_.add("networking.admin.port", "must differ from outbound");
    }
  }

  const Networking& networking_;
  Violations& violations_;
  std::set<std::string> names_;
  std::set<std::pair<std::string, uint32_t>> addresses_;
};

}  // namespace

void validate_dataplane(const Resource& resource, Violations& violations) {
  const auto& dataplane = *google::protobuf::DynamicCastToGenerated<const v1::Dataplane>(resource.spec.get());
  if (!dataplane.has_networking()) return violations.add("networking", "must be defined");
  DataplaneCheck(dataplane, violations).run();
}

}  // namespace weft::cp
