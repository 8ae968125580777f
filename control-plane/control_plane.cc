#include "control-plane/control_plane.h"

#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>

#include "base/document/json_writer.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "control-plane/contract_metrics.h"
#include "control-plane/engine/effective_document.h"
#include "control-plane/engine/policy_warnings.h"
#include "control-plane/engine/world_changes.h"
#include "control-plane/generate/chores.h"
#include "control-plane/generate/defaults.h"
#include "control-plane/generate/first_resources.h"
#include "control-plane/generate/identity_chore.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/generate/live_status.h"
#include "control-plane/generate/service_chore.h"
#include "control-plane/identity/ca.h"
#include "control-plane/identity/jwt.h"
#include "control-plane/identity_watch.h"
#include "control-plane/insight_hooks.h"
#include "control-plane/inspect_hooks.h"
#include "control-plane/measured_store.h"
#include "control-plane/monitoring.h"
#include "control-plane/part_options.h"
#include "control-plane/proxy_hooks.h"
#include "control-plane/secret_keys.h"
#include "control-plane/serve/admission.h"
#include "control-plane/serve/certificate_desk.h"
#include "control-plane/serve/delivery_thread.h"
#include "control-plane/serve/stream_server.h"
#include "control-plane/serve/stream_session.h"
#include "control-plane/source/api_server.h"
#include "control-plane/source/diagnostics_server.h"
#include "control-plane/store/sqlite_store.h"
#include "control-plane/switched_off.h"
#include "control-plane/token_desk.h"
#include "control-plane/trust_hooks.h"
#include "control-plane/verify_mtls.h"

namespace weft::cp {
namespace {

constexpr std::chrono::seconds kFirstKeysPatience{5};
// Chores follow changes and say themselves when something is due; this is for what nobody thought of.
constexpr std::chrono::minutes kChoresAtLeastEvery{1};

Time utc_now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }
std::chrono::sys_seconds utc_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

Result<std::string> make_key() {
  const Result<SigningKey> key = SigningKey::generate();
  if (!key.ok()) return key.status();
  return key->pem();
}

}  // namespace

// In the order in which they come up; they go down in reverse.
struct ControlPlane::Parts {
  Options options;
  std::string instance;
  std::string cluster;
  ServeMetrics metrics;
  ContractMetrics contract_metrics;
  Insights insights{"", utc_now};
  LiveStatus live_status{[this](const ResourceKey& dataplane) { return insights.is_connected(dataplane); }};
  TokenKeys keys;
  RuleIndexes rules;
  std::atomic<bool> ready{false};
  std::unique_ptr<Store> store;
  std::unique_ptr<WorldPublisher> worlds;
  std::unique_ptr<TokenDesk> tokens;
  ServerCertificate certificate;  // of the proxies' port
  std::unique_ptr<Registrations> registrations;
  std::unique_ptr<DeliveryThread> delivery;
  std::unique_ptr<IdentityWatch> watch;
  std::unique_ptr<Admission> admission;
  std::unique_ptr<CertificateDesk> certificates;
  std::unique_ptr<StreamContext> streams;
  std::unique_ptr<StreamServer> stream_server;
  std::unique_ptr<ApiServer> api;
  std::unique_ptr<DiagnosticsServer> diagnostics;
  std::unique_ptr<MonitoringServer> monitoring;  // null: switched off
  std::unique_ptr<ServiceChore> services;
  std::unique_ptr<IdentityChore> identities;
  std::unique_ptr<Chores> chores;
  std::shared_ptr<void> subscription;
  std::shared_future<void> first_keys;  // ready when the keys of a first start are stored

  explicit Parts(const Options& o, std::string instance_id)
      : options(o), instance(std::move(instance_id)), insights(instance, utc_now) {}

  Status open_store();
  Status create_first_resources();
  Status open_stream_port();
  Status open_api_port();
  Status open_diagnostics_port();
  void start_chores();
  void follow_changes();
  void make_first_keys();
  Status write_ports() const;
  std::string print_metrics() const;
  ApiHooks api_hooks();
};

