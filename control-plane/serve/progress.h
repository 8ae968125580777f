// Which proxies of which mesh run with what was stored when. Counts instead of searching, so that asking costs nothing
// however many proxies there are. Owned by delivery, on its thread; time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weft::cp {

using SteadyTime = std::chrono::steady_clock::time_point;

class Progress {
 public:
  // `revision` was committed. Revisions grow.
  void committed(uint64_t revision, SteadyTime when);
  // A proxy's active revision changed; nullopt: it was not, or is not any more, connected.
  void moved(const std::string& mesh, std::optional<uint64_t> from, std::optional<uint64_t> to, SteadyTime now);

  uint32_t connected(std::string_view mesh) const;
  // How many run with `revision` or a later one.
  uint32_t active(std::string_view mesh, uint64_t revision) const;
  // From the commit of `revision` until every proxy of the mesh ran with it; nullopt: not yet, or long ago.
  std::optional<SteadyTime::duration> took(std::string_view mesh, uint64_t revision) const;
  // When the oldest change was committed that a proxy active at `revision` does not have; nullopt: there is none.
  std::optional<SteadyTime> first_commit_after(uint64_t revision) const;

 private:
  static constexpr size_t kCommitsKept = 1024;
  struct Mesh {
    std::map<uint64_t, uint32_t> proxies_at;        // revision -> proxies active at exactly it
    std::map<uint64_t, SteadyTime> complete_since;  // revision -> when the last proxy came to it or passed it
    uint64_t complete = 0;                          // the highest such revision
  };
  const Mesh* find(std::string_view mesh) const;

  std::map<uint64_t, SteadyTime> commits_;
  std::map<std::string, Mesh, std::less<>> meshes_;
};

}  // namespace weft::cp
