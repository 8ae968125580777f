#include "weft/v1/hostname_generator.pb.h"

#include "control-plane/resource/validate/validate.h"
#include "control-plane/resource/validate/words.h"

namespace weft::cp {

void validate_hostname_generator(const Resource& resource, Violations& violations) {
  const auto& generator = *google::protobuf::DynamicCastToGenerated<const v1::HostnameGenerator>(resource.spec.get());
  const v1::HostnameGenerator::Selector& selector = generator.selector();
  const int selectors =
      selector.has_mesh_service() + selector.has_mesh_external_service() + selector.has_mesh_multi_zone_service();
  if (selectors != 1)
    violations.add("spec.selector", "exact one selector (meshService, meshExternalService) must be defined");
  if (generator.has_extension()) {
    if (generator.extension().type().empty()) violations.add("spec.extension.type", reason_text::kMustNotBeEmpty);
  } else if (generator.template_().empty()) {
    violations.add("spec.template", reason_text::kMustNotBeEmpty);
  }
  check_template("spec.template", generator.template_(), violations);
}

}  // namespace weft::cp