Status ControlPlane::Parts::open_store() {
  Result<std::shared_ptr<SecretBox>> box = open_secret_box({.file = options.store_key_file,
                                                            .command = options.store_key_command,
                                                            .keys = options.store_keys,
                                                            .default_file = cat(options.work_dir, "/store.key")});
  if (!box.ok()) return box.status();
  Result<std::unique_ptr<Store>> opened =
      open_sqlite_store(cat(options.work_dir, "/weft.db"), {.secrets = *std::move(box)});
  if (!opened.ok()) return opened.status();
  store =
      hide_types(measure_writes(*std::move(opened), contract_metrics.store_operations), types_switched_off(options));
  Result<std::unique_ptr<WorldPublisher>> started = WorldPublisher::start(*store);
  if (!started.ok()) return started.status();
  worlds = *std::move(started);
  Result<std::unique_ptr<TokenDesk>> desk = TokenDesk::open(options, keys, *worlds, [this] {
    if (first_keys.valid()) first_keys.wait_for(kFirstKeysPatience);
  });
  if (!desk.ok()) return desk.status();
  tokens = *std::move(desk);
  return create_first_resources();
}

Status ControlPlane::Parts::create_first_resources() {
  if (options.skip_tenant_resources) return ok();
  const Place place = place_of(options);
  const WorldPtr world = worlds->current();
  // The meshes of a federated zone come from above.
  if (!options.skip_mesh_creation && !place.is_federated) {
    if (Status mesh = create_default_mesh(*store, *world, place); !mesh.ok())
      return annotate(mesh, "create the mesh \"default\"");
  }
  if (!options.skip_hostname_generators) {
    if (Status generators = create_hostname_generators(*store, *world, place); !generators.ok())
      return annotate(generators, "create the generators of host names");
  }
  return annotate(create_own_zone(*store, *world, place), "create the zone");
}

Status ControlPlane::Parts::open_stream_port() {
  Result<ServerCertificate> loaded = load_or_make_server_certificate({.folder = options.work_dir,
                                                                      .certificate_file = options.tls_cert_file,
                                                                      .key_file = options.tls_key_file,
                                                                      .hostname = host_name()},
                                                                     utc_seconds());
  if (!loaded.ok()) return annotate(loaded.status(), "certificate of the proxies' port");
  certificate = *std::move(loaded);
  registrations = std::make_unique<Registrations>(
      *store, std::chrono::duration_cast<std::chrono::milliseconds>(options.deregistration_delay));
  delivery = std::make_unique<DeliveryThread>(insights, metrics);
  watch = std::make_unique<IdentityWatch>(*delivery, *worlds, utc_now);
  admission = std::make_unique<Admission>(AdmissionOptions{.check_tokens = options.dp_auth_type != "none",
                                                           .trust_secrets = options.dataplane_tokens.use_secrets,
                                                           .foreign_keys = tokens->foreign_dataplane_keys(),
                                                           .place = place_of(options)},
                                          *store, *worlds, keys, *registrations, utc_now);
  certificates = std::make_unique<CertificateDesk>(*worlds, issuing_authority, utc_now, insights, metrics);
  streams.reset(
      new StreamContext{*admission, *delivery, *certificates, metrics, instance, kVersion, options.reloadable_tokens});
  Result<std::unique_ptr<StreamServer>> started = StreamServer::start({.interface = options.dp_interface,
                                                                       .port = options.dp_port,
                                                                       .certificate_pem = certificate.certificate_pem,
                                                                       .key_pem = certificate.key_pem},
                                                                      *streams);
  if (!started.ok()) return started.status();
  stream_server = *std::move(started);
  const std::string authority = certificate.authority_file.empty() ? options.tls_cert_file : certificate.authority_file;
  log_info("proxies connect here", {{"port", stream_server->port()}, {"ca", authority}});
  return ok();
}

Status ControlPlane::Parts::open_api_port() {
  Result<std::optional<ApiOptions::Https>> https = https_options(options, certificate);
  if (!https.ok()) return https.status();
  Result<std::unique_ptr<ApiServer>> started =
      ApiServer::start({.interface = options.api_interface,
                        .port = options.api_port,
                        .place = place_of(options),
                        .localhost_is_admin = options.localhost_is_admin,
                        .access = options.access,
                        .issue_dataplane_tokens = options.dataplane_tokens.enable_issuer,
                        .issue_user_tokens = options.user_tokens.enable_issuer,
                        .issue_zone_tokens = options.zone_tokens.enable_issuer,
                        .https = *std::move(https),
                        .base_path = options.api_base_path,
                        .cors_allowed_domains = options.cors_allowed_domains,
                        .types_off = types_switched_off(options),
                        .read_only = options.api_read_only,
                        .unsafe_delete = options.unsafe_delete,
                        .hostname = host_name(),
                        .instance_id = instance,
                        .cluster_id = cluster},
                       *store, *worlds, api_hooks());
  if (!started.ok()) return started.status();
  api = *std::move(started);
  return ok();
}

