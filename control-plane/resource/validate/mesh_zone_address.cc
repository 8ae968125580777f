#include "weft/v1/mesh_zone_address.pb.h"

#include "control-plane/resource/validate/validate.h"
#include "control-plane/resource/validate/words.h"

namespace weft::cp {

void validate_mesh_zone_address(const Resource& resource, Violations& violations) {
  const auto& address = *google::protobuf::DynamicCastToGenerated<const v1::MeshZoneAddress>(resource.spec.get());
  check_host("spec.address", address.address(), violations);
  check_port("spec.port", address.port(), violations);
}

}  // namespace weft::cp
