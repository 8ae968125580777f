#include "base/document/json_writer.h"
#include "control-plane/engine/inspect/dataplane_documents.h"
#include "control-plane/engine/inspect/destinations.h"
#include "control-plane/engine/views.h"
#include "control-plane/engine/workload_identity.h"

namespace weft::cp {
namespace {

using Networking = v1::Dataplane::Networking;

std::string section_of(const auto& port) { return port.name().empty() ? cat(port.port()) : port.name(); }

void write_port(JsonWriter& out, const std::string& kri, uint32_t port) {
  out.begin_object();
  out.member("kri", kri);
  out.key("port");
  out.number(port);
}

void write_inbounds(JsonWriter& out, const DataplaneView& dataplane) {
  out.key("inbounds");
  out.begin_list();
  for (const Networking::Inbound& inbound : dataplane.networking().inbound()) {
    write_port(out, kri(*dataplane.resource, section_of(inbound)), inbound.port());
    out.member("protocol", inbound.protocol().empty() ? "tcp" : lower(inbound.protocol()));
    out.member("proxyResourceName", cat("self_inbound_dp_", section_of(inbound)));
    out.end_object();
  }
  out.end_list();
}

void write_outbounds(JsonWriter& out, const World& world, const DataplaneView& dataplane) {
  out.key("outbounds");
  out.begin_list();
  for (const Destination& destination : destinations_of(world, dataplane.resource->key.mesh, *dataplane.spec)) {
    write_port(out, destination.kri, destination.port.number);
    out.member("protocol", destination.port.protocol);
    out.member("proxyResourceName", destination.kri);
    out.end_object();
  }
  out.end_list();
}

void write_listeners(JsonWriter& out, const DataplaneView& dataplane) {
  out.key("listeners");
  out.begin_list();
  for (const Networking::Listener& listener : dataplane.networking().listeners()) {
    write_port(out, kri(*dataplane.resource, section_of(listener)), listener.port());
    out.member("type", listener.type());
    out.member("proxyResourceName", cat("self_", lower(listener.type()), "_dp_", section_of(listener)));
    out.end_object();
  }
  out.end_list();
}

}  // namespace

std::string layout_document(const World& world, const Resource& dataplane) {
  const DataplaneViewPtr view = view_dataplane(std::make_shared<const Resource>(dataplane));
  JsonWriter out;
  out.begin_object();
  out.member("kri", kri(dataplane));
  out.key("labels");
  out.begin_object();
  for (const auto& [key, value] : dataplane.labels) out.member(key, value);
  out.end_object();
  write_inbounds(out, *view);
  write_outbounds(out, world, *view);
  write_listeners(out, *view);
  if (const std::optional<std::string> id = spiffe_id_of(world, dataplane)) out.member("spiffeId", *id);
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
