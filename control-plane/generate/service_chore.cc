#include "control-plane/generate/service_chore.h"

namespace weft::cp {

Status update_mesh_services(Store& store, const WorldPublisher& worlds, const GenerateOptions& options,
                            const std::function<Time()>& clock) {
  constexpr int kAttempts = 3;
  Status last = ok();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const std::vector<Write> writes = generate_mesh_services(*worlds.current(), options, clock());
    if (writes.empty()) return ok();
    last = store.write(writes).status();
    if (!is_conflict(last) && !is_not_found(last)) return last;
  }
  return last;
}

}  // namespace weft::cp
