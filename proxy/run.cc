#include "proxy/run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "proxy/activation.h"
#include "proxy/admin/admin_api.h"
#include "proxy/asio_control_thread.h"
#include "proxy/certification.h"
#include "proxy/config/grpc_stream.h"
#include "proxy/dataplane_file.h"
#include "proxy/mtls_probe.h"
#include "proxy/privileges.h"
#include "proxy/shutdown.h"

namespace weft::proxy {
namespace {

// What was read and checked before anything starts.
struct Inputs {
  std::string mesh;
  std::string name;
  std::string dataplane_json;
  GrpcStreams::Options control_plane;
  TokenSource token{"", ""};
  // What this proxy listens on may lie below 1024; without a definition only the control plane knows.
  bool low_ports = true;
};

Status read_definition(const RunOptions& options, Inputs& inputs) {
  inputs.mesh = options.mesh;
  inputs.name = options.name;
  if (options.dataplane.empty() && options.dataplane_file.empty()) return ok();
  std::string text = options.dataplane;
  const std::string source =
      options.dataplane.empty() ? cat("--dataplane-file ", options.dataplane_file) : "--dataplane";
  if (!options.dataplane_file.empty()) {
    Result<std::string> read = read_dataplane_text(options.dataplane_file);
    if (!read.ok()) return annotate(read.status(), "--dataplane-file");
    text = *std::move(read);
  }
  Result<DataplaneDefinition> definition = parse_dataplane(text, options.dataplane_vars);
  if (!definition.ok()) return annotate(definition.status(), source);
  inputs.mesh = definition->mesh;
  inputs.name = definition->name;
  inputs.dataplane_json = definition->json;
  inputs.low_ports = definition->low_ports;
  return ok();
}

Status read_trust(const RunOptions& options, Inputs& inputs) {
  Result<ControlPlaneAddress> address = parse_control_plane_address(options.control_plane_address);
  if (!address.ok()) return annotate(address.status(), "--cp-address");
  inputs.control_plane.address = *std::move(address);
  inputs.control_plane.ca_pem = options.ca_cert;
  if (!options.ca_cert_file.empty()) {
    Result<std::string> pem = read_file(options.ca_cert_file);
    if (!pem.ok()) return annotate(pem.status(), "--ca-cert-file");
    inputs.control_plane.ca_pem = *std::move(pem);
  }
  const bool given = !options.ca_cert_file.empty() || !options.ca_cert.empty();
  if (given && inputs.control_plane.ca_pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    const std::string from =
        options.ca_cert_file.empty() ? "KUMA_CONTROL_PLANE_CA_CERT" : cat("--ca-cert-file ", options.ca_cert_file);
    return invalid(cat(from, ": there is no PEM certificate in it"));
  }
  inputs.control_plane.skip_verify = options.skip_verify;
  if (options.skip_verify) log_warning("--skip-verify: anyone can play the control plane of this proxy");
  return ok();
}

Result<Inputs> read_inputs(const RunOptions& options) {
  Inputs inputs;
  if (Status status = read_definition(options, inputs); !status.ok()) return status;
  if (Status status = read_trust(options, inputs); !status.ok()) return status;
  inputs.token = TokenSource(options.token, options.token_file);
  if (const Result<std::string> token = inputs.token.read(); !token.ok()) {
    return annotate(token.status(), options.token_file.empty() ? "--dataplane-token" : "--dataplane-token-file");
  }
  for (const std::string& flag : options.without_effect) log_warning("has no effect in this version", {{"flag", flag}});
  return inputs;
}

// Removed at the end when it is a temporary one.
class WorkDir {
 public:
  Status prepare(const std::string& wanted) {
    path_ = wanted;
    if (!path_.empty()) return annotate(make_folder(path_, 0700), "--work-dir");
    const char* base = std::getenv("TMPDIR");
    path_ = cat(base == nullptr ? "/tmp" : base, "/weft-proxy-XXXXXX");
    if (mkdtemp(path_.data()) == nullptr) return errno_status(cat("create ", path_), errno);
    temporary_ = true;
    return ok();
  }
  ~WorkDir() {
    std::error_code ignored;
    if (temporary_) std::filesystem::remove_all(path_, ignored);
  }
  std::string file(std::string_view name) const { return cat(path_, "/", name); }

