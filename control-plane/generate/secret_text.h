// The texts that a resource says where to find: in a secret of its mesh, a file, the environment, or itself. Errors
// name the place and never the text. Blocks on the disk.
#pragma once

#include <string>

#include "base/status.h"
#include "control-plane/store/world.h"
#include "weft/v1/secret_source.pb.h"

namespace weft::cp {

Result<std::string> secret_text(const v1::SecretSource& source, const World& world, const std::string& mesh);

// What a Secret holds; empty for any other resource.
std::string secret_bytes(const Resource& secret);

}  // namespace weft::cp
