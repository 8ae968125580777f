#include "policies/mesh_rate_limit/mesh_rate_limit.h"

#include "policies/mesh_rate_limit/validate.h"
#include "weft/v1/mesh_rate_limit.pb.h"

namespace weft {
namespace {

// Accepted, as the contract has it, and without effect.
void remark(const google::protobuf::Message& spec, std::vector<std::string>& remarks) {
  if (static_cast<const v1::MeshRateLimit&>(spec).to().empty()) return;
  remarks.push_back(
      "spec.to limits nothing: a MeshRateLimit is for traffic that arrives, in rules of a policy for Dataplanes");
}

}  // namespace

PolicyKind mesh_rate_limit_kind() {
  return {.name = "MeshRateLimit", .validate = mesh_rate_limit::validate, .remark = remark};
}

}  // namespace weft
