#include "proxy/options.h"

#include <sched.h>

#include <algorithm>
#include <fstream>

#include "proxy/flags.h"

namespace weft::proxy {
namespace {

using RunFlag = Flag<RunOptions>;

RunFlag text(std::string_view name, std::string_view env, std::string RunOptions::*field, std::string_view help) {
  return {name, "", env, help, false, [field](RunOptions& o, std::string_view v) { return o.*field = v, ok(); }};
}
RunFlag duration(std::string_view name, std::string_view env, Nanoseconds RunOptions::*field, std::string_view help) {
  return {name, "", env, help, false, [field](RunOptions& o, std::string_view v) { return read_duration(v, o.*field); }};
}
// Part of the contract, steers something this proxy does not have.
RunFlag ignored(std::string_view name, std::string_view env, bool boolean = false) {
  return {name, "", env, "accepted, ignored", boolean, [](RunOptions&, std::string_view) { return ok(); }};
}
// Part of the contract, asks for something this version cannot do: never silently.
RunFlag without_effect(std::string_view name, std::string_view env, bool boolean = false) {
  return {name, "", env, "accepted, has no effect in this version", boolean,
          [word = name.empty() ? env : name, boolean](RunOptions& o, std::string_view value) {
            bool on = true;
            if (boolean) {
              if (Status status = read_bool(value, on); !status.ok()) return status;
            }
            if (on && !value.empty()) o.without_effect.emplace_back(word);
            return ok();
          }};
}

// "key=value" or "a=1,b=2".
Status add_variables(RunOptions& options, std::string_view value) {
  for (std::string_view pair : split(value, ',')) {
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals == 0) return invalid(cat("\"", pair, "\" is not key=value"));
    options.dataplane_vars[std::string(pair.substr(0, equals))] = pair.substr(equals + 1);
  }
  return ok();
}

Status only_dataplane(RunOptions&, std::string_view value) {
  return value == "dataplane" ? ok() : invalid(cat("invalid proxy type \"", value, "\""));
}

const std::vector<RunFlag>& run_flags() {
  using O = RunOptions;
  static const std::vector<RunFlag> table = {
      text("--cp-address", "KUMA_CONTROL_PLANE_URL", &O::control_plane_address, "control plane, https://host:port"),
      text("--ca-cert-file", "KUMA_CONTROL_PLANE_CA_CERT_FILE", &O::ca_cert_file, "PEM file to verify it with"),
      text("", "KUMA_CONTROL_PLANE_CA_CERT", &O::ca_cert, "the same as PEM text"),
      {"--skip-verify", "", "KUMA_CONTROL_PLANE_TLS_SKIP_VERIFY", "do not verify the control plane (insecure)", true,
       [](O& o, std::string_view v) { return read_bool(v, o.skip_verify); }},
      duration("", "KUMA_CONTROL_PLANE_RETRY_BACKOFF", &O::retry_backoff, "longest pause between first attempts"),
      duration("", "KUMA_CONTROL_PLANE_RETRY_MAX_DURATION", &O::retry_max_duration, "without configuration: give up"),
      text("--name", "KUMA_DATAPLANE_NAME", &O::name, "name of an existing Dataplane"),
      text("--mesh", "KUMA_DATAPLANE_MESH", &O::mesh, "its mesh"),
      {"--proxy-type", "", "KUMA_DATAPLANE_PROXY_TYPE", "only \"dataplane\"", false, only_dataplane},
      {"--dataplane-file", "-d", "KUMA_DATAPLANE_RUNTIME_RESOURCE_PATH", "Dataplane to register; - is standard input", false,
       [](O& o, std::string_view v) { return o.dataplane_file = v, ok(); }},
      text("--dataplane", "KUMA_DATAPLANE_RUNTIME_RESOURCE", &O::dataplane, "the same as text, YAML or JSON"),
      {"--dataplane-var", "-v", "", "key=value for {{ key }} in the Dataplane; repeatable", false, add_variables},
      text("--dataplane-token-file", "KUMA_DATAPLANE_RUNTIME_TOKEN_PATH", &O::token_file, "credential; read again when it changes"),
      text("--dataplane-token", "KUMA_DATAPLANE_RUNTIME_TOKEN", &O::token, "credential as text"),
      duration("--drain-time", "KUMA_DATAPLANE_DRAIN_TIME", &O::drain_time, "longest drain after SIGTERM"),
      duration("--drain-quiet-time", "WEFT_DRAIN_QUIET_TIME", &O::drain_quiet_time, "a drain without connections ends after"),
      {"--concurrency", "", "KUMA_DATAPLANE_RUNTIME_CONCURRENCY", "worker threads; 0: by CPU count or cgroup", false,
       [](O& o, std::string_view v) { return read_number(v, o.concurrency); }},
      text("--work-dir", "KUMA_DATAPLANE_RUNTIME_WORK_DIR", &O::work_dir, "admin socket, last good configuration"),
      {"", "", "KUMA_READINESS_PORT", "port of GET /ready; 0: any free one", false,
       [](O& o, std::string_view v) { return read_number(v, o.readiness_port); }},
      {"", "", "POD_NAME", "set on Kubernetes", false, [](O& o, std::string_view v) { return o.on_kubernetes = !v.empty(), ok(); }},
      text("--log-level", "WEFT_LOG_LEVEL", &O::log_level, "debug, info, warn, error, off"),
      without_effect("--transparent-proxy", "", true),
      without_effect("--transparent-proxy-config", "KUMA_DATAPLANE_RUNTIME_TRANSPARENT_PROXY"),
      without_effect("--bind-outbounds", "KUMA_DATAPLANE_RUNTIME_BIND_OUTBOUNDS", true),
      without_effect("--metrics-cert-path", "KUMA_DATAPLANE_RUNTIME_METRICS_CERT_PATH"),
      without_effect("--metrics-key-path", "KUMA_DATAPLANE_RUNTIME_METRICS_KEY_PATH"),
      without_effect("--log-output-path", ""),
      ignored("--binary-path", "KUMA_DATAPLANE_RUNTIME_BINARY_PATH"),
      ignored("--envoy-log-level", "KUMA_DATAPLANE_RUNTIME_ENVOY_LOG_LEVEL"),
      ignored("--envoy-component-log-level", "KUMA_DATAPLANE_RUNTIME_ENVOY_COMPONENT_LOG_LEVEL"),
      ignored("--dns-enabled", "KUMA_DNS_ENABLED", true),
      ignored("--dns-proxy-port", "KUMA_DNS_PROXY_PORT"),
      ignored("--log-max-size", ""),
      ignored("--log-max-age", ""),
      ignored("--log-max-retained-files", ""),
  };
  return table;
}

using WaitFlag = Flag<WaitOptions>;
WaitFlag wait_duration(std::string_view name, Nanoseconds WaitOptions::*field, std::string_view help) {
  return {name, "", "", help, false, [field](WaitOptions& o, std::string_view v) { return read_duration(v, o.*field); }};
}

const std::vector<WaitFlag>& wait_flags() {
  using O = WaitOptions;
  static const std::vector<WaitFlag> table = {
      {"--url", "", "", "address to ask, default http://localhost:9902/ready", false,
       [](O& o, std::string_view v) { return o.url = v, ok(); }},
      {"--unix-socket", "", "", "ask the admin socket at this path instead", false,
       [](O& o, std::string_view v) { return o.unix_socket = v, ok(); }},
      wait_duration("--timeout", &O::timeout, "give up after, default 180s"),
      wait_duration("--check-frequency", &O::check_frequency, "time between two checks, default 1s"),
      wait_duration("--request-timeout", &O::request_timeout, "of one check, default 500ms"),
      {"--log-level", "", "", "accepted, ignored", false, [](O&, std::string_view) { return ok(); }},
  };
  return table;
}

Status check(const RunOptions& options) {
  const bool definition = !options.dataplane_file.empty() || !options.dataplane.empty();
  if (definition && (!options.name.empty() || !options.mesh.empty())) {
    return invalid(
        "--name and --mesh cannot be specified when a dataplane definition is provided, mesh and name will be read from the "
        "dataplane definition");
  }
  if (!options.dataplane_file.empty() && !options.dataplane.empty()) {
    return invalid("--dataplane and --dataplane-file cannot both be given");
  }
  if (!definition && options.name.empty()) return invalid("--name: required, unless --dataplane-file is given");
  if (!definition && options.mesh.empty()) return invalid("--mesh: required, unless --dataplane-file is given");
  if (!options.token.empty() && !options.token_file.empty()) {
    return invalid("--dataplane-token and --dataplane-token-file cannot both be given");
  }
  if (options.concurrency > 1024) return invalid("--concurrency: at most 1024");
  return ok();
}

// "200000 100000" in cpu.max: two CPUs' worth. 0: no limit.
unsigned cgroup_cpus() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0;
  double period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return 0;
  return std::max(1u, static_cast<unsigned>((quota + period - 1) / period));
}

}  // namespace