 private:
  std::string path_;
  bool temporary_ = false;
};

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class Proxy {
 public:
  explicit Proxy(const RunOptions& options) : options_(options) {}
  ~Proxy() {
    if (subscription_ != nullptr) subscription_->stop();
    if (data_plane_ != nullptr) data_plane_->stop();
  }

  Status start() {
    Result<Inputs> inputs = read_inputs(options_);
    if (!inputs.ok()) return inputs.status();
    if (!options_.keep_privileges) {
      const bool low_ports = inputs->low_ports || (options_.readiness_port > 0 && options_.readiness_port < 1024);
      if (Status status = seal_privileges(low_ports); !status.ok()) return status;
    }
    if (Status status = work_dir_.prepare(options_.work_dir); !status.ok()) return status;
    const unsigned workers = options_.concurrency == 0 ? usable_cpus() : static_cast<unsigned>(options_.concurrency);
    auto data_plane = DataPlane::start({.workers = workers});
    if (!data_plane.ok()) return data_plane.status();
    data_plane_ = *std::move(data_plane);
    if (Status status = open_ports(); !status.ok()) return status;
    watch_signals();
    join(*inputs);
    activation_->restore();
    subscription_->start();
    return ok();
  }

  int run() {
    thread_.run();
    return exit_code_;
  }

 private:
  Status open_ports() {
    const std::string probes_from = options_.on_kubernetes ? "0.0.0.0" : "127.0.0.1";
    auto readiness =
        HttpServer::listen(thread_.loop(), probes_from, static_cast<uint16_t>(options_.readiness_port),
                           [this](const AdminRequest& request) { return answer_probe(readiness_, request); });
    if (!readiness.ok()) return annotate(readiness.status(), "readiness port");
    readiness_server_ = *std::move(readiness);
    AdminContext context{
        readiness_, [this]() -> const Configuration& { return activation_->builder().current(); },
        [this] { return metrics(); },
        [this](bool inbound_only) { inbound_only ? data_plane_->drain_inbound() : data_plane_->drain_all(); },
        [this] { shutdown_->terminate(); }};
    auto admin =
        HttpServer::listen_unix(thread_.loop(), work_dir_.file("admin.sock"),
                                [context](const AdminRequest& request) { return answer_admin(context, request); });
    if (!admin.ok()) return annotate(admin.status(), "admin socket");
    admin_server_ = *std::move(admin);
    return write_ports();
  }

  // Whole or not at all, but not synchronised: after a crash of the machine nobody wants to know.
  Status write_ports() {
    const std::string path = work_dir_.file("ports.json");
    std::ofstream file(path + ".tmp");
    file << "{\"readiness\":" << readiness_server_->port() << ",\"pid\":" << getpid() << "}\n";
    file.close();
    if (!file || std::rename((path + ".tmp").c_str(), path.c_str()) != 0)
      return errno_status(cat("write ", path), errno);
    return ok();
  }

  void watch_signals() {
    std::signal(SIGPIPE, SIG_IGN);
    thread_.watch_signals({SIGTERM, SIGINT, SIGUSR2}, [this](int signal) {
      signal == SIGUSR2 ? shutdown_->drain_inbound() : shutdown_->terminate();
    });
  }

  void join(Inputs& inputs) {
    streams_ = std::make_unique<GrpcStreams>(std::move(inputs.control_plane), thread_);
    activation_ = std::make_unique<Activation>(
        Activation::Options{inputs.mesh, inputs.name, work_dir_.file("snapshot.pb")}, thread_, *data_plane_,
        make_tls_material,
        Activation::Events{[this] { on_serving(); }, [this] { subscription_->reconnect(); },
                           [this] { on_configuration(); }});
    Subscription::Options options{inputs.mesh,
                                  inputs.name,
                                  WEFT_VERSION,
                                  hex64(Random().next()),
                                  std::move(inputs.dataplane_json),
                                  std::move(inputs.token),
                                  options_.retry_backoff,
                                  options_.retry_max_duration,
                                  [this](const v1::ProxyQuestion& question) {
                                    const Configuration& configuration = activation_->builder().current();
                                    if (question.topic() == v1::MTLS_PROBE)
                                      return probe_mtls(configuration, question.argument());
                                    return answer_question(configuration, metrics(), question.topic());
                                  }};
    subscription_ =
        std::make_unique<Subscription>(std::move(options), thread_, *streams_, *activation_, [this](std::string why) {
          log_error("giving up", {{"reason", why}});
          exit_code_ = 1;
          thread_.stop();
        });
    certification_ =
        std::make_unique<Certification>(thread_, *activation_, *subscription_, Certification::machine_clocks, Random());
    shutdown_ = std::make_unique<Shutdown>(
        Shutdown::Options{options_.drain_time, options_.drain_quiet_time}, thread_, *data_plane_,
        [this] {
          readiness_.set_terminating();
          subscription_->set_state("draining");
        },
        [this] { thread_.stop(); });
  }

  void on_serving() {
    readiness_.set_configured();
    subscription_->set_state("ready");
    log_info("ready", {{"readiness_port", readiness_server_->port()},
                       {"listeners", activation_->builder().current().snapshot->listeners.size()}});
  }

  void on_configuration() {
    const bool missing = activation_->builder().current().identity == IdentityState::kMissing;
    if (missing && !waiting_for_certificate_) log_info("waiting for a certificate: inbound listeners stay closed");
    waiting_for_certificate_ = missing;
    readiness_.set_without_certificate(missing);
    certification_->configuration_changed();
  }

  MetricsInput metrics() const {
    MetricsInput input;
    input.workers = data_plane_->counters();
    input.destinations = activation_->builder().numbers().entries();
    input.version = WEFT_VERSION;
    input.open_connections = data_plane_->open_connections();
    input.active_exchanges = data_plane_->active_exchanges();
    input.revision = activation_->builder().current().revision;
    input.refused_items = activation_->builder().current().refused.size();
    input.control_plane_connected = subscription_->connected();
    input.ready = readiness_.ready();
    const auto seconds_since = [this](ControlThread::TimePoint then) {
      return std::chrono::duration<double>(thread_.now() - then).count();
    };
    if (activation_->confirmed()) input.configuration_age_seconds = seconds_since(*activation_->confirmed());
    input.uptime_seconds = seconds_since(started_);
    if (activation_->builder().current().identity != IdentityState::kNone) {
      input.certification = certification_->report();
    }
    return input;
  }

  // Destroyed from the last to the first: what posts to the control thread goes before it.
  const RunOptions& options_;
  int exit_code_ = 0;
  WorkDir work_dir_;
  AsioControlThread thread_;
  const ControlThread::TimePoint started_ = thread_.now();
  Readiness readiness_;
  bool waiting_for_certificate_ = false;
  std::unique_ptr<DataPlane> data_plane_;
  std::unique_ptr<GrpcStreams> streams_;
  std::unique_ptr<Activation> activation_;
  std::unique_ptr<Subscription> subscription_;
  std::unique_ptr<Certification> certification_;
  std::unique_ptr<Shutdown> shutdown_;
  std::unique_ptr<HttpServer> readiness_server_;
  std::unique_ptr<HttpServer> admin_server_;
};

}  // namespace

int run(const RunOptions& options) {
  raise_descriptor_limit();
  // Before the inputs are read: what cannot be read without privileges could not be read again later.
  if (options.keep_privileges) {
    log_warning("--keep-privileges: capabilities and system calls stay as they are");
  } else if (Status status = drop_privileges(); !status.ok()) {
    log_error("cannot start", {{"reason", reason(status)}});
    return 1;
  }
  Proxy proxy(options);
  if (Status status = proxy.start(); !status.ok()) {
    log_error("cannot start", {{"reason", reason(status)}});
    return 1;
  }
  return proxy.run();
}

}  // namespace weft::proxy
