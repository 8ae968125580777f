#include "control-plane/engine/need_warnings.h"

#include <algorithm>

#include "base/text.h"
#include "control-plane/engine/views.h"
#include "policies/policy.h"
#include "weft/v1/mesh_identity.pb.h"
#include "weft/v1/options.pb.h"

namespace weft::cp {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr std::string_view kHttpProtocols = "http, http2 or grpc";

// The dataplanes that one MeshIdentity selects.
bool selects(const v1::MeshIdentity& identity, const Labels& labels) {
  return identity.selector().has_dataplane() && has_labels(labels, identity.selector().dataplane().match_labels());
}

// Paths of what is set below `message` and is about requests.
void collect_http(const Message& message, const std::string& path, std::vector<std::string>& out) {
  const google::protobuf::Reflection& get = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  get.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string at = path.empty() ? field->json_name() : cat(path, ".", field->json_name());
    if (field->options().GetExtension(v1::schema).http_only()) {
      out.push_back(at);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated()) {
      collect_http(get.GetMessage(message, field), at, out);
    }
  }
}

// What of a conf that stands at `where` is about requests, as the start of a sentence; empty: nothing.
std::string about_requests(const PolicyResource& policy, const Message* conf, const std::string& where) {
  if (PolicySpec::rules_of(policy.spec.message()).http_only()) return where;
  std::vector<std::string> paths;
  if (conf != nullptr) collect_http(*conf, "", paths);
  return paths.empty() ? std::string() : cat(where, ".default: ", join(paths, ", "));
}

// Ports towards which a to-item speaks: how many there are does not matter, only whether one of them speaks HTTP.
struct Ports {
  bool any = false;
  bool any_http = false;

  void add(const Resource& service, const std::string& section) {
    for (const ServicePort& port : service_ports(*service.spec)) {
      if (!section.empty() && port.section() != section) continue;
      any = true;
      any_http = any_http || is_http(port.protocol);
    }
  }
};

Ports destination_ports(const World& world, const PolicyResource& policy, const v1::TargetRef& ref) {
  Ports ports;
  if (ref.kind() != "Mesh") {
    any_labelled(world, ref.kind(), policy.meta.mesh, ref.labels(), [&](const ResourcePtr& service) {
      ports.add(*service, ref.section_name());
      return ports.any_http;
    });
    return ports;
  }
  for (const std::string_view type : service_types()) {
    for (const auto& [name, service] : *world.table(type, policy.meta.mesh)) {
      ports.add(*service, "");
      if (ports.any_http) return ports;
    }
  }
  return ports;
}

void add_destination_warning(const World& world, const PolicyResource& policy, int index,
                             std::vector<std::string>& out) {
  const v1::TargetRef& ref = policy.spec.to_target(index);
  // What names a route is about requests that took it.
  if (ref.kind() == "MeshHTTPRoute") return;
  const std::string about = about_requests(policy, policy.spec.to_conf(index), cat("spec.to[", index, "]"));
  if (about.empty()) return;
  const Ports ports = destination_ports(world, policy, ref);
  if (!ports.any || ports.any_http) return;
  const std::string whose =
      ref.kind() == "Mesh" ? cat("no service of mesh '", policy.meta.mesh, "'") : cat("no selected ", ref.kind());
  out.push_back(cat(about, " is about requests, and ", whose, " has a port that speaks ", kHttpProtocols,
                    " (appProtocol): it has no effect yet"));
}

// Ports on which traffic arrives at the selected proxies: {there is one, one speaks HTTP}.
Ports inbound_ports(const Reach& reach, const PolicyResource& policy) {
  Ports ports;
  ports.any_http = any_inbound(reach, policy, [&](const v1::Dataplane::Networking::Inbound& inbound) {
    ports.any = true;
    return is_http(inbound.protocol());
  });
  return ports;
}

void add_inbound_warnings(const Reach& reach, const PolicyResource& policy, std::vector<std::string>& out) {
  std::vector<std::string> about;
  for (int i = 0; i < policy.spec.rule_size(); ++i) {
    std::string here = about_requests(policy, policy.spec.rule_conf(i), cat("spec.rules[", i, "]"));
    if (!here.empty()) about.push_back(std::move(here));
  }
  if (about.empty()) return;
  const Ports ports = inbound_ports(reach, policy);
  if (!ports.any || ports.any_http) return;
  for (const std::string& here : about) {
    out.push_back(cat(here, " is about requests, and no selected inbound speaks ", kHttpProtocols,
                      " (protocol): it has no effect yet"));
  }
}

