#include "policies/mesh_passthrough/validate.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "base/text.h"
#include "policies/mesh_passthrough/destination_name.h"
#include "policies/schema_words.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_passthrough.pb.h"

namespace weft::mesh_passthrough {
namespace {

using Destination = v1::MeshPassthroughConf::Destination;

constexpr std::string_view kWildcard = "*.";

// A port of these is one listener that looks into requests: it cannot be anything else too.
bool looks_into_requests(std::string_view protocol) {
  return protocol == "grpc" || protocol == "http" || protocol == "http2";
}

// Goes through the list in order: an entry is compared with those before it.
class ListCheck {
 public:
  explicit ListCheck(Violations& violations) : violations_(violations) {}

  void check(const Destination& destination, const std::string& field) {
    check_port(destination, field);
    const Words& protocols = allowed_words(destination, "protocol");
    if (!destination.protocol().empty() && !is_one_of(protocols, destination.protocol())) {
      violations_.add(field + ".protocol", must_be_one_of("protocol", protocols));
    }
    check_value(destination, field);
  }

 private:
  void check_port(const Destination& destination, const std::string& field) {
    const std::string& protocol = destination.protocol();
    if (!destination.has_port()) {
      if (protocol == "mysql") violations_.add(field + ".port", "port must be defined for Mysql protocol");
      return;
    }
    const uint32_t port = destination.port();
    if (port < 1 || port > 65535) return violations_.add(field + ".port", "port must be a valid (1-65535)");
    std::set<std::string>& protocols = protocols_[port];
    protocols.insert(protocol);
    if (protocols.size() > 1 && looks_into_requests(protocol)) {
      violations_.add(field + ".port",
                      "using the same port in multiple matches requires the same protocol for the following "
                      "protocols: [grpc http http2]");
    }
    if (!seen_.insert({port, protocol, destination.value()}).second) {
      violations_.add(field + ".value",
                      cat("value ", destination.value(), " is already defiend for this port and protocol"));
    }
  }

  void check_value(const Destination& destination, const std::string& field) {
    const std::string& value = destination.value();
    if (destination.type() == "Domain") {
      check_domain(destination, field);
    } else if (destination.type() == "IP") {
      if (!is_ip(value)) violations_.add(field + ".value", "provided IP has incorrect value");
    } else if (destination.type() == "CIDR") {
      if (!is_cidr(value)) violations_.add(field + ".value", "provided CIDR has incorrect value");
    } else {
      violations_.add(field + ".type", cat("provided type ", destination.type(),
                                           " is not supported, one of Domain, IP, or CIDR is supported"));
    }
  }

  void check_domain(const Destination& destination, const std::string& field) {
    const std::string& protocol = destination.protocol();
    // Nothing in these says the name.
    if (protocol == "tcp" || protocol == "mysql") {
      violations_.add(field + ".protocol", cat("protocol ", protocol, " is not supported for a domain"));
    }
    std::string_view name = destination.value();
    if (name.starts_with('*') && !name.starts_with(kWildcard)) {
      return violations_.add(field + ".value",
                             "provided DNS has incorrect value, partial wildcard is currently not supported");
    }
    if (name.starts_with(kWildcard)) {
      if (!destination.has_port() && looks_into_requests(protocol)) {
        violations_.add(field + ".port", "wildcard domains doesn't work for all ports and layer 7 protocol");
      }
      name.remove_prefix(kWildcard.size());
    }
    if (!is_dns_name(name)) violations_.add(field + ".value", "provided DNS has incorrect value");
  }

  Violations& violations_;
  std::map<uint32_t, std::set<std::string>> protocols_;            // by port
  std::set<std::tuple<uint32_t, std::string, std::string>> seen_;  // port, protocol, value
};

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshPassthrough&>(message);
  validate_targets(spec, violations);
  ListCheck list(violations);
  for (int i = 0; i < spec.default_().append_match_size(); ++i) {
    list.check(spec.default_().append_match(i), cat("spec.default.appendMatch[", i, "]"));
  }
}

}  // namespace weft::mesh_passthrough
