#include "control-plane/verify_mtls.h"

#include <utility>

#include "base/document/json_writer.h"
#include "base/text.h"
#include "control-plane/engine/compile_proxy.h"
#include "weft/v1/config_item.pb.h"

namespace weft::cp {
namespace {

constexpr std::string_view kPermission = "MeshTrafficPermission";
// A little more than the proxy takes at most.
constexpr std::chrono::seconds kPatience{4};

// Where a proxy is reached, and who may come in there by which policies.
struct Inbound {
  std::string address;
  bool has_identity = false;
  bool is_guarded = false;
  std::vector<std::string> permissions;  // KRIs
};

Result<Inbound> find_inbound(const ProxyItems& items, uint16_t port) {
  Inbound found;
  std::string destination;
  for (const CompiledItemPtr& item : items.items) {
    found.has_identity = found.has_identity || item->type == v1::IDENTITY;
    v1::ListenerSet set;
    if (item->type != v1::LISTENERS || !set.ParseFromString(*item->bytes)) continue;
    for (const v1::Listener& listener : set.listeners()) {
      const bool wanted = port == 0 || listener.port() == port;
      if (listener.direction() != v1::INBOUND || !wanted || !destination.empty()) continue;
      const bool six = listener.address().find(':') != std::string::npos;
      found.address = cat(six ? "[" : "", listener.address(), six ? "]:" : ":", listener.port());
      destination = listener.destination();
    }
  }
  if (destination.empty()) return not_found(port == 0 ? "it has no inbound" : cat("it has no inbound on port ", port));
  for (const CompiledItemPtr& item : items.items) {
    v1::Destination read;
    if (item->type != v1::DESTINATION || item->name != destination || !read.ParseFromString(*item->bytes)) continue;
    const auto note = [&](const v1::PolicyUnit& unit) {
      if (unit.kind() != kPermission || found.is_guarded) return;
      found.is_guarded = true;
      found.permissions.assign(unit.origins().begin(), unit.origins().end());
    };
    for (const v1::PolicyUnit& unit : read.policies()) note(unit);
    for (const v1::Route& route : read.routes()) {
      for (const v1::PolicyUnit& unit : route.policies()) note(unit);
    }
  }
  return found;
}

std::string document(const std::string& from, const std::string& to, const Inbound& inbound, const std::string& probe) {
  JsonWriter out;
  out.begin_object();
  out.member("from", from);
  out.member("to", to);
  out.member("address", inbound.address);
  out.member("guarded", inbound.is_guarded);
  out.key("permissions");
  out.begin_list();
  for (const std::string& kri : inbound.permissions) out.string(kri);
  out.end_list();
  out.key("connection");
  out.raw(probe);
  out.end_object();
  return out.take();
}

}  // namespace

void add_verify_hook(ApiHooks& hooks, DeliveryThread& delivery, const WorldPublisher& worlds) {
  hooks.verify_mtls = [&delivery, &worlds](const ResourceKey& from, const std::string& to, uint16_t port,
                                           std::function<void(Result<std::string>)> answer) {
    const WorldPtr world = worlds.current();
    if (world->find(from) == nullptr) return answer(not_found(cat("there is no Dataplane \"", from.name, '"')));
    Memo memo;
    const Result<ProxyItemsPtr> items = compile_proxy(*world, {"Dataplane", from.mesh, to}, memo);
    if (!items.ok()) return answer(not_found(cat("there is no Dataplane \"", to, '"')));
    Result<Inbound> inbound = find_inbound(**items, port);
    if (!inbound.ok()) return answer(annotate(inbound.status(), cat("Dataplane \"", to, '"')));
    if (!inbound->has_identity) return answer(invalid(cat("Dataplane \"", to, "\" has no identity")));
    const std::string address = inbound->address;
    auto convert = [from = from.name, to, found = *std::move(inbound),
                    answer = std::move(answer)](Result<std::string> probe) {
      answer(probe.ok() ? Result<std::string>(document(from, to, found, *probe)) : std::move(probe));
    };
    delivery.post([from, address, convert = std::move(convert)](Delivery& d, SteadyTime now) {
      d.ask(from, v1::MTLS_PROBE, now + kPatience, convert, address);
    });
  };
}

}  // namespace weft::cp
