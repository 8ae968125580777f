// What one to-item of a MeshTCPRoute says: its only rule. Pure functions, any thread.
#pragma once

#include <memory>

#include <google/protobuf/message.h>

namespace weft::mesh_tcp_route {

// `item` is a MeshTCPRoute.To; the result a MeshTCPRouteRule. Without a rule connections go to the service itself.
std::shared_ptr<const google::protobuf::Message> conf_of_item(const google::protobuf::Message& item);

}  // namespace weft::mesh_tcp_route
