#include "control-plane/source/url_checks.h"

#include "base/text.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/names.h"

namespace weft::cp {

void check_against_url(const ResourceKey& body, const ResourceKey& url, const Kind& kind, Violations& violations) {
  if (body.name != url.name) violations.add("name", "name from the URL has to be the same as in body");
  if (body.type != url.type) violations.add("type", "type from the URL has to be the same as in body");
  // A document that names no mesh belongs to the one it is put into.
  if (!kind.is_global() && !body.mesh.empty() && body.mesh != url.mesh)
    violations.add("mesh", "mesh from the URL has to be the same as in body");
}

void check_name_with_zone(std::string_view name, std::string_view zone, Violations& violations) {
  if (name.size() <= kMaxNameLength && zone.size() + 1 + name.size() > kMaxNameLength) {
    violations.add("name", cat("value length must less or equal ", kMaxNameLength, ", with \"", zone, ".\" before it"));
  }
}

std::string workload_label_problem(const Kind& kind, const Labels& labels, const Place& place) {
  if (kind.type() != "Dataplane") return {};
  const auto workload = labels.find(std::string(kWorkloadLabel));
  if (workload == labels.end()) return {};
  if (place.is_global) return cat("labels[\"", kWorkloadLabel, "\"]: not allowed on Global control plane");
  if (is_dns_label(workload->second)) return {};
  return cat("labels[\"", kWorkloadLabel,
             "\"]: must be a valid DNS-1035 label (at most 63 characters, matching regex [a-z]([-a-z0-9]*[a-z0-9])?): ",
             dns_label_rule());
}

}  // namespace weft::cp
