// The REST API over a plain store in memory, as a command line tool meets it: resources are kept as they are sent, with
// no labels, times or defaults of a control plane's own. Golden data about the command line were taken against such a
// server. Owned by the driver; answers on a thread of its own.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/document/document.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/resource.h"
#include "control-plane/source/http_server.h"

namespace weft::conformance {

class MemoryServer {
 public:
  static Result<std::unique_ptr<MemoryServer>> start();

  uint16_t port() const { return server_->port(); }
  // What "GET /path" answers, whatever is stored.
  void fix(const std::string& path, std::string body);
  // Everything stored, as documents, by type and name.
  std::vector<Node> dump() const;

 private:
  cp::HttpResponse answer(const cp::HttpRequest& request);
  cp::HttpResponse list(const cp::Kind& kind, const std::string& mesh, std::string_view query) const;
  cp::HttpResponse put(const cp::Kind& kind, const cp::ResourceKey& key, const std::string& body, bool dry_run);
  cp::HttpResponse remove(const cp::ResourceKey& key);
  cp::ResourcePtr find(const cp::ResourceKey& key) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::string> fixed_;
  std::vector<cp::ResourcePtr> resources_;  // in the order in which they came
  std::unique_ptr<cp::HttpServer> server_;  // last: it ends before what it uses
};

}  // namespace weft::conformance
