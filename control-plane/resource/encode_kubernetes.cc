#include "control-plane/resource/encode_kubernetes.h"

#include <algorithm>
#include <array>

#include "base/document/document.h"
#include "base/document/json_writer.h"
#include "control-plane/resource/encode.h"
#include "control-plane/resource/kind.h"
#include "policies/policy_resource.h"

namespace weft::cp {
namespace {

constexpr std::string_view kMeshLabel = "kuma.io/mesh";
// Objects of the whole cluster; all others live in a namespace.
constexpr std::array<std::string_view, 5> kOfTheCluster = {"Mesh", "MeshInsight", "ServiceInsight", "Zone",
                                                           "ZoneInsight"};

bool is_of_the_cluster(std::string_view type) {
  return std::find(kOfTheCluster.begin(), kOfTheCluster.end(), type) != kOfTheCluster.end();
}

// The mesh is a label where it does not stand beside the spec.
void write_labels(JsonWriter& out, const Resource& resource, bool with_mesh) {
  Labels labels = resource.labels;
  if (with_mesh && !resource.key.mesh.empty()) labels.insert_or_assign(std::string(kMeshLabel), resource.key.mesh);
  if (labels.empty()) return;
  out.key("labels");
  out.begin_object();
  for (const auto& [key, value] : labels) out.member(key, value);
  out.end_object();
}

// What came from a namespace is named "name.namespace" here.
void write_metadata(JsonWriter& out, const Resource& resource, std::string_view name_space, bool with_mesh) {
  std::string_view name = resource.key.name;
  const std::string_view own = label_value(resource.labels, label::kNamespace);
  if (!own.empty()) name_space = own;
  const std::string suffix = "." + std::string(name_space);
  if (!own.empty() && name.ends_with(suffix)) name.remove_suffix(suffix.size());
  out.key("metadata");
  out.begin_object();
  out.member("name", name);
  if (!is_of_the_cluster(resource.key.type)) out.member("namespace", name_space);
  write_labels(out, resource, with_mesh);
  out.end_object();
}

// Secrets are objects of Kubernetes itself.
void write_secret(JsonWriter& out, const Resource& resource, std::string_view name_space) {
  out.member("apiVersion", "v1");
  out.member("kind", "Secret");
  write_metadata(out, resource, name_space, true);
  out.member("type", resource.key.mesh.empty() ? "system.kuma.io/global-secret" : "system.kuma.io/secret");
  out.key("data");
  out.begin_object();
  const Result<Node> fields = parse_json(encode_message(*resource.spec, v1::INLINE));  // bytes as base64
  const Node* data = fields.ok() ? fields->find("data") : nullptr;
  out.member("value", data == nullptr ? std::string_view() : std::string_view(data->text));
  out.end_object();
}

void write_own_kind(JsonWriter& out, const Resource& resource, const Kind* kind, std::string_view name_space) {
  const bool is_inline = kind == nullptr || kind->is_inline();
  out.member("apiVersion", "kuma.io/v1alpha1");
  out.member("kind", resource.key.type);
  if (is_inline && !resource.key.mesh.empty()) out.member("mesh", resource.key.mesh);
  write_metadata(out, resource, name_space, !is_inline);
  out.key("spec");
  write_message(out, *resource.spec, is_inline ? v1::INLINE : v1::SPEC);
  if (!is_inline && kind->status != nullptr && resource.status != nullptr) {
    out.key("status");
    write_message(out, *resource.status, v1::SPEC);
  }
}

}  // namespace

std::string encode_kubernetes(const Resource& resource, std::string_view name_space) {
  JsonWriter out;
  out.begin_object();
  if (resource.key.type == "Secret" || resource.key.type == "GlobalSecret") {
    write_secret(out, resource, name_space);
  } else {
    write_own_kind(out, resource, find_kind(resource.key.type), name_space);
  }
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
