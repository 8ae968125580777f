// What a message says that this program does not understand. A newer control plane may send more than an older proxy
// knows; of what says who may talk, nothing may be skipped. Pure functions, any thread.
#pragma once

#include <string>

#include <google/protobuf/message.h>

namespace weft {

// Where the first unknown field stands ("allow[0].spiffe_id has an unknown field 9"); empty: everything is known.
std::string unknown_field(const google::protobuf::Message& message);

}  // namespace weft