Status ControlPlane::Parts::open_diagnostics_port() {
  Result<std::unique_ptr<DiagnosticsServer>> started =
      DiagnosticsServer::start(options.diagnostics_interface, options.diagnostics_port,
                               {.ready = [this] { return ready ? ok() : unavailable("starting or stopping"); },
                                .metrics = [this] { return print_metrics(); },
                                .log_level = options.log_level});
  if (!started.ok()) return started.status();
  diagnostics = *std::move(started);
  Result<std::unique_ptr<MonitoringServer>> discovery = start_monitoring(options, *worlds);
  if (!discovery.ok()) return discovery.status();
  monitoring = *std::move(discovery);
  return ok();
}

std::string ControlPlane::Parts::print_metrics() const {
  return metrics.print() + watch->print() +
         contract_metrics.print(options, {instance, cluster, kVersion}, *worlds->current());
}

ApiHooks ControlPlane::Parts::api_hooks() {
  ApiHooks hooks;
  hooks.mesh_companions = [this](const Resource& mesh) { return mesh_companions(mesh, place_of(options), make_key); };
  hooks.issue_dataplane_token = [this](const auto& request) { return tokens->issue_for_dataplane(request); };
  hooks.issue_user_token = [this](const auto& request) { return tokens->issue_for_user(request); };
  hooks.issue_zone_token = [this](const auto& request) { return tokens->issue_for_zone(request); };
  hooks.authenticate = [this](std::string_view token) { return tokens->authenticate(token); };
  hooks.insight = [this](std::string_view mesh, std::string_view name) {
    return with_trusts(insights.find(mesh, name), *worlds->current(), mesh);
  };
  hooks.advise = [](const Resource& resource, const World& world) { return policy_warnings(world, resource); };
  hooks.shown = [this](const World& world, const ResourcePtr& resource) { return live_status.shown(world, resource); };
  add_inspect_hooks(hooks);
  add_insight_hooks(hooks, place_of(options));
  hooks.effective = [this](const World& world, const ResourceKey& dataplane, bool shadow) {
    return effective_document(world, dataplane, rules, shadow ? Shadow::kInclude : Shadow::kIgnore);
  };
  hooks.compare = [](const World& before, const World& after, const std::vector<ResourceKey>& changed) {
    return changes_document(world_changes(before, after, changed));
  };
  add_proxy_hooks(hooks, *delivery);
  hooks.observe_request = [this](std::string_view method, std::string_view route, int status, auto duration) {
    contract_metrics.observe_request(method, route, status, duration);
  };
  add_verify_hook(hooks, *delivery, *worlds);
  add_trust_hooks(hooks, *watch, place_of(options), *store, *worlds);
  hooks.config = [this] { return print_options(options); };
  return hooks;
}

void ControlPlane::Parts::start_chores() {
  std::vector<Chores::Chore> list;
  list.push_back([this](SteadyTime now) { return registrations->remove_due(now); });
  // Services and all that is said of them belong to zones.
  if (!place_of(options).is_global) {
    ServicePlanOptions plan = service_plan_of(options);
    plan.without_certificate = [this](const World& world, const std::string& mesh) {
      return watch->without_certificate(world, mesh);
    };
    services = std::make_unique<ServiceChore>(std::move(plan), vip_ranges_of(options), *store, *worlds, utc_now);
    list.push_back([this](SteadyTime now) {
      const auto next = services->run(now);
      contract_metrics.vip_generation.observe(std::chrono::steady_clock::now() - now);
      return next;
    });
    identities = std::make_unique<IdentityChore>(place_of(options), *store, *worlds, utc_now, watch->asker());
    list.push_back([this](SteadyTime now) { return identities->run(now); });
    list.push_back([this](SteadyTime now) { return watch->run(now); });
  }
  chores = std::make_unique<Chores>(std::move(list), kChoresAtLeastEvery);
}

