#include "control-plane/options.h"

#include <optional>
#include <span>
#include <variant>

#include "base/document/document.h"
#include "base/document/json_writer.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/engine/vips.h"
#include "control-plane/resource/names.h"

namespace weft::cp {
namespace {

using Field = std::variant<std::string Options::*, uint16_t Options::*, bool Options::*, Nanoseconds Options::*>;

struct Setting {
  std::string_view key;  // path in a file
  const char* environment;
  std::string_view flag;  // empty: none
  std::string_view help;
  Field field;
};

// Neighbours share their sections: print_options() relies on it.
constexpr Setting kSettings[] = {
    {"environment", "KUMA_ENVIRONMENT", "", "", &Options::environment},
    {"mode", "KUMA_MODE", "", "", &Options::mode},
    {"general.workDir", "KUMA_GENERAL_WORK_DIR", "work-dir", "keeps the store, the certificates, ports.json",
     &Options::work_dir},
    {"general.tlsCertFile", "KUMA_GENERAL_TLS_CERT_FILE", "tls-cert-file", "PEM certificate of the proxies' port",
     &Options::tls_cert_file},
    {"general.tlsKeyFile", "KUMA_GENERAL_TLS_KEY_FILE", "tls-key-file", "and its key", &Options::tls_key_file},
    {"store.unsafeDelete", "KUMA_STORE_UNSAFE_DELETE", "", "", &Options::unsafe_delete},
    {"apiServer.http.interface", "KUMA_API_SERVER_HTTP_INTERFACE", "api-interface", "address of the REST API",
     &Options::api_interface},
    {"apiServer.http.port", "KUMA_API_SERVER_HTTP_PORT", "api-port", "port of the REST API, 0: any free one",
     &Options::api_port},
    {"apiServer.authn.localhostIsAdmin", "KUMA_API_SERVER_AUTHN_LOCALHOST_IS_ADMIN", "", "",
     &Options::localhost_is_admin},
    {"dpServer.interface", "KUMA_DP_SERVER_INTERFACE", "dp-interface", "address of the proxies' port",
     &Options::dp_interface},
    {"dpServer.port", "KUMA_DP_SERVER_PORT", "dp-port", "port for proxies, 0: any free one", &Options::dp_port},
    {"dpServer.authn.dpProxy.type", "KUMA_DP_SERVER_AUTHN_DP_PROXY_TYPE", "", "", &Options::dp_auth_type},
    {"dpServer.gracefulShutdownTimeout", "KUMA_DP_SERVER_GRACEFUL_SHUTDOWN_TIMEOUT", "", "",
     &Options::graceful_shutdown},
    {"diagnostics.interface", "KUMA_DIAGNOSTICS_INTERFACE", "diagnostics-interface",
     "address of /ready, /healthy, /metrics", &Options::diagnostics_interface},
    {"diagnostics.serverPort", "KUMA_DIAGNOSTICS_SERVER_PORT", "diagnostics-port",
     "port of /ready, /healthy, /metrics, 0: any free one", &Options::diagnostics_port},
    {"multizone.zone.name", "KUMA_MULTIZONE_ZONE_NAME", "", "", &Options::zone},
    {"multizone.zone.globalAddress", "KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", "", "", &Options::global_address},
    {"multizone.zone.disableOriginLabelValidation", "KUMA_MULTIZONE_ZONE_DISABLE_ORIGIN_LABEL_VALIDATION", "", "",
     &Options::skip_origin_check},
    {"defaults.skipMeshCreation", "KUMA_DEFAULTS_SKIP_MESH_CREATION", "", "", &Options::skip_mesh_creation},
    {"defaults.skipTenantResources", "KUMA_DEFAULTS_SKIP_TENANT_RESOURCES", "", "", &Options::skip_tenant_resources},
    {"meshService.generationInterval", "KUMA_MESH_SERVICE_GENERATION_INTERVAL", "", "",
     &Options::mesh_service_interval},
    {"meshService.deletionGracePeriod", "KUMA_MESH_SERVICE_DELETION_GRACE_PERIOD", "", "",
     &Options::mesh_service_grace},
    {"meshService.labelPropagation.enabled", "KUMA_MESH_SERVICE_LABEL_PROPAGATION_ENABLED", "", "",
     &Options::propagate_labels},
    {"meshService.labelPropagation.allowedLabelKeys", "KUMA_MESH_SERVICE_LABEL_PROPAGATION_ALLOWED_LABEL_KEYS", "", "",
     &Options::propagated_keys},
    {"ipam.meshService.cidr", "KUMA_IPAM_MESH_SERVICE_CIDR", "", "", &Options::mesh_service_cidr},
    {"ipam.meshExternalService.cidr", "KUMA_IPAM_MESH_EXTERNAL_SERVICE_CIDR", "", "",
     &Options::mesh_external_service_cidr},
    {"ipam.meshMultiZoneService.cidr", "KUMA_IPAM_MESH_MULTI_ZONE_SERVICE_CIDR", "", "",
     &Options::mesh_multi_zone_service_cidr},
    {"xdsServer.dataplaneDeregistrationDelay", "KUMA_XDS_DATAPLANE_DEREGISTRATION_DELAY", "", "",
     &Options::deregistration_delay},
    {"log.level", "KUMA_LOG_LEVEL", "log-level", "debug, info, warn, error or off", &Options::log_level},
};

// Error: says what the text should be.
Status set(Options& options, const Field& field, std::string_view text) {
  if (const auto* target = std::get_if<std::string Options::*>(&field)) {
    options.*(*target) = text;
    return ok();
  }
  if (const auto* target = std::get_if<uint16_t Options::*>(&field)) {
    return parse_number(text, options.*(*target)) ? ok() : invalid(cat("\"", text, "\" is not a port from 0 to 65535"));
  }
  if (const auto* target = std::get_if<bool Options::*>(&field)) {
    if (text != "true" && text != "false") return invalid(cat("\"", text, "\" is neither true nor false"));
    options.*(*target) = text == "true";
    return ok();
  }
  const Result<Nanoseconds> duration = parse_duration(text);
  if (!duration.ok()) return duration.status();
  if (*duration < Nanoseconds::zero()) return invalid(cat("\"", text, "\" is negative"));
  options.*std::get<Nanoseconds Options::*>(field) = *duration;
  return ok();
}

const Node* find_path(const Node& root, std::string_view path) {
  const Node* node = &root;
  for (const std::string_view part : split(path, '.')) {
    node = node->find(part);
    if (node == nullptr) return nullptr;
  }
  return node;
}

// A list is what the environment would say: "a,b".
std::string text_of(const Node& node) {
  if (node.kind == Node::Kind::kBool) return node.boolean ? "true" : "false";
  std::vector<std::string> words;
  for (const Node& item : node.items) words.push_back(item.text);
  return node.is_list() ? join(words, ",") : node.text;
}

Status apply_file(const std::string& path, Options& options) {
  const Result<std::string> text = read_file(path);
  if (!text.ok()) return text.status();
  const Result<std::vector<Node>> documents = parse_yaml(*text);
  if (!documents.ok()) return annotate(documents.status(), path);
  if (documents->empty()) return ok();
  for (const Setting& setting : kSettings) {
    const Node* node = find_path(documents->front(), setting.key);
    if (node == nullptr || node->is_null()) continue;
    const bool is_text = std::holds_alternative<std::string Options::*>(setting.field);
    const bool scalar = !node->is_object() && !(node->is_list() && !is_text);
    const Status applied = scalar ? set(options, setting.field, text_of(*node)) : invalid("must be a single value");
    if (!applied.ok()) return annotate(applied, cat(path, ", line ", node->mark.line, ": ", setting.key));
  }
  return ok();
}

// The flags that were given, as text, in the order of kSettings; then the file.
struct Given {
  std::vector<std::string> values[std::size(kSettings)];
  std::string config_file;
};

Flags make_flags(Given& given) {
  Flags flags;
  flags.add("config-file", 'c', "FILE", "settings in YAML; the environment and flags override them",
            &given.config_file);
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    if (!kSettings[i].flag.empty()) flags.add(kSettings[i].flag, 0, "VALUE", kSettings[i].help, &given.values[i]);
  }
  return flags;
}

Status check(const Options& options) {
  if (options.mode != "zone" && options.mode != "global") return invalid("invalid mode. Available modes: zone, global");
  if (options.environment != "universal") return invalid("environment: this version runs on \"universal\" only");
  if (options.dp_auth_type != "" && options.dp_auth_type != "dpToken" && options.dp_auth_type != "none") {
    return invalid(cat("dpServer.authn.dpProxy.type: \"", options.dp_auth_type, "\" is neither dpToken nor none"));
  }
  if (options.zone.empty()) return invalid("multizone.zone.name: cannot be empty");
  if (!is_dns_label(options.zone)) return invalid(cat("multizone.zone.name: ", dns_label_rule()));
  if (options.mode == "global" && !options.global_address.empty()) {
    return invalid("multizone.zone.globalAddress: is a zone's, and this is the global control plane");
  }
  for (const auto& [key, cidr] : {std::pair("ipam.meshService.cidr", &options.mesh_service_cidr),
                                  std::pair("ipam.meshExternalService.cidr", &options.mesh_external_service_cidr),
                                  std::pair("ipam.meshMultiZoneService.cidr", &options.mesh_multi_zone_service_cidr)}) {
    if (Status range = VipRange::parse(*cidr).status(); !range.ok()) return annotate(range, key);
  }
  if (options.work_dir.empty()) return invalid("general.workDir: cannot be empty (HOME is not set)");
  return ok();
}

}  // namespace

