// A mesh of real processes for one test, below one folder: the control plane, services, proxies, and weftctl against
// them. The destructor ends whatever still runs and removes the folder.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/document/document.h"
#include "tests/support/http.h"
#include "tests/support/process.h"

namespace weft::test {

struct ProxyOptions {
  std::string dataplane;  // the document, YAML
  std::string token;      // empty: none is given
  std::string ca_file;    // empty: the control plane's
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;
  bool wait_until_ready = true;
  // Beside the one that runs in the same folder, which becomes "NAME before".
  bool take_over = false;
};

class Mesh {
 public:
  Mesh();
  ~Mesh();
  Mesh(const Mesh&) = delete;
  Mesh& operator=(const Mesh&) = delete;

  const std::string& folder() const { return folder_; }
  // Path of a file in the folder with this text.
  std::string file(const std::string& name, const std::string& text);

  // Starts weft-cp in `work_dir` ("cp" below the folder when empty); started again it takes the same ports. False: it
  // did not come up; its output is in control_plane().output().
  bool start_control_plane(const std::string& work_dir = "");
  Process& control_plane() { return *control_plane_; }
  uint16_t api_port() const { return api_port_; }
  uint16_t diagnostics_port() const { return diagnostics_port_; }
  std::string ca_file() const { return work_dir_ + "/ca.crt"; }
  // The value of a metric of the control plane, summed over its label sets; -1 when there is none.
  double metric(const std::string& name);

  // The same of a proxy, as it tells the control plane.
  double proxy_metric(const std::string& proxy, const std::string& name);

  static std::string weftctl_path();
  // A configuration of weftctl with this control plane.
  std::string config_file();
  // weftctl with this control plane.
  Finished weftctl(std::vector<std::string> arguments, const std::string& standard_input = "");
  Finished apply(const std::string& documents) { return weftctl({"apply", "-f", "-"}, documents); }
  std::string token(const std::string& name, const std::string& workload);

  // Returns the port of a sample service.
  uint16_t start_service(const std::string& name);
  // False: the proxy ended, or is not ready in time.
  bool start_proxy(const std::string& name, const ProxyOptions& options);
  Process& process(const std::string& name) { return *processes_.at(name); }
  uint16_t readiness_port(const std::string& proxy) const { return readiness_.at(proxy); }
  bool ready(const std::string& proxy);

  // Two services: `backend` behind one proxy, reached through web's outbound, whose port is returned. 0: something
  // failed.
  uint16_t start_web_and_backend();
  std::string backend_document() const { return backend_document_; }
  std::string web_document() const { return web_document_; }
  uint16_t backend_port() const { return backend_port_; }  // of the service itself

  // Load on a URL until stop_load(); the report is a JSON object (tools/sample/tally.h).
  void start_load(uint16_t port, const std::vector<std::string>& arguments);
  Node stop_load();

 private:
  std::string folder_;
  std::string work_dir_;
  uint16_t api_port_ = 0, dp_port_ = 0, diagnostics_port_ = 0;
  uint16_t backend_port_ = 0;
  std::string backend_document_, web_document_;
  std::map<std::string, uint16_t> readiness_;
  std::map<std::string, std::unique_ptr<Process>> processes_;
  std::unique_ptr<Process> control_plane_;
};

// A number of a report; -1 when it is not there.
int64_t count(const Node& report, std::string_view key);

}  // namespace weft::test
