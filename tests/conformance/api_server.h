// A control plane's API over a store in memory, as the API suites need it. Owned by one case; threads of its own serve
// it until it is destroyed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/document/document.h"
#include "base/status.h"
#include "control-plane/source/api_server.h"
#include "control-plane/source/test_client.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world_publisher.h"

namespace weft::conformance {

class LoadedServer {
 public:
  // `server`: the harness.server of a cases.yaml (mode, zone_name). Error: why it cannot be started.
  static Result<std::unique_ptr<LoadedServer>> start(const Node& server);

  // Stores the documents as they stand: no labels are computed, nothing is generated. Error: which one cannot be read.
  Status load(const std::vector<Node>& documents);

  cp::TestAnswer send(std::string_view method, std::string_view target, std::string_view body);
  const cp::WorldPublisher& worlds() const { return *worlds_; }

 private:
  std::unique_ptr<cp::Store> store_;
  std::unique_ptr<cp::WorldPublisher> worlds_;
  std::unique_ptr<cp::ApiServer> server_;
};

}  // namespace weft::conformance
