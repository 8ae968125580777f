#include "policies/mesh_tcp_route/conf.h"

#include "weft/v1/mesh_tcp_route.pb.h"

namespace weft::mesh_tcp_route {

std::shared_ptr<const google::protobuf::Message> conf_of_item(const google::protobuf::Message& item) {
  const auto& to = static_cast<const v1::MeshTCPRoute::To&>(item);
  if (!to.rules().empty()) return std::make_shared<v1::MeshTCPRouteRule>(to.rules(0));
  auto itself = std::make_shared<v1::MeshTCPRouteRule>();
  v1::BackendRef& backend = *itself->mutable_default_()->add_backend_refs();
  backend.set_kind(to.target_ref().kind());
  *backend.mutable_labels() = to.target_ref().labels();
  backend.set_section_name(to.target_ref().section_name());
  backend.set_weight(1);
  return itself;
}

}  // namespace weft::mesh_tcp_route
