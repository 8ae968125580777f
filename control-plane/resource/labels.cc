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
  labels.erase(std::string(kProxyTypeLabel));
}

}  // namespace

Labels computed_labels(const Kind& kind, const ResourceKey& key, Labels labels, std::string_view zone,
                       const google::protobuf::Message* spec) {
  labels[std::string(kDisplayNameLabel)] = key.name;
  labels[std::string(kOriginLabel)] = "zone";
  if (!kind.is_global()) labels.try_emplace(std::string(kMeshLabel), key.mesh);
  if (!kind.rules.global_only()) {
    labels.try_emplace(std::string(kZoneLabel), zone);
    labels.try_emplace(std::string(kEnvLabel), "universal");
  }
  if (spec != nullptr) derive_from_listeners(spec, labels);
  return labels;
}

void check_labels(const ResourceKey& key, const Labels& labels, std::string_view zone, Violations& violations) {
  for (const auto& [name, value] : labels) {
    const std::string field = cat("labels[\"", name, "\"]");
    check_key(field, name, violations);
    if (value.size() > kMaxLabelPart) violations.add(field, "must be no more than 63 bytes");
    if (!value.empty() && !is_qualified(value)) violations.add(field, kLabelValue);
    if (name == kZoneLabel && value != zone)
      violations.add(field, cat(kZoneLabel, " label should have ", zone, " value"));
    if (name == kMeshLabel && !key.mesh.empty() && value != key.mesh) {
      violations.add(field, cat(kMeshLabel, " label must not differ from mesh set on resource"));
    }
    if (name == kPolicyRoleLabel && value != "system")
      violations.add(field, cat(kPolicyRoleLabel, " must be 'system'"));
  }
}

void check_immutable_labels(const Labels& stored, const Labels& computed, Violations& violations) {
  const auto before = stored.find(std::string(kZoneLabel));
  if (before == stored.end()) return;
  const auto after = computed.find(std::string(kZoneLabel));
  const std::string field = cat("labels[\"", kZoneLabel, "\"]");
  if (after == computed.end()) {
    violations.add(field, "cannot be removed");
  } else if (after->second != before->second) {
    violations.add(field,
                   cat("is immutable, cannot be changed from \"", before->second, "\" to \"", after->second, "\""));
  }
}

}  // namespace weft::cp
