#include "control-plane/generate/secret_text.h"

#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {

std::string secret_bytes(const Resource& secret) {
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::Secret>(secret.spec.get());
  return spec == nullptr ? std::string() : spec->data();
}

Result<std::string> secret_text(const v1::SecretSource& source, const World& world, const std::string& mesh) {
  if (source.type() == "InsecureInline") return source.insecure_inline().value();
  if (source.type() == "File") return read_file(source.file().path());
  if (source.type() == "EnvVar") {
    const char* value = std::getenv(source.env_var().name().c_str());
    if (value == nullptr) return not_found(cat("the environment has no variable \"", source.env_var().name(), "\""));
    return std::string(value);
  }
  if (source.type() != "Secret") return invalid(cat("there is no source of type \"", source.type(), "\""));
  const ResourcePtr secret = world.find({"Secret", mesh, source.secret_ref().name()});
  if (secret == nullptr) {
    return not_found(cat("mesh \"", mesh, "\" has no Secret \"", source.secret_ref().name(), "\""));
  }
  return secret_bytes(*secret);
}

}  // namespace weft::cp
