// What a MeshRetry says that is accepted and means little. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include <google/protobuf/message.h>

namespace weft::mesh_retry {

// `spec` is a v1::MeshRetry; a sentence for each such place.
void remark(const google::protobuf::Message& spec, std::vector<std::string>& remarks);

}  // namespace weft::mesh_retry
