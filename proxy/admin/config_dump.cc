#include "proxy/admin/config_dump.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <memory>

#include "base/document/json_writer.h"
#include "base/hash.h"
#include "policies/policy.h"
#include "proxy/admin/identity_dump.h"
#include "proxy/route/outlier_board.h"

namespace weft::proxy {
namespace {

std::string message_json(const google::protobuf::Message& message) {
  std::string json;
  return google::protobuf::util::MessageToJsonString(message, &json).ok() ? json : "null";
}

// The kind's conf message by its name; kinds whose schema this program lacks are shown by size.
void write_conf(JsonWriter& out, const std::string& kind, const std::string& bytes) {
  const auto* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName("weft.v1." + kind + "Conf");
  if (descriptor == nullptr) return out.string(cat(bytes.size(), " bytes"));
  const std::unique_ptr<google::protobuf::Message> conf(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!conf->ParseFromString(bytes)) return out.string("undecodable");
  out.raw(message_json(*conf));
}

void write_rules(JsonWriter& out, const v1::PolicyUnit& unit) {
  v1::RuleList list;
  if (!list.ParseFromString(unit.conf())) return out.string("undecodable");
  out.begin_list();
  for (const v1::RuleList::Rule& rule : list.rules()) {
    out.begin_object();
    out.member("origin", rule.origin());
    out.key("conf");
    write_conf(out, unit.kind(), rule.conf());
    out.end_object();
  }
  out.end_list();
}

void write_policies(JsonWriter& out, const google::protobuf::RepeatedPtrField<v1::PolicyUnit>& units, bool inbound) {
  out.key("policies");
  out.begin_list();
  for (const v1::PolicyUnit& unit : units) {
    out.begin_object();
    out.member("kind", unit.kind());
    out.key("origins");
    out.begin_list();
    for (const std::string& origin : unit.origins()) out.string(origin);
    out.end_list();
    const PolicyKind* const kind = find_policy_kind(unit.kind());
    const bool apart = inbound && kind != nullptr && kind->keeps_rules_apart;
    out.key(apart ? "rules" : "conf");
    apart ? write_rules(out, unit) : write_conf(out, unit.kind(), unit.conf());
    out.end_object();
  }
  out.end_list();
}

void write_destination(JsonWriter& out, const v1::Destination& destination) {
  out.member("direction", v1::Direction_Name(destination.direction()));
  out.member("protocol", v1::Protocol_Name(destination.protocol()));
  const bool inbound = destination.direction() == v1::INBOUND;
  write_policies(out, destination.policies(), inbound);
  out.key("routes");
  out.begin_list();
  for (const v1::Route& route : destination.routes()) {
    out.begin_object();
    out.member("name", route.name());
    if (!route.path_prefix().empty()) out.member("pathPrefix", route.path_prefix());
    write_policies(out, route.policies(), inbound);
    out.key("backends");
    out.begin_list();
    for (const v1::Backend& backend : route.backends()) out.raw(message_json(backend));
    out.end_list();
    out.end_object();
  }
  out.end_list();
}

void write_item(JsonWriter& out, const ItemKey& key, const Unit& unit) {
  out.begin_object();
  out.member("name", key.name);
  out.member("hash", hex64(unit.hash));
  if (key.type == v1::DESTINATION) {
    v1::Destination destination;
    if (destination.ParseFromString(unit.payload)) write_destination(out, destination);
  } else if (key.type == v1::LISTENERS) {
    v1::ListenerSet set;
    out.key("listeners");
    out.begin_list();
    if (set.ParseFromString(unit.payload)) {
      for (const v1::Listener& listener : set.listeners()) out.raw(message_json(listener));
    }
    out.end_list();
  } else {
    v1::EndpointSet set;
    out.key("endpoints");
    out.begin_list();
    if (set.ParseFromString(unit.payload)) {
      for (const v1::Endpoint& endpoint : set.endpoints()) out.raw(message_json(endpoint));
    }
    out.end_list();
    if (!set.localities().empty()) {
      out.key("localities");
      out.begin_list();
      for (const v1::Locality& locality : set.localities()) out.raw(message_json(locality));
      out.end_list();
    }
    if (set.has_tls()) {
      out.key("tls");
      out.raw(message_json(set.tls()));
    }
  }
  out.end_object();
}

void write_items(JsonWriter& out, const char* key, v1::ItemType type, const Configuration& configuration) {
  out.key(key);
  out.begin_list();
  for (const auto& [name, unit] : configuration.accepted) {
    if (name.type == type) write_item(out, name, *unit);
  }
  out.end_list();
}

void write_refusals(JsonWriter& out, const Configuration& configuration) {
  out.key("refusals");
  out.begin_list();
  for (const auto& [key, refused] : configuration.refused) {
    out.begin_object();
    out.member("type", v1::ItemType_Name(key.type));
    out.member("name", key.name);
    out.member("reason", refused.reason);
    out.member("lastGoodStays", configuration.accepted.contains(key));
    out.end_object();
  }
  out.end_list();
}

// Who fails and is left out.
void write_outliers(std::string& out, const Backend& backend) {
  if (backend.outliers == nullptr) return;
  const EndpointSet& set = *backend.endpoints;
  for (size_t i = 0; i < set.endpoints.size(); ++i) {
    if (!backend.outliers->is_out(i)) continue;
    append(out, set.name, "::", set.endpoints[i].address.text(), "::health_flags::/failed_outlier_check\n");
  }
}

}  // namespace

std::string config_dump(const Configuration& configuration) {
  JsonWriter out;
  out.begin_object();
  out.key("revision");
  out.number(configuration.revision);
  out.key("generation");
  out.number(configuration.snapshot == nullptr ? uint64_t{0} : configuration.snapshot->generation);
  // What is open now; a listener whose destination was refused is not.
  out.key("openListeners");
  out.begin_list();
  if (configuration.snapshot != nullptr) {
    for (const auto& listener : configuration.snapshot->listeners) out.string(listener->name);
  }
  out.end_list();
  write_items(out, "listeners", v1::LISTENERS, configuration);
  write_items(out, "destinations", v1::DESTINATION, configuration);
  write_items(out, "endpointSets", v1::ENDPOINTS, configuration);
  write_identity(out, configuration);
  write_refusals(out, configuration);
  out.end_object();
  return out.take() + "\n";
}

std::string clusters_text(const Configuration& configuration) {
  std::string out;
  for (const auto& [key, unit] : configuration.accepted) {
    if (key.type != v1::ENDPOINTS) continue;
    const auto& set = std::get<DecodedEndpoints>(unit->content).set;
    if (set->endpoints.empty()) append(out, key.name, "::no endpoints\n");
    for (const Endpoint& endpoint : set->endpoints) {
      append(out, key.name, "::", endpoint.address.text(), "::weight::", endpoint.weight, "\n");
    }
    for (const Locality& locality : set->localities) {
      for (uint32_t i = locality.begin; i < locality.end; ++i) {
        append(out, key.name, "::", set->endpoints[i].address.text(), "::priority::", locality.priority, "\n");
        append(out, key.name, "::", set->endpoints[i].address.text(), "::locality::", locality.name, "\n");
      }
    }
  }
  for (const auto& [name, destination] : configuration.destinations) {
    for (const Route& route : destination->routes) {
      for (const Backend& backend : route.backends) write_outliers(out, backend);
    }
  }
  return out;
}

}  // namespace weft::proxy
