#include "control-plane/engine/telemetry_backends.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "control-plane/resource/kind.h"
#include "policies/policy_resource.h"
#include "weft/v1/backend_ref.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Refs = std::vector<const v1::TelemetryBackendRef*>;

constexpr std::string_view kBackend = "MeshOpenTelemetryBackend";

// All references in a message, however deep.
void collect(const Message& message, Refs& refs) {
  if (const auto* ref = google::protobuf::DynamicCastToGenerated<const v1::TelemetryBackendRef>(&message)) {
    refs.push_back(ref);
    return;
  }
  const google::protobuf::Reflection& get = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  get.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      collect(get.GetMessage(message, field), refs);
      continue;
    }
    for (int i = 0; i < get.FieldSize(message, field); ++i) collect(get.GetRepeatedMessage(message, field, i), refs);
  }
}

// The oldest that carries the labels; null when there is none.
ResourcePtr resolve(const v1::TelemetryBackendRef& ref, const World::Table& backends) {
  const auto age = [](const ResourcePtr& r) { return std::tuple<Time, std::string_view>(r->created, r->key.name); };
  ResourcePtr oldest;
  for (const auto& [name, backend] : backends) {
    if (!has_labels(backend->labels, ref.labels())) continue;
    if (oldest == nullptr || age(backend) < age(oldest)) oldest = backend;
  }
  return oldest;
}

bool is_referenced(const World& world, const Resource& backend) {
  const auto backends = world.table(kBackend, backend.key.mesh);
  for (const Kind& kind : kinds()) {
    // Only policies that can say so have a status.
    if (!kind.is_policy() || kind.status == nullptr) continue;
    for (const auto& [name, policy] : *world.table(kind.type(), backend.key.mesh)) {
      Refs refs;
      collect(*policy->spec, refs);
      const bool names_it = std::any_of(refs.begin(), refs.end(), [&](const v1::TelemetryBackendRef* ref) {
        const ResourcePtr meant = resolve(*ref, *backends);
        return meant != nullptr && meant->key == backend.key;
      });
      if (names_it) return true;
    }
  }
  return false;
}

v1::Condition condition(std::string_view type, bool holds, std::string_view reason, std::string message) {
  v1::Condition condition;
  condition.set_type(std::string(type));
  condition.set_status(holds ? "True" : "False");
  condition.set_reason(std::string(reason));
  condition.set_message(std::move(message));
  return condition;
}

}  // namespace

std::vector<v1::Condition> telemetry_conditions(const World& world, const Resource& resource) {
  if (resource.key.type == kBackend) {
    const bool referenced = is_referenced(world, resource);
    return {condition("ReferencedByPolicies", referenced, referenced ? "Referenced" : "NotReferenced",
                      referenced ? "" : "no policy of the mesh sends anything here")};
  }
  Refs refs;
  collect(*resource.spec, refs);
  if (refs.empty()) return {};
  const auto backends = world.table(kBackend, resource.key.mesh);
  const auto missing = std::count_if(refs.begin(), refs.end(), [&](const v1::TelemetryBackendRef* ref) {
    return resolve(*ref, *backends) == nullptr;
  });
  return {condition(
      "ResolvedRefs", missing == 0, missing == 0 ? "ResolvedRefs" : "BackendNotFound",
      missing == 0 ? "" : cat(missing, " of ", refs.size(), " backendRefs name no ", kBackend, " of the mesh"))};
}

}  // namespace weft::cp