// Kinds with one `default` are about what arrives and what leaves.
void add_single_warning(const Reach& reach, const PolicyResource& policy, std::vector<std::string>& out) {
  if (!PolicySpec::rules_of(policy.spec.message()).has_single_default()) return;
  const std::string about = about_requests(policy, policy.spec.single_conf(), "spec");
  if (about.empty()) return;
  const Ports arriving = inbound_ports(reach, policy);
  if (!arriving.any || arriving.any_http) return;
  v1::TargetRef all;
  all.set_kind("Mesh");
  if (destination_ports(reach.world, policy, all).any_http) return;
  out.push_back(cat(about, " is about requests, and no port of the selected proxies and of the services speaks ",
                    kHttpProtocols, ": it has no effect yet"));
}

// What of the policy is about workloads with an identity, as starts of sentences.
std::vector<std::string> about_identities(const PolicyResource& policy) {
  if (PolicySpec::rules_of(policy.spec.message()).needs_identity()) {
    return {cat(policy.meta.type, " is about workloads with an identity")};
  }
  std::vector<std::string> about;
  for (int i = 0; i < policy.spec.rule_size(); ++i) {
    const std::vector<const v1::Match*>& matches = policy.spec.matches(i);
    const bool names_callers =
        std::any_of(matches.begin(), matches.end(), [](const v1::Match* match) { return match->has_spiffe_id(); });
    if (names_callers) about.push_back(cat("spec.rules[", i, "].matches names callers by their identity"));
  }
  return about;
}

// One of the proxies the policy is for has an identity, or there is no such proxy and nothing to say about it.
bool has_identity(const Reach& reach, const PolicyResource& policy) {
  std::vector<const v1::MeshIdentity*> identities;
  const auto table = reach.world.table("MeshIdentity", policy.meta.mesh);
  for (const auto& [name, resource] : *table) {
    identities.push_back(google::protobuf::DynamicCastToGenerated<const v1::MeshIdentity>(resource->spec.get()));
  }
  if (identities.empty()) return false;
  bool any = false;
  const bool found = any_proxy(reach, policy, [&](const Resource& resource, const v1::Dataplane&) {
    any = true;
    return std::any_of(identities.begin(), identities.end(), [&](const v1::MeshIdentity* identity) {
      return identity != nullptr && selects(*identity, resource.labels);
    });
  });
  return found || !any;
}

bool lets_anybody_in(const World& world, const PolicyKind& kind, const std::string& mesh) {
  const auto table = world.table(kind.name, mesh);
  return std::any_of(table->begin(), table->end(), [&](const auto& entry) {
    const PolicyPtr policy = view_policy(entry.second);
    for (int i = 0; policy != nullptr && !policy->meta.shadow && i < policy->spec.rule_size(); ++i) {
      const Message* conf = policy->spec.rule_conf(i);
      if (conf != nullptr && kind.lets_anybody_in(*conf)) return true;
    }
    return false;
  });
}

}  // namespace

void add_identity_warnings(const Reach& reach, const PolicyResource& policy, std::vector<std::string>& out) {
  const std::vector<std::string> about = about_identities(policy);
  if (about.empty() || has_identity(reach, policy)) return;
  for (const std::string& here : about) {
    out.push_back(cat(here, ", and no MeshIdentity of mesh '", policy.meta.mesh,
                      "' selects a Dataplane the policy is for: it has no effect yet"));
  }
}

std::vector<std::string> identity_warnings(const World& world, const Resource& identity) {
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentity>(identity.spec.get());
  if (spec == nullptr || !spec->selector().has_dataplane()) return {};
  std::vector<std::string> warnings;
  for (const PolicyKind& kind : policy_kinds()) {
    if (!kind.denies_by_default() || lets_anybody_in(world, kind, identity.key.mesh)) continue;
    warnings.push_back(cat("no ", kind.name, " of mesh '", identity.key.mesh,
                           "' lets anybody in: workloads with this identity refuse every caller of the mesh until one "
                           "does"));
  }
  return warnings;
}

void add_http_warnings(const Reach& reach, const PolicyResource& policy, std::vector<std::string>& out) {
  for (int i = 0; i < policy.spec.to_size(); ++i) add_destination_warning(reach.world, policy, i, out);
  add_inbound_warnings(reach, policy, out);
  add_single_warning(reach, policy, out);
}

}  // namespace weft::cp
