#include "policies/mesh_fault_injection/mesh_fault_injection.h"

#include "policies/mesh_fault_injection/validate.h"
#include "weft/v1/mesh_fault_injection.pb.h"

namespace weft {
namespace {

// Accepted, as the contract has it, and without effect.
void remark(const google::protobuf::Message& spec, std::vector<std::string>& remarks) {
  if (static_cast<const v1::MeshFaultInjection&>(spec).to().empty()) return;
  remarks.push_back("spec.to harms nothing: a MeshFaultInjection is for traffic that arrives, in rules");
}

}  // namespace

PolicyKind mesh_fault_injection_kind() {
  return {.name = "MeshFaultInjection", .validate = mesh_fault_injection::validate, .remark = remark};
}

}  // namespace weft
