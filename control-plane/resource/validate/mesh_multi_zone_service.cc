#include "weft/v1/mesh_multi_zone_service.pb.h"

#include "base/text.h"
#include "control-plane/resource/validate/validate.h"
#include "control-plane/resource/validate/words.h"

namespace weft::cp {

void validate_mesh_multi_zone_service(const Resource& resource, Violations& violations) {
  const auto& service = *google::protobuf::DynamicCastToGenerated<const v1::MeshMultiZoneService>(resource.spec.get());
  constexpr std::string_view empty = "cannot be empty";
  if (service.selector().mesh_service().match_labels().empty())
    violations.add("spec.selector.meshService.matchLabels", empty);
  if (service.ports().empty()) violations.add("spec.ports", empty);
  for (int i = 0; i < service.ports_size(); ++i) {
    if (!is_port(service.ports(i).port()))
      violations.add(cat("spec.ports[", i, "].port"), "must be in the range [1, 65535]");
  }
}

}  // namespace weft::cp
