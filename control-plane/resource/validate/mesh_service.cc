#include "base/text.h"
#include "control-plane/resource/validate/validate.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {

void validate_mesh_service(const Resource& resource, Violations& violations) {
  const auto& service = *google::protobuf::DynamicCastToGenerated<const v1::MeshService>(resource.spec.get());
  if (service.selector().has_dataplane_ref() && service.selector().has_dataplane_labels()) {
    violations.add("spec.selector", "must specify only one of: dataplaneRef or dataplaneLabels");
  }
  for (int i = 0; i < service.ports_size(); ++i) {
    const uint32_t port = service.ports(i).port();
    if (port < 1 || port > 65535) violations.add(cat("spec.ports[", i, "].port"), "must be in the range [1, 65535]");
    const v1::IntOrString& target = service.ports(i).target_port();
    if (target.has_number() && (target.number() < 1 || target.number() > 65535)) {
      violations.add(cat("spec.ports[", i, "].targetPort"), "must be in the range [1, 65535]");
    }
  }
}

}  // namespace weft::cp
