#include "policies/mesh_tcp_route/validate.h"

#include <string>

#include "base/text.h"
#include "policies/backend_ref.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_tcp_route.pb.h"

namespace weft::mesh_tcp_route {

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshTCPRoute&>(message);
  validate_targets(spec, violations);
  for (int i = 0; i < spec.to_size(); ++i) {
    for (int j = 0; j < spec.to(i).rules_size(); ++j) {
      const v1::MeshTCPRouteConf& conf = spec.to(i).rules(j).default_();
      const std::string field = cat("spec.to[", i, "].rules[", j, "].default.backendRefs");
      if (conf.backend_refs().empty()) violations.add(field, reason_text::kMustBeDefined);
      for (int k = 0; k < conf.backend_refs_size(); ++k) {
        validate_backend_ref(conf.backend_refs(k), cat(field, "[", k, "]"), violations);
      }
    }
  }
}

}  // namespace weft::mesh_tcp_route
