#include "control-plane/engine/target_warnings.h"

#include <algorithm>
#include <tuple>

#include "base/text.h"
#include "control-plane/engine/rule_index.h"
#include "policies/match.h"
#include "policies/resolve_backend.h"
#include "weft/v1/backend_ref.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::DynamicCastToGenerated;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Backends of one policy that are looked up; a write waits for this.
constexpr size_t kMostBackends = 64;

std::string destination_warning(const World& world, const PolicyResource& policy, int index) {
  const v1::TargetRef& ref = policy.spec.to_target(index);
  if (ref.kind() == "Mesh") return {};
  bool labels_fit = false;
  const auto is_named = [&](const ResourcePtr& resource) {
    labels_fit = true;
    return names_resource(ref, view_target(resource)->target);
  };
  if (any_labelled(world, ref.kind(), policy.meta.mesh, ref.labels(), is_named)) return {};
  if (labels_fit) {
    return cat("spec.to[", index, "].targetRef: no selected ", ref.kind(), " has a port '", ref.section_name(),
               "' (a port with a name goes by its name, not by its number): the item applies to nothing yet");
  }
  return cat("spec.to[", index, "].targetRef: no ", ref.kind(), " of mesh '", policy.meta.mesh, "' carries the labels ",
             in_words(ref.labels()), ": the item applies to nothing yet");
}

// All backends in a spec with the paths of their fields, found by the type of the field.
struct Backends {
  std::vector<std::pair<std::string, const v1::BackendRef*>> services;
  std::vector<std::pair<std::string, const v1::TelemetryBackendRef*>> collectors;

  bool full() const { return services.size() + collectors.size() >= kMostBackends; }

  void visit(const Message& message, const std::string& path) {
    if (full()) return;
    if (const auto* service = DynamicCastToGenerated<const v1::BackendRef>(&message)) {
      services.push_back({path, service});
    } else if (const auto* collector = DynamicCastToGenerated<const v1::TelemetryBackendRef>(&message)) {
      collectors.push_back({path, collector});
    } else {
      visit_fields(message, path);
    }
  }

  void visit_fields(const Message& message, const std::string& path) {
    const google::protobuf::Reflection& get = *message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    get.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_map()) continue;
      const std::string at = cat(path, ".", field->json_name());
      if (!field->is_repeated()) {
        visit(get.GetMessage(message, field), at);
        continue;
      }
      for (int i = 0; i < get.FieldSize(message, field); ++i) {
        visit(get.GetRepeatedMessage(message, field, i), cat(at, "[", i, "]"));
      }
    }
  }
};

// Resources with all of the labels, oldest first.
std::vector<TargetViewPtr> labelled(const World& world, const std::string& kind, const std::string& mesh,
                                    const LabelMap& labels) {
  std::vector<TargetViewPtr> found;
  any_labelled(world, kind, mesh, labels, [&](const ResourcePtr& resource) {
    found.push_back(view_target(resource));
    return false;
  });
  std::sort(found.begin(), found.end(), [](const TargetViewPtr& a, const TargetViewPtr& b) {
    return std::tie(a->resource->created, a->target.name) < std::tie(b->resource->created, b->target.name);
  });
  return found;
}

std::string backend_warning(const World& world, const PolicyMeta& meta, const std::string& path,
                            const v1::BackendRef& ref) {
  std::vector<TargetViewPtr> found;
  LabelMap labels = ref.labels();
  const auto backend = resolve_backend(ref, meta, [&](const v1::TargetRef& wanted) {
    labels = wanted.labels();  // with the route's namespace
    found = labelled(world, wanted.kind(), meta.mesh, labels);
    std::vector<const TargetResource*> targets;
    for (const TargetViewPtr& view : found) targets.push_back(&view->target);
    return targets;
  });
  if (backend) return {};
  if (found.empty()) {
    return cat(path, ": no ", ref.kind(), " of mesh '", meta.mesh, "' carries the labels ", in_words(labels),
               ": traffic for this backend fails");
  }
  if (ref.section_name().empty() && !ref.has_port()) {
    return cat(path, ": ", ref.kind(), " '", found.front()->target.name,
               "' has several ports: say which one, or traffic for this backend fails");
  }
  return cat(path, ": ", ref.kind(), " '", found.front()->target.name, "' has no port '",
             ref.section_name().empty() ? std::to_string(ref.port()) : ref.section_name(),
             "': traffic for this backend fails");
}

// Telemetry goes to the backends of the policy's own namespace, as traffic does.
LabelMap collector_labels(const v1::TelemetryBackendRef& ref, const PolicyMeta& meta) {
  LabelMap wanted = ref.labels();
  const std::string name_space(label::kNamespace);
  if (!meta.name_space.empty() && wanted.contains(std::string(label::kDisplayName)) && !wanted.contains(name_space)) {
    wanted[name_space] = meta.name_space;
  }
  return wanted;
}

}  // namespace

std::string proxies_warning(const Reach& reach, const PolicyResource& policy) {
  if (policy.spec.target_ref().kind() != "Dataplane") return {};
  const v1::TargetRef& ref = policy.spec.target_ref();
  if (any_proxy(reach, policy, [](const Resource&, const v1::Dataplane&) { return true; })) return {};
  const auto fits = [&](const auto& entry) {
    return fits_proxy(policy, entry.second->labels, entry.second->display_name());
  };
  const auto table = reach.world.table("Dataplane", policy.meta.mesh);
  if (!ref.section_name().empty() && std::any_of(table->begin(), table->end(), fits)) {
    return cat("spec.targetRef: no selected Dataplane has an inbound '", ref.section_name(),
               "': the policy applies to nothing yet");
  }
  return cat("spec.targetRef: no Dataplane of mesh '", policy.meta.mesh, "' fits ", in_words(ref.labels()),
             ": the policy applies to nothing yet");
}

void add_destination_warnings(const World& world, const PolicyResource& policy, std::vector<std::string>& out) {
  for (int i = 0; i < policy.spec.to_size(); ++i) {
    std::string warning = destination_warning(world, policy, i);
    if (!warning.empty()) out.push_back(std::move(warning));
  }
}

void add_backend_warnings(const World& world, const PolicyResource& policy, std::vector<std::string>& out) {
  Backends backends;
  backends.visit(policy.spec.message(), "spec");
  for (const auto& [path, ref] : backends.services) {
    std::string warning = backend_warning(world, policy.meta, path, *ref);
    if (!warning.empty()) out.push_back(std::move(warning));
  }
  for (const auto& [path, ref] : backends.collectors) {
    const LabelMap labels = collector_labels(*ref, policy.meta);
    if (any_labelled(world, ref->kind(), policy.meta.mesh, labels, [](const ResourcePtr&) { return true; })) continue;
    out.push_back(cat(path, ": no ", ref->kind(), " of mesh '", policy.meta.mesh, "' carries the labels ",
                      in_words(labels), ": nothing is sent there"));
  }
}

}  // namespace weft::cp