void ControlPlane::Parts::follow_changes() {
  subscription = worlds->subscribe([this](const WorldPtr& world, const std::vector<Change>& changes) {
    delivery->post([world, committed = std::chrono::steady_clock::now()](Delivery& d, SteadyTime) {
      d.publish(world, committed);
    });
    for (const Change& change : changes) {
      if (change.resource == nullptr && change.key.type == "Dataplane") insights.forget(change.key);
    }
    chores->wake();
    if (monitoring != nullptr) monitoring->changed();
  });
  // What happened before the subscription.
  delivery->post([world = worlds->current()](Delivery& d, SteadyTime now) { d.publish(world, now); });
}

// Making keys takes longer than starting; who asks for a token meanwhile waits for them.
void ControlPlane::Parts::make_first_keys() {
  first_keys = std::async(std::launch::async, [this] {
                 const WorldPtr world = worlds->current();
                 const Status signing = create_signing_key(*store, *world, "default", place_of(options), make_key);
                 if (!signing.ok())
                   log_warning("cannot create the signing key of the mesh \"default\"", {{"reason", reason(signing)}});
                 const Status zones = create_zone_signing_key(*store, *world, place_of(options), make_key);
                 if (!zones.ok()) log_warning("cannot create the signing key of zones", {{"reason", reason(zones)}});
                 if (options.skip_tenant_resources || !options.bootstrap_admin_token) return;
                 const Status admin = create_admin_token(*store, *world, place_of(options), utc_now());
                 if (!admin.ok()) log_warning("cannot create the administrator's token", {{"reason", reason(admin)}});
               }).share();
}

Status ControlPlane::Parts::write_ports() const {
  const std::string text = cat(R"({"api":)", api->port(), R"(,"apiHttps":)", api->https_port(), R"(,"dp":)",
                               stream_server->port(), R"(,"diagnostics":)", diagnostics->port(), R"(,"monitoring":)",
                               monitoring == nullptr ? 0 : monitoring->port(), R"(,"pid":)", ::getpid(), "}\n");
  return write_file(cat(options.work_dir, "/ports.json"), text);
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(const Options& options) {
  if (Status made = make_folder(options.work_dir, 0700); !made.ok()) return made;
  Random random;
  auto parts = std::make_unique<Parts>(options, cat(host_name(), '-', hex64(random.next()).substr(0, 4)));
  Result<std::string> cluster = cluster_id(options.work_dir);
  if (!cluster.ok()) return cluster.status();
  parts->cluster = *std::move(cluster);
  if (Status s = parts->open_store(); !s.ok()) return s;
  ::unlink(cat(options.work_dir, "/ports.json").c_str());  // of an earlier run; the store is open only once
  if (Status s = parts->open_stream_port(); !s.ok()) return s;
  parts->make_first_keys();
  if (Status s = parts->open_api_port(); !s.ok()) return s;
  if (Status s = parts->open_diagnostics_port(); !s.ok()) return s;
  parts->start_chores();
  parts->follow_changes();
  if (Status s = parts->write_ports(); !s.ok()) return s;
  parts->ready = true;
  log_info("ready", {{"version", kVersion},
                     {"api", parts->api->port()},
                     {"api_https", parts->api->https_port()},
                     {"dp", parts->stream_server->port()},
                     {"diagnostics", parts->diagnostics->port()},
                     {"work_dir", options.work_dir}});
  return std::unique_ptr<ControlPlane>(new ControlPlane(std::move(parts)));
}

ControlPlane::ControlPlane(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// Chores go first: closing the streams must not look like proxies that left.
ControlPlane::~ControlPlane() {
  parts_->ready = false;
  parts_->first_keys.wait();
  parts_->subscription.reset();
  parts_->chores.reset();
  parts_->monitoring.reset();
  parts_->api.reset();
  parts_->stream_server.reset();
}

uint16_t ControlPlane::api_port() const { return parts_->api->port(); }
uint16_t ControlPlane::api_https_port() const { return parts_->api->https_port(); }
uint16_t ControlPlane::dp_port() const { return parts_->stream_server->port(); }
uint16_t ControlPlane::diagnostics_port() const { return parts_->diagnostics->port(); }
uint16_t ControlPlane::monitoring_port() const {
  return parts_->monitoring == nullptr ? 0 : parts_->monitoring->port();
}

}  // namespace weft::cp
