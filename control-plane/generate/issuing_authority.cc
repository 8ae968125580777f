#include "control-plane/generate/issuing_authority.h"

#include "base/hash.h"
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
  const auto* status = google::protobuf::DynamicCastToGenerated<const v1::MeshIdentityStatus>(identity.status.get());
  const std::string issuer = status == nullptr ? std::string() : status->issuer();
  if (issuer.empty()) return not_found("there is no authority yet");
  const auto of_secrets = [&](std::string_view certificate, std::string_view key) {
    return stored_authority(world, authority_secret(identity, certificate), authority_secret(identity, key));
  };
  Result<MeshAuthority> kept = of_secrets(kIssuingAuthoritySuffix, kIssuingKeySuffix);
  if (kept.ok() && hex64(authority_hash(kept->certificate_pem)) == issuer) return kept;
  Result<MeshAuthority> wanted = wanted_authority(world, identity);
  if (wanted.ok() && hex64(authority_hash(wanted->certificate_pem)) == issuer) return wanted;
  // The identity may ask for a supplied one now, and have made its own before.
  Result<MeshAuthority> made = of_secrets(kAuthoritySuffix, kKeySuffix);
  if (made.ok() && hex64(authority_hash(made->certificate_pem)) == issuer) return made;
  return not_found("the authority that signed until now is gone");
}

}  // namespace weft::cp