Result<RunOptions> parse_run_options(const std::vector<std::string>& arguments, const Environment& environment) {
  RunOptions options;
  for (const RunFlag& flag : run_flags()) {
    if (flag.environment.empty()) continue;
    const char* value = environment(std::string(flag.environment).c_str());
    if (value == nullptr || *value == '\0') continue;
    if (Status status = flag.set(options, value); !status.ok()) return annotate(status, flag.environment);
  }
  // On the command line the flags replace what the environment says of the same thing in another form.
  RunOptions given;
  if (Status status = read_flags(run_flags(), arguments, given); !status.ok()) return status;
  if (!given.token_file.empty()) options.token.clear();
  if (!given.token.empty()) options.token_file.clear();
  if (!given.dataplane_file.empty()) options.dataplane.clear();
  if (!given.dataplane.empty()) options.dataplane_file.clear();
  if (Status status = read_flags(run_flags(), arguments, options); !status.ok()) return status;
  if (Status status = check(options); !status.ok()) return status;
  return options;
}

Result<WaitOptions> parse_wait_options(const std::vector<std::string>& arguments) {
  WaitOptions options;
  if (Status status = read_flags(wait_flags(), arguments, options); !status.ok()) return status;
  return options;
}

std::string run_help() { return flags_help(run_flags()); }
std::string wait_help() { return flags_help(wait_flags()); }

unsigned usable_cpus() {
  cpu_set_t set;
  unsigned cpus = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
  const unsigned quota = cgroup_cpus();
  return quota == 0 ? cpus : std::min(quota, cpus);
}

}  // namespace weft::proxy
