#include "control-plane/engine/rule_index.h"

#include <algorithm>
#include <utility>

#include "policies/policy.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

uint32_t number_field(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr) return 0;
  const auto& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT32: return reflection.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT32: return static_cast<uint32_t>(reflection.GetInt32(message, field));
    default: return 0;
  }
}

std::string text_field(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return {};
  return message.GetReflection()->GetString(message, field);
}

// Every kind of service keeps its ports in `ports`, but for the one whose single port stands in `match`.
std::vector<TargetResource::Port> ports_of(const Message& spec) {
  std::vector<TargetResource::Port> ports;
  const google::protobuf::Descriptor& type = *spec.GetDescriptor();
  const auto& reflection = *spec.GetReflection();
  const auto is_message = [](const FieldDescriptor* field) {
    return field != nullptr && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  };
  if (const FieldDescriptor* list = type.FindFieldByName("ports"); is_message(list) && list->is_repeated()) {
    for (int i = 0; i < reflection.FieldSize(spec, list); ++i) {
      const Message& port = reflection.GetRepeatedMessage(spec, list, i);
      ports.push_back({number_field(port, "port"), text_field(port, "name")});
    }
  }
  if (const FieldDescriptor* match = type.FindFieldByName("match"); is_message(match) && !match->is_repeated()) {
    ports.push_back({number_field(reflection.GetMessage(spec, match), "port"), ""});
  }
  return ports;
}

}  // namespace

TargetViewPtr view_target(ResourcePtr resource) {
  const ResourceKey& key = resource->key;
  TargetResource target{key.type,         key.type == "Mesh" ? key.name : key.mesh,
                        key.name,         kri(*resource),
                        resource->labels, ports_of(*resource->spec)};
  return std::make_shared<const TargetView>(TargetView{std::move(resource), std::move(target)});
}

RuleIndex::RuleIndex(std::string mesh) : mesh_(std::move(mesh)), policies_(policy_kinds().size()) {
  for (const std::string_view type : {"MeshService", "MeshExternalService", "MeshMultiZoneService", "MeshHTTPRoute"})
    targets_.push_back({type});
}

void RuleIndex::follow(const World& world) {
  ResourcePtr mesh = world.find({"Mesh", "", mesh_});
  if (mesh == nullptr) {
    mesh_view_ = nullptr;
  } else if (mesh_view_ == nullptr || mesh_view_->resource != mesh) {
    mesh_view_ = view_target(std::move(mesh));
  }
  for (Targets& targets : targets_) targets.views.follow(world.table(targets.type, mesh_));
  for (size_t i = 0; i < policies_.size(); ++i) policies_[i].follow(world.table(policy_kinds()[i].name, mesh_));
}

std::vector<TargetViewPtr> RuleIndex::named(const v1::TargetRef& ref) const {
  const Targets* targets = find(ref.kind());
  if (targets == nullptr) return {};
  std::vector<TargetViewPtr> views = targets->views.select(ref.labels());
  std::erase_if(views, [&](const TargetViewPtr& view) { return !names_resource(ref, view->target); });
  return views;
}

TargetViewPtr RuleIndex::target(std::string_view type, std::string_view name) const {
  const Targets* targets = find(type);
  return targets == nullptr ? nullptr : targets->views.find(name);
}

const RuleIndex::Targets* RuleIndex::find(std::string_view type) const {
  const auto found =
      std::find_if(targets_.begin(), targets_.end(), [&](const Targets& targets) { return targets.type == type; });
  return found == targets_.end() ? nullptr : &*found;
}

}  // namespace weft::cp
