#include "tests/support/mesh.h"

#include <signal.h>
#include <stdlib.h>

#include <filesystem>

#include "base/file.h"
#include "base/text.h"

namespace weft::test {
namespace {

// The member `key` of the JSON object in a file; 0 when there is none yet.
uint16_t port_in(const std::string& path, std::string_view key) {
  const auto tree = parse_json(read_file(path).value_or("{}"));
  const Node* node = tree.ok() ? tree->find(key) : nullptr;
  uint16_t port = 0;
  if (node != nullptr) parse_number(node->text, port);
  return port;
}

// Over the label sets of a metric, which stands before `mark` on each of its lines; -1 when there is none.
double sum_of(std::string_view text, std::string_view name, char mark) {
  double sum = 0;
  bool found = false;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.starts_with(name) || line.size() == name.size()) continue;
    if (line[name.size()] != mark && line[name.size()] != '{') continue;
    const std::string_view value = line.substr(line.rfind(' ') + 1);
    double number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    sum += number;
    found = true;
  }
  return found ? sum : -1;
}

}  // namespace

Mesh::Mesh() {
  // Unix sockets have short names: not below a long TMPDIR.
  char name[] = "/tmp/weft-test-XXXXXX";
  folder_ = mkdtemp(name);
}

Mesh::~Mesh() {
  processes_.clear();
  control_plane_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string Mesh::file(const std::string& name, const std::string& text) {
  const std::string path = cat(folder_, "/", name);
  return write_file(path, text, 0600).ok() ? path : "";
}

bool Mesh::start_control_plane(const std::string& work_dir) {
  if (work_dir_.empty()) work_dir_ = work_dir.empty() ? folder_ + "/cp" : work_dir;
  const std::string ports = work_dir_ + "/ports.json";
  std::error_code ignored;
  std::filesystem::remove(ports, ignored);
  control_plane_ = std::make_unique<Process>(
      WEFT_CP,
      std::vector<std::string>{"run", "--work-dir", work_dir_, "--api-port", cat(api_port_), "--api-https-port", "0",
                               "--dp-port", cat(dp_port_), "--diagnostics-port", cat(diagnostics_port_),
                               "--api-interface", "127.0.0.1", "--monitoring-port", "0"},
      folder_ + "/weft-cp.log");
  eventually([&] { return !control_plane_->running() || port_in(ports, "api") != 0; });
  api_port_ = port_in(ports, "api");
  dp_port_ = port_in(ports, "dp");
  diagnostics_port_ = port_in(ports, "diagnostics");
  return control_plane_->running() && api_port_ != 0;
}

double Mesh::metric(const std::string& name) {
  const auto answer = http_get(diagnostics_port_, "/metrics");
  return sum_of(answer ? answer->body : "", name, ' ');
}

double Mesh::proxy_metric(const std::string& proxy, const std::string& name) {
  const auto answer = http_get(api_port_, cat("/meshes/default/dataplanes/", proxy, "/stats"));
  return sum_of(answer ? answer->body : "", name, ':');
}

std::string Mesh::weftctl_path() { return WEFTCTL; }

std::string Mesh::config_file() {
  const std::string config = folder_ + "/weftctl.yaml";
  if (std::filesystem::exists(config)) return config;
  return file("weftctl.yaml", cat("controlPlanes: [{name: t, coordinates: {apiServer: {url: \"http://127.0.0.1:",
                                  api_port_, "\"}}}]\ncontexts: [{name: t, controlPlane: t}]\ncurrentContext: t\n"));
}

Finished Mesh::weftctl(std::vector<std::string> arguments, const std::string& standard_input) {
  arguments.insert(arguments.begin(), {"--config-file", config_file()});
  return run(WEFTCTL, arguments, folder_, standard_input);
}

std::string Mesh::token(const std::string& name, const std::string& workload) {
  return weftctl({"generate", "dataplane-token", "--name", name, "--workload", workload, "--valid-for", "1h"}).out;
}

uint16_t Mesh::start_service(const std::string& name) {
  const std::string port_file = cat(folder_, "/", name, ".port");
  processes_[name] = std::make_unique<Process>(
      WEFT_SAMPLE, std::vector<std::string>{"serve", "--name", name, "--port-file", port_file},
      cat(folder_, "/", name, ".log"));
  uint16_t port = 0;
  eventually(
      [&] { return parse_number(trim(read_file(port_file).value_or("")), port) || !processes_[name]->running(); });
  return port;
}

bool Mesh::start_proxy(const std::string& name, const ProxyOptions& options) {
  const std::string work = cat(folder_, "/", name);
  const std::string ports = work + "/ports.json";
  std::error_code ignored;
  std::filesystem::remove(ports, ignored);
  std::vector<std::string> arguments{"run",
                                     cat("--cp-address=https://127.0.0.1:", dp_port_),
                                     cat("--ca-cert-file=", options.ca_file.empty() ? ca_file() : options.ca_file),
                                     cat("--dataplane-file=", file(name + ".yaml", options.dataplane)),
                                     cat("--work-dir=", work),
                                     "--concurrency=2"};
  std::string log = name;
  if (options.take_over) {
    arguments.emplace_back("--take-over");
    log += "-next";
    processes_[name + " before"] = std::move(processes_.at(name));
  }
  if (!options.token.empty()) arguments.push_back(cat("--dataplane-token-file=", file(name + ".token", options.token)));
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  auto environment = options.environment;
  environment["KUMA_READINESS_PORT"] = "0";
  processes_[name] = std::make_unique<Process>(WEFT_PROXY, arguments, cat(folder_, "/", log, ".log"), environment);
  Process& proxy = *processes_[name];
  if (!options.wait_until_ready) return proxy.running();
  eventually([&] { return !proxy.running() || (readiness_[name] = port_in(ports, "readiness")) != 0; });
  eventually([&] { return !proxy.running() || ready(name); });
  return proxy.running() && ready(name);
}

bool Mesh::ready(const std::string& proxy) {
  const auto answer = http_get(readiness_.at(proxy), "/ready");
  return answer && answer->status == 200;
}

uint16_t Mesh::start_web_and_backend() {
  backend_port_ = start_service("backend");
  const uint16_t inbound = free_port("127.0.0.2"), outbound = free_port();
  backend_document_ = cat("type: Dataplane\nmesh: default\nname: backend-1\nlabels: {kuma.io/workload: backend}\n",
                          "networking:\n  address: 127.0.0.2\n  inbound:\n  - {name: http, port: ", inbound,
                          ", serviceAddress: 127.0.0.1, servicePort: ", backend_port_, ", protocol: http}\n");
  web_document_ =
      cat("type: Dataplane\nmesh: default\nname: web-1\nlabels: {kuma.io/workload: web}\n",
          "networking:\n  address: 127.0.0.3\n  inbound: []\n  outbound:\n  - address: 127.0.0.1\n    port: ", outbound,
          "\n    backendRef: {kind: MeshService, name: backend, port: ", inbound, "}\n");
  if (!start_proxy("backend-1", {.dataplane = backend_document_, .token = token("backend-1", "backend")})) return 0;
  if (!start_proxy("web-1", {.dataplane = web_document_, .token = token("web-1", "web")})) return 0;
  const bool reached = eventually([&] {
    const auto answer = http_get(outbound, "/");
    return answer && answer->status == 200;
  });
  return reached ? outbound : 0;
}

void Mesh::start_load(uint16_t port, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"load", "--json", "--url", cat("http://127.0.0.1:", port, "/")};
  all.insert(all.end(), arguments.begin(), arguments.end());
  std::error_code ignored;
  std::filesystem::remove(folder_ + "/load.log", ignored);
  processes_["load"] = std::make_unique<Process>(WEFT_SAMPLE, all, folder_ + "/load.log");
}

Node Mesh::stop_load() {
  Process& load = process("load");
  load.signal(SIGTERM);
  load.wait();
  return parse_json(load.output()).value_or(Node{});
}

int64_t count(const Node& report, std::string_view key) {
  const Node* node = report.find(key);
  int64_t value = -1;
  if (node != nullptr) parse_number(node->text, value);
  return value;
}

}  // namespace weft::test
