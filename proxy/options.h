// What the person or the platform that starts weft-proxy says: flags, and environment variables beneath them (built-in
// defaults < environment < flags). Read once at start on the main thread, never changed afterwards. An error is one
// sentence that names the flag or the variable. Secrets (the token) stay in here; nothing prints this struct.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/document/variables.h"
#include "base/duration.h"
#include "base/status.h"
#include "proxy/runtime/limits.h"

namespace weft::proxy {

struct RunOptions {
  std::string control_plane_address = "https://localhost:5678";
  std::string ca_cert_file;
  std::string ca_cert;  // PEM text; the file wins
  bool skip_verify = false;
  // Longest pause between two attempts to reach the control plane while the proxy has no configuration.
  Nanoseconds retry_backoff = std::chrono::seconds(3);
  // Without any configuration for this long: give up.
  Nanoseconds retry_max_duration = std::chrono::minutes(5);

  std::string mesh;
  std::string name;
  std::string dataplane_file;  // "-": standard input
  std::string dataplane;       // inline YAML or JSON
  Variables dataplane_vars;
  std::string token_file;
  std::string token;

  Nanoseconds drain_time = std::chrono::seconds(30);
  // Ours: a drain ends early once no connection has been open for this long.
  Nanoseconds drain_quiet_time = std::chrono::seconds(1);
  int concurrency = 0;   // 0: what the cgroup or the machine has
  std::string work_dir;  // empty: a new temporary directory
  int readiness_port = 9902;
  // Ours: docs/limits.md.
  Limits limits;
  // Ours: takes the place of the proxy that runs in this work directory, if there is one.
  bool take_over = false;
  // Ours: how long connections go on in a proxy whose place was taken.
  Nanoseconds hand_over_time = std::chrono::minutes(15);
  bool on_kubernetes = false;  // POD_NAME is set: readiness is asked for from outside the pod's loopback
  std::string log_level = "info";
  // Ours, for debugging: capabilities and system calls stay as they are.
  bool keep_privileges = false;

  // Flags that were given and have no effect in this version; the caller says so once.
  std::vector<std::string> without_effect;
};

struct WaitOptions {
  std::string url = "http://localhost:9902/ready";
  std::string unix_socket;
  Nanoseconds timeout = std::chrono::seconds(180);
  Nanoseconds check_frequency = std::chrono::seconds(1);
  Nanoseconds request_timeout = std::chrono::milliseconds(500);
};

// Null when the variable is not set.
using Environment = std::function<const char*(const char*)>;

// `arguments` follow the sub-command's name.
Result<RunOptions> parse_run_options(const std::vector<std::string>& arguments, const Environment& environment);
Result<WaitOptions> parse_wait_options(const std::vector<std::string>& arguments);

// The flags of `run` with their variables and meanings, one a line.
std::string run_help();
std::string wait_help();

// Threads for `concurrency` 0: the cgroup's CPU quota rounded up, at most the CPUs this process may use, at least 1.
unsigned usable_cpus();

}  // namespace weft::proxy
