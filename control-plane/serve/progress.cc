#include "control-plane/serve/progress.h"

#include <algorithm>

namespace weft::cp {

void Progress::committed(uint64_t revision, SteadyTime when) {
  commits_.emplace(revision, when);
  if (commits_.size() > kCommitsKept) commits_.erase(commits_.begin());
}

void Progress::moved(const std::string& mesh_name, std::optional<uint64_t> from, std::optional<uint64_t> to,
                     SteadyTime now) {
  Mesh& mesh = meshes_[mesh_name];
  if (from.has_value()) {
    const auto left = mesh.proxies_at.find(*from);
    if (left != mesh.proxies_at.end() && --left->second == 0) mesh.proxies_at.erase(left);
  }
  if (to.has_value()) ++mesh.proxies_at[*to];
  if (mesh.proxies_at.empty()) {
    meshes_.erase(mesh_name);
    return;
  }
  const uint64_t slowest = mesh.proxies_at.begin()->first;
  if (slowest <= mesh.complete) return;
  mesh.complete_since[slowest] = now;
  mesh.complete = slowest;
  if (mesh.complete_since.size() > kCommitsKept) mesh.complete_since.erase(mesh.complete_since.begin());
}

const Progress::Mesh* Progress::find(std::string_view mesh) const {
  const auto found = meshes_.find(mesh);
  return found == meshes_.end() ? nullptr : &found->second;
}

uint32_t Progress::connected(std::string_view mesh) const { return active(mesh, 0); }

uint32_t Progress::active(std::string_view mesh_name, uint64_t revision) const {
  const Mesh* mesh = find(mesh_name);
  if (mesh == nullptr) return 0;
  uint32_t count = 0;
  for (auto at = mesh->proxies_at.lower_bound(revision); at != mesh->proxies_at.end(); ++at) count += at->second;
  return count;
}

std::optional<SteadyTime::duration> Progress::took(std::string_view mesh_name, uint64_t revision) const {
  const Mesh* mesh = find(mesh_name);
  const auto commit = commits_.lower_bound(revision);  // changes that were published together have one entry
  if (mesh == nullptr || commit == commits_.end()) return std::nullopt;
  const auto complete = mesh->complete_since.lower_bound(revision);
  if (complete == mesh->complete_since.end()) return std::nullopt;
  return std::max(complete->second - commit->second, SteadyTime::duration::zero());
}

std::optional<SteadyTime> Progress::first_commit_after(uint64_t revision) const {
  const auto commit = commits_.upper_bound(revision);
  if (commit == commits_.end()) return std::nullopt;
  return commit->second;
}

}  // namespace weft::cp
