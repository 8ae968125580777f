// Which authority a Bundled MeshIdentity asks for, and which one signs now. They are the same except while one follows
// the other: then the one before goes on signing, out of secrets of its own, until every proxy believes the next
// (authority_rotation.h). Which one signs is said by the identity's status; whoever signs takes issuing_authority().
// Blocks on the disk when the author keeps the authority there; errors never quote a key.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "control-plane/identity/mesh_authority.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// The secrets of an identity's authorities: its display name, then one of these.
inline constexpr std::string_view kAuthoritySuffix = "-root-ca";
inline constexpr std::string_view kKeySuffix = "-private-key";
inline constexpr std::string_view kIssuingAuthoritySuffix = "-issuing-ca";
inline constexpr std::string_view kIssuingKeySuffix = "-issuing-private-key";

ResourceKey authority_secret(const Resource& identity, std::string_view suffix);
// The display name of the identity that a secret of this name belongs to; empty: of none.
std::string_view owner_of_authority_secret(std::string_view name);

// Error: it is not there (not_found when none was made yet), or only half of it.
Result<MeshAuthority> wanted_authority(const World& world, const Resource& identity);
// The one that status.issuer names. Error: not_found when there is none yet, or it is gone.
Result<MeshAuthority> issuing_authority(const World& world, const Resource& identity);

}  // namespace weft::cp
