#include "proxy/options.h"

#include <sched.h>

#include <algorithm>
#include <fstream>

#include "base/byte_size.h"
#include "base/flags.h"
#include "base/text.h"

namespace weft::proxy {
namespace {

// What the flags write that RunOptions does not hold as it is written.
struct Raw {
  std::vector<std::string> variables;
  std::string proxy_type = "dataplane";
  std::string pod_name;
  std::string transparent_proxy_config;
  std::string metrics_certificate;
  std::string metrics_key;
  bool transparent_proxy = false;
  bool bind_outbounds = false;
  std::string ignored;
  bool ignored_switch = false;
  std::string memory_limit = "0";
  int max_connections = 0;
  int max_listener_connections = 0;
  int max_connecting = static_cast<int>(Limits().max_connecting);
  int glitch_limit = static_cast<int>(Limits().glitches);
  int retry_budget = static_cast<int>(Limits().retry_budget);
};

Flags run_flags(RunOptions& o, Raw& raw) {
  Flags flags;
  flags.add("cp-address", 0, "URL", "control plane, https://host:port", &o.control_plane_address);
  flags.add("ca-cert-file", 0, "FILE", "PEM file to verify the control plane with", &o.ca_cert_file);
  flags.add("ca-cert", 0, "PEM", "the same as text", &o.ca_cert);
  flags.add("skip-verify", 0, "do not verify the control plane (insecure)", &o.skip_verify);
  flags.add("retry-backoff", 0, "TIME", "longest pause between attempts without configuration", &o.retry_backoff);
  flags.add("retry-max-duration", 0, "TIME", "without configuration for so long: give up", &o.retry_max_duration);
  flags.add("name", 0, "NAME", "an existing Dataplane", &o.name);
  flags.add("mesh", 0, "NAME", "its mesh", &o.mesh);
  flags.add("proxy-type", 0, "TYPE", "no other is known", &raw.proxy_type);
  flags.add("dataplane-file", 'd', "FILE", "Dataplane to register; - is standard input", &o.dataplane_file);
  flags.add("dataplane", 0, "TEXT", "the same as text, YAML or JSON", &o.dataplane);
  flags.add("dataplane-var", 'v', "KEY=VALUE", "for {{ key }} in the Dataplane; repeatable", &raw.variables);
  flags.add("dataplane-token-file", 0, "FILE", "credential, read again when it changes", &o.token_file);
  flags.add("dataplane-token", 0, "TOKEN", "credential as text", &o.token);
  flags.add("drain-time", 0, "TIME", "longest drain after SIGTERM", &o.drain_time);
  flags.add("drain-quiet-time", 0, "TIME", "a drain ends when no connection was open for so long", &o.drain_quiet_time);
  flags.add("concurrency", 0, "N", "worker threads; 0: by CPU count or cgroup", &o.concurrency);
  flags.add("work-dir", 0, "DIR", "admin socket, last good configuration", &o.work_dir);
  flags.add("readiness-port", 0, "PORT", "of GET /ready; 0: any free one", &o.readiness_port);
  flags.add("log-level", 0, "LEVEL", "debug, info, warn, error, off", &o.log_level);
  flags.add("memory-limit", 0, "BYTES", "of its own memory, like 256Mi; 0: what its cgroup has", &raw.memory_limit);
  flags.add("max-connections", 0, "N", "downstream, of the process; 0: half of its descriptors", &raw.max_connections);
  flags.add("max-listener-connections", 0, "N", "of them, at one listener; 0: 80 %", &raw.max_listener_connections);
  flags.add("max-connecting", 0, "N", "upstream connections being opened, of a worker", &raw.max_connecting);
  flags.add("glitch-limit", 0, "N", "oddities of a connection until it is cut; 0: any number", &raw.glitch_limit);
  flags.add("retry-budget", 0, "PERCENT", "of requests, repeats that may be in vain; 0: any number", &raw.retry_budget);
  flags.add("refuse-underscores", 0, "answer 400 to field names with '_'", &o.limits.refuse_underscores);
  flags.add("take-over", 0, "take the place of the proxy in the same --work-dir, without a gap", &o.take_over);
  flags.add("hand-over-time", 0, "TIME", "longest drain after another proxy took this one's place", &o.hand_over_time);
  flags.add("keep-privileges", 0, "for debugging: drop no capabilities, filter no system calls", &o.keep_privileges);
  flags.add("pod-name", 0, "NAME", "set on Kubernetes", &raw.pod_name);

  // Part of the contract; asks for something this version cannot do, so it says so.
  const char* later = "accepted, without effect in this version";
  flags.add("transparent-proxy", 0, later, &raw.transparent_proxy);
  flags.add("transparent-proxy-config", 0, "YAML", later, &raw.transparent_proxy_config);
  flags.add("bind-outbounds", 0, later, &raw.bind_outbounds);
  flags.add("metrics-cert-path", 0, "FILE", later, &raw.metrics_certificate);
  flags.add("metrics-key-path", 0, "FILE", later, &raw.metrics_key);

  // Part of the contract; steers something this proxy does not have.
  for (const char* name : {"binary-path", "envoy-log-level", "envoy-component-log-level", "dns-proxy-port",
                           "log-output-path", "log-max-size", "log-max-age", "log-max-retained-files"}) {
    flags.add(name, 0, "VALUE", "accepted, ignored", &raw.ignored);
  }
  flags.add("dns-enabled", 0, "accepted, ignored", &raw.ignored_switch);
  return flags;
}

struct Variable {
  std::string_view name;
  std::string_view flag;
};
constexpr Variable kVariables[] = {
    {"KUMA_CONTROL_PLANE_URL", "cp-address"},
    {"KUMA_CONTROL_PLANE_CA_CERT_FILE", "ca-cert-file"},
    {"KUMA_CONTROL_PLANE_CA_CERT", "ca-cert"},
    {"KUMA_CONTROL_PLANE_TLS_SKIP_VERIFY", "skip-verify"},
    {"KUMA_CONTROL_PLANE_RETRY_BACKOFF", "retry-backoff"},
    {"KUMA_CONTROL_PLANE_RETRY_MAX_DURATION", "retry-max-duration"},
    {"KUMA_DATAPLANE_NAME", "name"},
    {"KUMA_DATAPLANE_MESH", "mesh"},
    {"KUMA_DATAPLANE_PROXY_TYPE", "proxy-type"},
    {"KUMA_DATAPLANE_RUNTIME_RESOURCE_PATH", "dataplane-file"},
    {"KUMA_DATAPLANE_RUNTIME_RESOURCE", "dataplane"},
    {"KUMA_DATAPLANE_RUNTIME_TOKEN_PATH", "dataplane-token-file"},
    {"KUMA_DATAPLANE_RUNTIME_TOKEN", "dataplane-token"},
    {"KUMA_DATAPLANE_DRAIN_TIME", "drain-time"},
    {"WEFT_DRAIN_QUIET_TIME", "drain-quiet-time"},
    {"KUMA_DATAPLANE_RUNTIME_CONCURRENCY", "concurrency"},
    {"KUMA_DATAPLANE_RUNTIME_WORK_DIR", "work-dir"},
    {"KUMA_READINESS_PORT", "readiness-port"},
    {"WEFT_LOG_LEVEL", "log-level"},
    {"WEFT_MEMORY_LIMIT", "memory-limit"},
    {"WEFT_MAX_CONNECTIONS", "max-connections"},
    {"WEFT_MAX_LISTENER_CONNECTIONS", "max-listener-connections"},
    {"WEFT_MAX_CONNECTING", "max-connecting"},
    {"WEFT_GLITCH_LIMIT", "glitch-limit"},
    {"WEFT_RETRY_BUDGET", "retry-budget"},
    {"WEFT_REFUSE_UNDERSCORES", "refuse-underscores"},
    {"WEFT_TAKE_OVER", "take-over"},
    {"WEFT_HAND_OVER_TIME", "hand-over-time"},
    {"WEFT_KEEP_PRIVILEGES", "keep-privileges"},
    {"POD_NAME", "pod-name"},
    {"KUMA_DATAPLANE_RUNTIME_TRANSPARENT_PROXY", "transparent-proxy-config"},
    {"KUMA_DATAPLANE_RUNTIME_BIND_OUTBOUNDS", "bind-outbounds"},
    {"KUMA_DATAPLANE_RUNTIME_METRICS_CERT_PATH", "metrics-cert-path"},
    {"KUMA_DATAPLANE_RUNTIME_METRICS_KEY_PATH", "metrics-key-path"},
};

Status read_environment(const Flags& flags, const Environment& environment) {
  for (const Variable& variable : kVariables) {
    const char* value = environment(std::string(variable.name).c_str());
    if (value == nullptr || *value == '\0') continue;
    const auto read = flags.parse({cat("--", variable.flag, "=", value)});
    if (!read.ok()) return annotate(read.status(), variable.name);
  }
  return ok();
}

Status check_definition(const RunOptions& options) {
  const bool definition = !options.dataplane_file.empty() || !options.dataplane.empty();
  if (definition && (!options.name.empty() || !options.mesh.empty())) {
    return invalid(
        "--name and --mesh cannot be specified when a dataplane definition is provided, mesh and name will be read "
        "from "
        "the dataplane definition");
  }
  if (!options.dataplane_file.empty() && !options.dataplane.empty()) {
    return invalid("--dataplane and --dataplane-file cannot both be given");
  }
  if (!definition && options.name.empty()) return invalid("--name: required, unless --dataplane-file is given");
  if (!definition && options.mesh.empty()) return invalid("--mesh: required, unless --dataplane-file is given");
  return ok();
}

Status check(const RunOptions& options, const Raw& raw) {
  if (raw.proxy_type != "dataplane") return invalid(cat("--proxy-type: invalid proxy type \"", raw.proxy_type, "\""));
  if (Status status = check_definition(options); !status.ok()) return status;
  if (!options.token.empty() && !options.token_file.empty()) {
    return invalid("--dataplane-token and --dataplane-token-file cannot both be given");
  }
  const auto in_range = [](int value, int highest) { return value >= 0 && value <= highest; };
  if (!in_range(options.concurrency, 1024)) return invalid("--concurrency: must be between 0 and 1024");
  if (!in_range(options.readiness_port, 65535)) return invalid("--readiness-port: must be between 0 and 65535");
  if (options.take_over && options.work_dir.empty()) return invalid("--take-over: needs the --work-dir of the other");
  if (options.hand_over_time < Nanoseconds::zero()) return invalid("--hand-over-time: must not be negative");
  if (options.drain_time < Nanoseconds::zero()) return invalid("--drain-time: must not be negative");
  if (options.retry_backoff <= Nanoseconds::zero()) return invalid("--retry-backoff: must be greater than 0");
  return ok();
}

Status read_limits(const Raw& raw, Limits& limits) {
  struct Number {
    const char* flag;
    int value;
    int lowest;
    uint32_t& target;
  };
  const Number numbers[] = {
      {"--max-connections", raw.max_connections, 0, limits.max_connections},
      {"--max-listener-connections", raw.max_listener_connections, 0, limits.max_listener_connections},
      {"--max-connecting", raw.max_connecting, 1, limits.max_connecting},
      {"--glitch-limit", raw.glitch_limit, 0, limits.glitches},
      {"--retry-budget", raw.retry_budget, 0, limits.retry_budget}};
  for (const Number& number : numbers) {
    if (number.value < number.lowest) return invalid(cat(number.flag, ": must be at least ", number.lowest));
    number.target = static_cast<uint32_t>(number.value);
  }
  const Result<uint64_t> memory = parse_byte_size(raw.memory_limit);
  if (!memory.ok()) return annotate(memory.status(), "--memory-limit");
  if (*memory != 0 && *memory < kLeastMemory) {
    return invalid(cat("--memory-limit: at least ", kLeastMemory / 1024 / 1024, "Mi, which is what it takes to start"));
  }
  limits.memory_bytes = *memory;
  return ok();
}

std::vector<std::string> without_effect(const Raw& raw) {
  std::vector<std::string> names;
  if (raw.transparent_proxy) names.emplace_back("--transparent-proxy");
  if (!raw.transparent_proxy_config.empty()) names.emplace_back("--transparent-proxy-config");
  if (raw.bind_outbounds) names.emplace_back("--bind-outbounds");
  if (!raw.metrics_certificate.empty()) names.emplace_back("--metrics-cert-path");
  if (!raw.metrics_key.empty()) names.emplace_back("--metrics-key-path");
  return names;
}

Flags wait_flags(WaitOptions& o, std::string& ignored) {
  Flags flags;
  flags.add("url", 0, "URL", "address to ask", &o.url);
  flags.add("unix-socket", 0, "PATH", "ask the admin socket at this path instead", &o.unix_socket);
  flags.add("timeout", 0, "TIME", "give up after", &o.timeout);
  flags.add("check-frequency", 0, "TIME", "time between two checks", &o.check_frequency);
  flags.add("request-timeout", 0, "TIME", "of one check", &o.request_timeout);
  flags.add("log-level", 0, "LEVEL", "accepted, ignored", &ignored);
  return flags;
}

Status no_positional(const Result<std::vector<std::string>>& rest) {
  if (!rest.ok()) return rest.status();
  return rest->empty() ? ok() : invalid(cat("unexpected argument \"", rest->front(), "\""));
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
  RunOptions given;
  Raw raw;
  if (Status status = no_positional(run_flags(given, raw).parse(arguments)); !status.ok()) return status;

  raw = Raw();
  RunOptions options;
  const Flags flags = run_flags(options, raw);
  if (Status status = read_environment(flags, environment); !status.ok()) return status;
  // A flag replaces what the environment says of the same thing in its other form.
  if (!given.token_file.empty()) options.token.clear();
  if (!given.token.empty()) options.token_file.clear();
  if (!given.dataplane_file.empty()) options.dataplane.clear();
  if (!given.dataplane.empty()) options.dataplane_file.clear();
  if (!given.ca_cert_file.empty()) options.ca_cert.clear();
  if (!given.ca_cert.empty()) options.ca_cert_file.clear();
  if (Status status = no_positional(flags.parse(arguments)); !status.ok()) return status;
  for (const std::string& text : raw.variables) {
    if (Status status = add_variables(text, options.dataplane_vars); !status.ok())
      return annotate(status, "--dataplane-var");
  }
  if (Status status = check(options, raw); !status.ok()) return status;
  if (Status status = read_limits(raw, options.limits); !status.ok()) return status;
  options.on_kubernetes = !raw.pod_name.empty();
  options.without_effect = without_effect(raw);
  return options;
}

Result<WaitOptions> parse_wait_options(const std::vector<std::string>& arguments) {
  WaitOptions options;
  std::string ignored;
  if (Status status = no_positional(wait_flags(options, ignored).parse(arguments)); !status.ok()) return status;
  return options;
}

std::string run_help() {
  RunOptions options;
  Raw raw;
  std::string out = run_flags(options, raw).help();
  out += "\nEnvironment variables, which flags override:\n";
  for (const Variable& variable : kVariables) append(out, "  ", variable.name, " (--", variable.flag, ")\n");
  return out;
}

std::string wait_help() {
  WaitOptions options;
  std::string ignored;
  return wait_flags(options, ignored).help();
}

unsigned usable_cpus() {
  cpu_set_t set;
  unsigned cpus = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
  const unsigned quota = cgroup_cpus();
  return quota == 0 ? cpus : std::min(quota, cpus);
}

}  // namespace weft::proxy
