#include "control-plane/source/write_rules.h"

#include <algorithm>

#include "base/text.h"
#include "control-plane/resource/labels.h"
#include "weft/v1/zone.pb.h"

namespace weft::cp {
namespace {

constexpr std::string_view kRemoveTitle = "Could not delete a resource";

bool is_connected(const World& world, const std::string& zone) {
  const ResourcePtr found = world.find({"ZoneInsight", "", zone});
  if (found == nullptr) return false;
  const auto& insight = *google::protobuf::DynamicCastToGenerated<const v1::ZoneInsight>(found->spec.get());
  const auto& subscriptions = insight.subscriptions();
  return std::any_of(subscriptions.begin(), subscriptions.end(), [](const v1::ZoneInsight::Subscription& one) {
    return one.has_connect_time() && !one.has_disconnect_time();
  });
}

}  // namespace

std::optional<Problem> check_written_here(const Kind& kind, const ApiOptions& options, const Resource* stored) {
  const auto refused = [](std::string detail) { return Problem{405, "Method not allowed", std::move(detail), {}}; };
  const Place& place = options.place;
  if (options.read_only) return refused("this control plane is read only (apiServer.readOnly)");
  if (is_written_elsewhere(kind, place)) {
    return refused(cat(kind.type(), " is written on ",
                       place.is_global ? "the control planes of zones" : "the global control plane",
                       ", here it is read only"));
  }
  if (place.is_federated && stored != nullptr && origin_of(stored->labels) == "global") {
    return refused("it is a copy of a resource of the global control plane, here it is read only");
  }
  return std::nullopt;
}

std::optional<Problem> check_removable(const Resource& resource, const ApiOptions& options, const World& world) {
  const std::string& name = resource.key.name;
  if (resource.key.type == "Mesh" && !options.unsafe_delete && !world.table("Dataplane", name)->empty()) {
    return not_valid(kRemoveTitle, "mesh", "unable to delete mesh, there are still some dataplanes attached");
  }
  if (resource.key.type == "Zone" && !options.unsafe_delete && is_connected(world, name)) {
    return not_valid(kRemoveTitle, "zone",
                     "unable to delete Zone, Zone CP is still connected, please shut it down first");
  }
  return std::nullopt;
}

std::vector<Write> removal_of(const ResourceKey& key, const World& world) {
  std::vector<Write> writes;
  if (key.type == "Mesh") writes.push_back({Write::Kind::kDeleteMesh, key, nullptr, std::nullopt});
  writes.push_back({Write::Kind::kDelete, key, nullptr, std::nullopt});
  const std::string about = key.type == "Dataplane" ? "DataplaneInsight" : key.type == "Zone" ? "ZoneInsight" : "";
  const ResourceKey insight{about, key.mesh, key.name};
  if (!about.empty() && world.find(insight) != nullptr)
    writes.push_back({Write::Kind::kDelete, insight, nullptr, std::nullopt});
  return writes;
}

}  // namespace weft::cp
