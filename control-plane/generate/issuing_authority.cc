#include "control-plane/generate/issuing_authority.h"

#include "base/text.h"
#include "control-plane/generate/secret_text.h"
#include "weft/v1/mesh_identity.pb.h"

namespace weft::cp {
namespace {

Result<MeshAuthority> stored_authority(const World& world, const ResourceKey& certificate_key,
                                       const ResourceKey& private_key) {
  const ResourcePtr certificate = world.find(certificate_key);
  const ResourcePtr key = world.find(private_key);
  if (certificate != nullptr && key != nullptr) return MeshAuthority{secret_bytes(*certificate), secret_bytes(*key)};
  if (certificate == nullptr && key == nullptr) return not_found("there is no authority yet");
  return invalid(cat("of the secrets \"", certificate_key.name, "\" and \"", private_key.name,
                     "\" one is missing; restore it, or delete the other for a new authority"));
}

}  // namespace

ResourceKey authority_secret(const Resource& identity, std::string_view suffix) {
  return {"Secret", identity.key.mesh, cat(identity.display_name(), suffix)};
}

std::string_view owner_of_authority_secret(std::string_view name) {
  // The longer ones first: one ends with another.
  for (const std::string_view suffix : {kIssuingKeySuffix, kIssuingAuthoritySuffix, kKeySuffix, kAuthoritySuffix}) {
    if (name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return {};
}

Result<MeshAuthority> wanted_authority(const World& world, const Resource& identity) {
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentity>(identity.spec.get());
  if (spec == nullptr || spec->provider().type() != "Bundled") return not_found("it has no authority here");
  const v1::MeshIdentity::Bundled& bundled = spec->provider().bundled();
  if (bundled.autogenerate().enabled()) {
    return stored_authority(world, authority_secret(identity, kAuthoritySuffix),
                            authority_secret(identity, kKeySuffix));
  }
  Result<std::string> certificate = secret_text(bundled.ca().certificate(), world, identity.key.mesh);
  if (!certificate.ok()) return annotate(certificate.status(), "ca.certificate");
  Result<std::string> key = secret_text(bundled.ca().private_key(), world, identity.key.mesh);
  if (!key.ok()) return annotate(key.status(), "ca.privateKey");
  return MeshAuthority{*std::move(certificate), *std::move(key)};
}

Result<MeshAuthority> issuing_authority(const World& world, const Resource& identity) {
  Result<MeshAuthority> kept = stored_authority(world, authority_secret(identity, kIssuingAuthoritySuffix),
                                                authority_secret(identity, kIssuingKeySuffix));
  return is_not_found(kept.status()) ? wanted_authority(world, identity) : std::move(kept);
}

}  // namespace weft::cp
