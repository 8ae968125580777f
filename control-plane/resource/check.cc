#include "control-plane/resource/check.h"

#include "control-plane/resource/labels.h"
#include "control-plane/resource/names.h"
#include "control-plane/resource/validate/validate.h"

namespace weft::cp {

Checked check_document(const Node& document, std::string_view default_mesh) {
  Decoded decoded = decode(document);
  Checked out;
  out.warnings = std::move(decoded.warnings);
  out.errors = std::move(decoded.unreadable);
  for (Finding& finding : decoded.violations) out.errors.push_back(std::move(finding));
  if (decoded.kind == nullptr) return out;

  auto resource = std::make_shared<Resource>();
  resource->key = std::move(decoded.key);
  resource->labels = std::move(decoded.labels);
  if (decoded.kind->is_global()) {
    resource->key.mesh.clear();
  } else if (resource->key.mesh.empty()) {
    resource->key.mesh = default_mesh;
  }
  resource->spec = std::move(decoded.spec);

  Violations violations;
  check_name(resource->key.name, violations);
  if (!decoded.kind->is_global()) check_mesh_name(resource->key.mesh, violations);
  check_label_syntax(resource->labels, violations);
  // What the schema forbids has been left out of the message: its meaning would be judged without it.
  if (out.errors.empty()) validate(*resource, violations);
  for (const Violation& violation : violations.list()) {
    out.errors.push_back({violation.field, violation.reason, locate(document, violation.field)});
  }
  if (out.errors.empty()) out.resource = std::move(resource);
  return out;
}

}  // namespace weft::cp
