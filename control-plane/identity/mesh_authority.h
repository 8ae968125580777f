// The certificate authority of a MeshIdentity: made here, or brought by its author and checked. Texts in, texts out;
// errors never quote a key. Pure but for randomness.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft::cp {

struct MeshAuthority {
  std::string certificate_pem;  // one certificate, or a chain
  std::string key_pem;
};

// Self-signed, ECDSA P-256, good for ten years, named by its trust domain.
Result<MeshAuthority> make_mesh_authority(const std::string& trust_domain, std::chrono::sys_seconds now);

// What is wrong with it: not a pair, no authority, out of time; signed by itself unless that is allowed.
Status check_mesh_authority(const MeshAuthority& authority, bool allow_self_signed, std::chrono::sys_seconds now);

// What an authority is known by: content_hash of its (first) certificate; 0: there is none in the text.
uint64_t authority_hash(std::string_view pem);
// When its (first) certificate ends; the epoch when there is none.
std::chrono::sys_seconds authority_end(std::string_view pem);
// The bundle without every certificate that is known by `hash`.
std::string bundle_without(std::string_view bundle, uint64_t hash);

// Whether a bundle holds the (first) certificate of `pem`, however either is written.
bool holds_certificate(std::string_view bundle, std::string_view pem);

}  // namespace weft::cp