Result<Options> read_options(const std::vector<std::string>& arguments,
                             const std::function<const char*(const char*)>& environment) {
  Given given;
  const Result<std::vector<std::string>> rest = make_flags(given).parse(arguments);
  if (!rest.ok()) return rest.status();
  if (!rest->empty()) return invalid(cat("unexpected argument \"", rest->front(), "\""));
  Options options;
  if (const char* home = environment("HOME"); home != nullptr && *home != '\0') options.work_dir = cat(home, "/.weft");
  if (!given.config_file.empty()) {
    if (Status applied = apply_file(given.config_file, options); !applied.ok()) return applied;
  }
  for (size_t i = 0; i < std::size(kSettings); ++i) {
    const Setting& setting = kSettings[i];
    if (const char* value = environment(setting.environment); value != nullptr) {
      if (Status applied = set(options, setting.field, value); !applied.ok())
        return annotate(applied, setting.environment);
    }
    if (given.values[i].empty()) continue;
    if (Status applied = set(options, setting.field, given.values[i].back()); !applied.ok()) {
      return annotate(applied, cat("--", setting.flag));
    }
  }
  if (Status checked = check(options); !checked.ok()) return checked;
  if (!set_log_level(options.log_level)) return invalid(cat("--log-level: \"", options.log_level, "\" is not a level"));
  return options;
}

