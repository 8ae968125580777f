#include "proxy/run.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <utility>

#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "proxy/activation.h"
#include "proxy/admin/admin_api.h"
#include "proxy/asio_control_thread.h"
#include "proxy/certification.h"
#include "proxy/config/grpc_stream.h"
#include "proxy/hand_over.h"
#include "proxy/inputs.h"
#include "proxy/memory_watch.h"
#include "proxy/mtls_probe.h"
#include "proxy/predecessor.h"
#include "proxy/privileges.h"
#include "proxy/shutdown.h"

namespace weft::proxy {
namespace {

constexpr std::string_view kTakeOverSocket = "take-over.sock";

// With fewer, a busy service is refused connections: half are for clients.
constexpr rlim_t kFewDescriptors = 4096;

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kFewDescriptors) return;
  log_warning("few descriptors: connections will be limited",
              {{"descriptors", limit.rlim_cur}, {"connections", effective_limits({}, limit.rlim_cur).max_connections}});
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
    if (Status status = find_predecessor(); !status.ok()) return annotate(status, "--take-over");
    unsigned workers = options_.concurrency == 0 ? usable_cpus() : static_cast<unsigned>(options_.concurrency);
    if (predecessor_ != nullptr) {
      workers = std::max(workers, static_cast<unsigned>(predecessor_->inheritance().most_sockets()));
    }
    auto data_plane = DataPlane::start({.workers = workers, .limits = options_.limits, .load = load_});
    if (!data_plane.ok()) return data_plane.status();
    data_plane_ = *std::move(data_plane);
    if (predecessor_ != nullptr) {
      data_plane_->inherit(std::move(predecessor_->inheritance().listeners));
    } else if (Status status = open_ports(); !status.ok()) {
      return status;
    }
    watch_signals();
    memory_ = std::make_unique<MemoryWatch>(
        thread_, *load_, options_.limits.memory_bytes, [] { return read_memory_usage(); },
        [this] { data_plane_->relieve(); });
    memory_->start();
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
  Status find_predecessor() {
    if (!options_.take_over) return ok();
    auto found = Predecessor::find(work_dir_.file(kTakeOverSocket));
    if (!found.ok()) return found.status();
    predecessor_ = *std::move(found);
    if (predecessor_ == nullptr) {
      log_info("no proxy runs in this work directory: nothing to take over");
    } else {
      log_info("taking over", {{"listeners", predecessor_->inheritance().listeners.size()}});
    }
    return ok();
  }

  // The other one accepts beside this one until here, and not any more afterwards.
  Status take_place() {
    if (Status status = predecessor_->take_place(); !status.ok()) return status;
    log_info("took over");
    // There is no way back now, and traffic matters more than probes.
    if (Status opened = open_ports(); !opened.ok()) log_error("took over in part", {{"reason", reason(opened)}});
    data_plane_->inherit({});
    predecessor_.reset();
    return ok();
  }

  Result<std::unique_ptr<HttpServer>> open_readiness() {
    const auto answer = [this](const AdminRequest& request) { return answer_probe(readiness_, request); };
    if (predecessor_ != nullptr && !predecessor_->inheritance().readiness.empty()) {
      return HttpServer::adopt(thread_.loop(), predecessor_->inheritance().readiness.front().release(), answer);
    }
    const std::string probes_from = options_.on_kubernetes ? "0.0.0.0" : "127.0.0.1";
    return HttpServer::listen(thread_.loop(), probes_from, static_cast<uint16_t>(options_.readiness_port), answer);
  }

  Status open_ports() {
    auto readiness = open_readiness();
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
    auto listening = HandOver::listen(
        thread_.loop(), thread_, work_dir_.file(kTakeOverSocket),
        {[this] { return prepare_successor(); }, [this] { subscription_->resume(); }, [this] { hand_over(); }});
    if (!listening.ok()) return annotate(listening.status(), "take-over socket");
    hand_over_ = *std::move(listening);
    return write_ports();
  }

  // Two streams of one Dataplane would push each other out.
  Inheritance prepare_successor() {
    if (subscription_ != nullptr) subscription_->stop();
    Inheritance inheritance;
    inheritance.listeners = data_plane_->duplicate_sockets();
    const int readiness = readiness_server_ == nullptr ? -1 : readiness_server_->duplicate();
    if (readiness >= 0) inheritance.readiness.emplace_back(readiness);
    return inheritance;
  }

  void hand_over() {
    activation_->stop_keeping();
    readiness_server_.reset();
    admin_server_.reset();
    data_plane_->stop_accepting();
    shutdown_->hand_over();
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
    subscription_ = std::make_unique<Subscription>(std::move(options), thread_, *streams_, *activation_,
                                                   [this](std::string why) { give_up(why); });
    certification_ =
        std::make_unique<Certification>(thread_, *activation_, *subscription_, Certification::machine_clocks, Random());
    shutdown_ = std::make_unique<Shutdown>(
        Shutdown::Options{options_.drain_time, options_.drain_quiet_time, options_.hand_over_time}, thread_,
        *data_plane_,
        [this] {
          readiness_.set_terminating();
          subscription_->set_state("draining");
        },
        [this] { thread_.stop(); });
  }

  void on_serving() {
    readiness_.set_configured();
    if (predecessor_ != nullptr) {
      if (Status status = take_place(); !status.ok()) return give_up(reason(status));
    }
    subscription_->set_state("ready");
    log_info("ready", {{"readiness_port", readiness_server_ == nullptr ? 0 : readiness_server_->port()},
                       {"listeners", activation_->builder().current().snapshot->listeners.size()}});
  }

  void give_up(const std::string& why) {
    log_error("giving up", {{"reason", why}});
    exit_code_ = 1;
    thread_.stop();
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
    input.load = load_report();
    if (activation_->builder().current().identity != IdentityState::kNone) {
      input.certification = certification_->report();
    }
    return input;
  }

  LoadReport load_report() const {
    LoadReport report;
    report.limits = data_plane_->limits();
    report.pressure = load_->pressure();
    report.anonymous_bytes = memory_->anonymous();
    report.used_bytes = memory_->used();
    report.limit_bytes = memory_->limit();
    const DataPlane::BufferBytes buffers = data_plane_->buffers();
    report.buffers_lent_bytes = buffers.lent;
    report.buffers_free_bytes = buffers.free;
    report.snapshot_write_failures = activation_->keep_failures();
    report.log_lines_dropped = log_lines_dropped();
    return report;
  }

  // Destroyed from the last to the first: what posts to the control thread goes before it.
  const RunOptions& options_;
  int exit_code_ = 0;
  WorkDir work_dir_;
  AsioControlThread thread_;
  const ControlThread::TimePoint started_ = thread_.now();
  Readiness readiness_;
  bool waiting_for_certificate_ = false;
  const std::shared_ptr<ProcessLoad> load_ = std::make_shared<ProcessLoad>();
  std::unique_ptr<DataPlane> data_plane_;
  std::unique_ptr<MemoryWatch> memory_;
  std::unique_ptr<GrpcStreams> streams_;
  std::unique_ptr<Activation> activation_;
  std::unique_ptr<Subscription> subscription_;
  std::unique_ptr<Certification> certification_;
  std::unique_ptr<Shutdown> shutdown_;
  std::unique_ptr<HttpServer> readiness_server_;
  std::unique_ptr<HttpServer> admin_server_;
  std::unique_ptr<HandOver> hand_over_;
  std::unique_ptr<Predecessor> predecessor_;  // until its place is taken
};

}  // namespace

int run(const RunOptions& options) {
  drop_log_lines_rather_than_wait();
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
