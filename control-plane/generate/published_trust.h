// The MeshTrust that an identity publishes its authorities in: begun as what is stored, changed, written once. A trust
// that is there keeps its domain and its other authorities: proxies may still show certificates of theirs. Plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control-plane/engine/draft.h"
#include "control-plane/resource/place.h"
#include "control-plane/store/world.h"
#include "weft/v1/mesh_trust.pb.h"

namespace weft::cp {

class PublishedTrust {
 public:
  PublishedTrust(const World& world, const Place& place, const Resource& identity, const std::string& domain);

  void add(const std::string& certificate_pem);
  void drop(uint64_t authority);
  std::optional<Write> write() &&;

 private:
  Draft<v1::MeshTrust, v1::MeshTrustStatus> draft_;
};

// Whether some MeshTrust of the mesh holds the authority.
bool is_believed(const World& world, const std::string& mesh, const std::string& certificate_pem);
// The newest change of what is believed in the mesh.
uint64_t trust_revision(const World& world, const std::string& mesh);

}  // namespace weft::cp