Place place_of(const Options& options) {
  return {.is_global = options.mode == "global",
          .is_federated = !options.global_address.empty(),
          .zone = options.zone,
          .checks_origin = !options.skip_origin_check};
}

std::string options_help() {
  Given given;
  return make_flags(given).help();
}

std::string print_options(const Options& options) {
  JsonWriter out;
  std::vector<std::string_view> open;
  out.begin_object();
  for (const Setting& setting : kSettings) {
    std::vector<std::string_view> path = split(setting.key, '.');
    const std::string_view name = path.back();
    path.pop_back();
    size_t shared = 0;
    while (shared < open.size() && shared < path.size() && open[shared] == path[shared]) ++shared;
    for (; open.size() > shared; open.pop_back()) out.end_object();
    for (; open.size() < path.size(); open.push_back(path[open.size()])) {
      out.key(path[open.size()]);
      out.begin_object();
    }
    out.key(name);
    if (const auto* text = std::get_if<std::string Options::*>(&setting.field)) out.string(options.*(*text));
    if (const auto* port = std::get_if<uint16_t Options::*>(&setting.field)) out.number(options.*(*port));
    if (const auto* flag = std::get_if<bool Options::*>(&setting.field)) out.boolean(options.*(*flag));
    if (const auto* time = std::get_if<Nanoseconds Options::*>(&setting.field)) {
      out.string(format_duration(options.*(*time)));
    }
  }
  for (; !open.empty(); open.pop_back()) out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
