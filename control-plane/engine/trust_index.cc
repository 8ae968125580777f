#include "control-plane/engine/trust_index.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "control-plane/resource/pem.h"
#include "weft/v1/mesh_trust.pb.h"

namespace weft::cp {

bool TrustIndex::follow(const std::shared_ptr<const World::Table>& table) {
  if (table == table_) return false;
  table_ = table;
  std::map<std::string, std::set<std::string>> by_domain;
  for (const auto& [name, resource] : *table) {
    const auto* trust = google::protobuf::DynamicCastToGenerated<const v1::MeshTrust>(resource->spec.get());
    if (trust == nullptr) continue;
    std::set<std::string>& authorities = by_domain[trust->trust_domain()];
    for (const v1::MeshTrust::CaBundle& bundle : trust->ca_bundles()) {
      for (std::string& der : pem_certificates(bundle.pem().value())) authorities.insert(std::move(der));
    }
  }
  std::vector<TrustViewPtr> now;
  for (auto& [domain, authorities] : by_domain) {
    TrustView view{domain, {authorities.begin(), authorities.end()}};
    const auto same =
        std::find_if(domains_->begin(), domains_->end(), [&](const TrustViewPtr& before) { return *before == view; });
    now.push_back(same != domains_->end() ? *same : std::make_shared<const TrustView>(std::move(view)));
  }
  if (now != *domains_) domains_ = std::make_shared<const std::vector<TrustViewPtr>>(std::move(now));
  return true;
}

}  // namespace weft::cp
