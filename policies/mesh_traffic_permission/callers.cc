#include "policies/mesh_traffic_permission/callers.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace weft::mesh_traffic_permission {

void Callers::Entries::add(const v1::Match& match, const std::string& policy) {
  if (match.has_sni()) {
    by_server.try_emplace(match.sni().value(), &policy);
  } else if (any_server == nullptr) {
    any_server = &policy;
  }
}

const std::string* Callers::Entries::find(std::string_view server_name) const {
  if (any_server != nullptr || by_server.empty()) return any_server;
  const auto found = by_server.find(server_name);
  return found == by_server.end() ? nullptr : found->second;
}

Status Callers::add(const v1::Match& match, const std::string& policy) {
  if (match.has_sni() && match.sni().type() != "Exact") {
    return invalid(cat("sni.type: \"", match.sni().type(), "\" is not known"));
  }
  if (!match.has_spiffe_id()) {
    if (match.has_sni()) anybody_.add(match, policy);
    return ok();
  }
  const v1::Match::SpiffeId& id = match.spiffe_id();
  if (id.type() == "Exact") {
    exact_[id.value()].add(match, policy);
    return ok();
  }
  if (id.type() != "Prefix") return invalid(cat("spiffeID.type: \"", id.type(), "\" is not known"));
  Prefix prefix;
  prefix.text = id.value();
  prefix.entries.add(match, policy);
  prefixes_.push_back(std::move(prefix));
  return ok();
}

void Callers::seal() {
  std::stable_sort(prefixes_.begin(), prefixes_.end(),
                   [](const Prefix& a, const Prefix& b) { return a.text < b.text; });
  std::vector<Prefix> once;
  for (Prefix& prefix : prefixes_) {
    if (once.empty() || once.back().text != prefix.text) {
      once.push_back(std::move(prefix));
      continue;
    }
    Entries& into = once.back().entries;
    if (into.any_server == nullptr) into.any_server = prefix.entries.any_server;
    into.by_server.merge(prefix.entries.by_server);
  }
  prefixes_ = std::move(once);
  // What a prefix begins with stands before it, and everything between the two begins with it too.
  for (size_t i = 1; i < prefixes_.size(); ++i) {
    int candidate = static_cast<int>(i) - 1;
    while (candidate >= 0 && !prefixes_[i].text.starts_with(prefixes_[static_cast<size_t>(candidate)].text)) {
      candidate = prefixes_[static_cast<size_t>(candidate)].shorter;
    }
    prefixes_[i].shorter = candidate;
  }
}

const std::string* Callers::find(const Peer& peer) const {
  // Most lists are empty, and this is asked for every request.
  if (const auto found = exact_.empty() ? exact_.end() : exact_.find(peer.identity); found != exact_.end()) {
    if (const std::string* policy = found->second.find(peer.server_name)) return policy;
  }
  // All prefixes of the identity are in the chain of the last one that is not greater than it.
  const auto after = std::upper_bound(prefixes_.begin(), prefixes_.end(), peer.identity,
                                      [](std::string_view id, const Prefix& prefix) { return id < prefix.text; });
  for (int at = static_cast<int>(after - prefixes_.begin()) - 1; at >= 0;) {
    const Prefix& prefix = prefixes_[static_cast<size_t>(at)];
    at = prefix.shorter;
    if (!peer.identity.starts_with(prefix.text)) continue;
    if (const std::string* policy = prefix.entries.find(peer.server_name)) return policy;
  }
  return anybody_.find(peer.server_name);
}

}  // namespace weft::mesh_traffic_permission
