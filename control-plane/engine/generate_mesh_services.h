// Services nobody has to write: one MeshService for each workload, derived from the Dataplanes that carry the label
// kuma.io/workload. It touches only services it made itself. Pure: the caller says what time it is.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control-plane/engine/draft.h"
#include "control-plane/engine/mesh_census.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {

struct GenerateOptions {
  // Label kuma.io/zone of what is generated; empty: none.
  std::string zone;
  // How long a service outlives its last Dataplane.
  std::chrono::seconds deletion_grace_period{3600};
  // Labels of the Dataplanes become labels of their service: those named, or all that are not reserved.
  bool propagate_labels = false;
  std::vector<std::string> propagated_keys;
};

using MeshServiceDraft = Draft<v1::MeshService, v1::MeshServiceStatus>;
using MeshServiceDrafts = std::map<std::string, MeshServiceDraft>;  // by name

// Brings the generated services among `drafts`, all those of `mesh`, in line with `workloads`. Returns when the next
// one has outlived its Dataplanes for long enough; nullopt: none waits for that.
std::optional<Time> generate_mesh_services(const std::string& mesh,
                                           const std::map<std::string, std::vector<InstancePtr>>& workloads,
                                           const GenerateOptions& options, Time now, MeshServiceDrafts& drafts);

}  // namespace weft::cp
