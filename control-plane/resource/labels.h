// The labels of a resource: how keys and values must look, which ones the control plane writes itself, which ones
// nobody may change. Pure functions.
#pragma once

#include <string_view>

#include "control-plane/resource/kind.h"
#include "control-plane/resource/place.h"
#include "control-plane/resource/resource.h"
#include "policies/violations.h"

namespace weft::cp {

inline constexpr std::string_view kDisplayNameLabel = "kuma.io/display-name";
inline constexpr std::string_view kMeshLabel = "kuma.io/mesh";
inline constexpr std::string_view kOriginLabel = "kuma.io/origin";
inline constexpr std::string_view kZoneLabel = "kuma.io/zone";
inline constexpr std::string_view kEnvLabel = "kuma.io/env";
inline constexpr std::string_view kPolicyRoleLabel = "kuma.io/policy-role";
inline constexpr std::string_view kWorkloadLabel = "kuma.io/workload";
inline constexpr std::string_view kProxyTypeLabel = "kuma.io/proxy-type";
inline constexpr std::string_view kEffectLabel = "kuma.io/effect";
inline constexpr std::string_view kManagedByLabel = "kuma.io/managed-by";
inline constexpr std::string_view kDeletionGraceLabel = "kuma.io/deletion-grace-period-started-at";
inline constexpr std::string_view kNamespaceLabel = "k8s.kuma.io/namespace";
inline constexpr std::string_view kZoneIngressLabel = "kuma.io/listener-zoneingress";
inline constexpr std::string_view kZoneEgressLabel = "kuma.io/listener-zoneegress";

// What the author wrote, and what a control plane (outside Kubernetes) adds and overwrites. `spec` is the resource's;
// null: nothing is derived from it.
Labels computed_labels(const Kind& kind, const ResourceKey& key, Labels labels, const Place& place,
                       const google::protobuf::Message* spec = nullptr);

// What of a spec is the control plane's to say: the zone of a gateway.
void complete_spec(google::protobuf::Message& spec, const Place& place);

// Syntax of keys and values, wherever they are written. Fields are `labels["key"]`.
void check_label_syntax(const Labels& labels, Violations& violations);
// The syntax, and the reserved ones against the resource and this control plane.
void check_labels(const Kind& kind, const ResourceKey& key, const Labels& labels, const Place& place,
                  Violations& violations);

// "global" or "zone"; empty when nobody said.
std::string_view origin_of(const Labels& labels);

// What may never change once it is stored. `computed` are the labels about to be stored.
void check_immutable_labels(const Labels& stored, const Labels& computed, Violations& violations);

}  // namespace weft::cp
