#include "control-plane/resource/labels.h"

#include "base/text.h"
#include "control-plane/resource/names.h"
#include "weft/v1/dataplane.pb.h"

namespace weft::cp {
namespace {

constexpr size_t kMaxLabelPart = 63;

constexpr std::string_view kNamePart =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with "
    "an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// [A-Za-z0-9], with - _ . inside.
bool is_qualified(std::string_view text) {
  if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  for (const char c : text) {
    if (!is_alphanumeric(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

void check_key(const std::string& field, std::string_view key, Violations& violations) {
  const std::vector<std::string_view> parts = split(key, '/');
  if (parts.size() > 2) {
    violations.add(field, cat("a valid label key ", kNamePart,
                              " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"));
    return;
  }
  if (parts.size() == 2) {
    if (parts[0].empty())
      violations.add(field, "prefix part must be non-empty");
    else if (!is_dns_subdomain(parts[0]))
      violations.add(field, "prefix part must be a lowercase RFC 1123 subdomain");
  }
  const std::string_view name = parts.back();
  if (name.empty()) violations.add(field, "name part must be non-empty");
  if (name.size() > kMaxLabelPart) violations.add(field, "name part must be no more than 63 bytes");
  if (!is_qualified(name)) violations.add(field, cat("name part ", kNamePart));
}

std::string field_of(std::string_view label) { return cat("labels[\"", label, "\"]"); }

void check_syntax(std::string_view name, std::string_view value, Violations& violations) {
  const std::string field = field_of(name);
  check_key(field, name, violations);
  if (value.size() > kMaxLabelPart) violations.add(field, "must be no more than 63 bytes");
  if (!value.empty() && !is_qualified(value)) violations.add(field, kLabelValue);
}

// Where it was made is a matter of control planes that know each other: a zone on its own takes anything it knows.
void check_origin(const Kind& kind, const Labels& labels, const Place& place, Violations& violations) {
  const std::string_view origin = origin_of(labels);
  const std::string field = field_of(kOriginLabel);
  if (!origin.empty() && origin != "global" && origin != "zone") {
    violations.add(field, cat("unknown resource origin \"", origin, "\""));
  }
  const bool is_asked_for = place.is_federated && place.checks_origin && !kind.is_inline();
  const bool differs = place.is_global ? !origin.empty() && origin != "global" : is_asked_for && origin != "zone";
  if (differs) violations.add(field, cat("the origin label must be set to '", place.origin(), "'"));
}

void set_if(Labels& labels, std::string_view key, bool wanted) {
  if (wanted)
    labels[std::string(key)] = "enabled";
  else
    labels.erase(std::string(key));
}

// What a zone proxy's listeners say of it.
void derive_from_listeners(const google::protobuf::Message* spec, Labels& labels) {
  const auto* dataplane = google::protobuf::DynamicCastToGenerated<const v1::Dataplane>(spec);
  if (dataplane == nullptr) return;
  bool ingress = false;
  bool egress = false;
  for (const auto& listener : dataplane->networking().listeners()) {
    ingress = ingress || listener.type() == "ZoneIngress";
    egress = egress || listener.type() == "ZoneEgress";
  }
  set_if(labels, kZoneIngressLabel, ingress);
  set_if(labels, kZoneEgressLabel, egress);
}

}  // namespace

std::string_view origin_of(const Labels& labels) {
  const auto given = labels.find(std::string(kOriginLabel));
  return given == labels.end() ? std::string_view() : std::string_view(given->second);
}

Labels computed_labels(const Kind& kind, const ResourceKey& key, Labels labels, const Place& place,
                       const google::protobuf::Message* spec) {
  labels[std::string(kDisplayNameLabel)] = key.name;
  labels[std::string(kOriginLabel)] = place.origin();
  if (!kind.is_global()) labels.try_emplace(std::string(kMeshLabel), key.mesh);
  if (!kind.rules.global_only() && !place.is_global) {
    labels.try_emplace(std::string(kZoneLabel), place.zone);
    labels.try_emplace(std::string(kEnvLabel), "universal");
  }
  if (spec != nullptr) derive_from_listeners(spec, labels);
  // A word of older versions.
  labels.erase(std::string(kProxyTypeLabel));
  return labels;
}

void complete_spec(google::protobuf::Message& spec, const Place& place) {
  auto* dataplane = google::protobuf::DynamicCastToGenerated<v1::Dataplane>(&spec);
  if (dataplane == nullptr || !dataplane->networking().has_gateway()) return;
  (*dataplane->mutable_networking()->mutable_gateway()->mutable_tags())[std::string(kZoneLabel)] = place.zone;
}

void check_label_syntax(const Labels& labels, Violations& violations) {
  for (const auto& [name, value] : labels) check_syntax(name, value, violations);
}

void check_labels(const Kind& kind, const ResourceKey& key, const Labels& labels, const Place& place,
                  Violations& violations) {
  for (const auto& [name, value] : labels) {
    const std::string field = field_of(name);
    check_syntax(name, value, violations);
    if (name == kZoneLabel && !place.is_global && value != place.zone)
      violations.add(field, cat(kZoneLabel, " label should have ", place.zone, " value"));
    // Zones compare; the global control plane takes it as it is written.
    if (name == kMeshLabel && !place.is_global && !key.mesh.empty() && value != key.mesh) {
      violations.add(field, cat(kMeshLabel, " label must not differ from mesh set on resource"));
    }
    if (name == kPolicyRoleLabel && value != "system")
      violations.add(field, cat(kPolicyRoleLabel, " must be 'system'"));
  }
  check_origin(kind, labels, place, violations);
}

void check_immutable_labels(const Labels& stored, const Labels& computed, Violations& violations) {
  const auto before = stored.find(std::string(kZoneLabel));
  if (before == stored.end()) return;
  const auto after = computed.find(std::string(kZoneLabel));
  const std::string field = field_of(kZoneLabel);
  if (after == computed.end()) {
    violations.add(field, "cannot be removed");
  } else if (after->second != before->second) {
    violations.add(field,
                   cat("is immutable, cannot be changed from \"", before->second, "\" to \"", after->second, "\""));
  }
}

}  // namespace weft::cp
