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

// Where a setting is kept; what lies deeper is reached through a function.
using Words = std::vector<std::string>;
using Keys = std::vector<PublicKeySetting>;
using Field = std::variant<std::string Options::*, uint16_t Options::*, bool Options::*, Nanoseconds Options::*,
                           Words Options::*, bool& (*)(Options&), Words& (*)(Options&), Keys& (*)(Options&)>;

template <TokenSettings Options::*kind>
bool& issuer(Options& options) {
  return (options.*kind).enable_issuer;
}
template <TokenSettings Options::*kind>
bool& secrets(Options& options) {
  return (options.*kind).use_secrets;
}
template <TokenSettings Options::*kind>
Keys& keys(Options& options) {
  return (options.*kind).public_keys;
}
template <AccessList AccessRules::*list>
Words& users_of(Options& options) {
  return (options.access.*list).users;
}
template <AccessList AccessRules::*list>
Words& groups_of(Options& options) {
  return (options.access.*list).groups;
}

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
    {"apiServer.https.enabled", "KUMA_API_SERVER_HTTPS_ENABLED", "", "", &Options::https_enabled},
    {"apiServer.https.interface", "KUMA_API_SERVER_HTTPS_INTERFACE", "", "", &Options::https_interface},
    {"apiServer.https.port", "KUMA_API_SERVER_HTTPS_PORT", "api-https-port",
     "port of the REST API over TLS, 0: any free one", &Options::https_port},
    {"apiServer.https.tlsCertFile", "KUMA_API_SERVER_HTTPS_TLS_CERT_FILE", "", "", &Options::https_cert_file},
    {"apiServer.https.tlsKeyFile", "KUMA_API_SERVER_HTTPS_TLS_KEY_FILE", "", "", &Options::https_key_file},
    {"apiServer.https.tlsCaFile", "KUMA_API_SERVER_HTTPS_CLIENT_CERTS_CA_FILE", "", "", &Options::https_client_ca_file},
    {"apiServer.https.requireClientCert", "KUMA_API_SERVER_HTTPS_REQUIRE_CLIENT_CERT", "", "",
     &Options::https_require_client_cert},
    {"apiServer.basePath", "KUMA_API_SERVER_BASE_PATH", "", "", &Options::api_base_path},
    {"apiServer.corsAllowedDomains", "KUMA_API_SERVER_CORS_ALLOWED_DOMAINS", "", "", &Options::cors_allowed_domains},
    {"apiServer.readOnly", "KUMA_API_SERVER_READ_ONLY", "", "", &Options::api_read_only},
    {"apiServer.authn.localhostIsAdmin", "KUMA_API_SERVER_AUTHN_LOCALHOST_IS_ADMIN", "", "",
     &Options::localhost_is_admin},
    {"apiServer.authn.tokens.bootstrapAdminToken", "KUMA_API_SERVER_AUTHN_TOKENS_BOOTSTRAP_ADMIN_TOKEN", "", "",
     &Options::bootstrap_admin_token},
    {"apiServer.authn.tokens.enableIssuer", "KUMA_API_SERVER_AUTHN_TOKENS_ENABLE_ISSUER", "", "",
     issuer<&Options::user_tokens>},
    {"apiServer.authn.tokens.validator.useSecrets", "KUMA_API_SERVER_AUTHN_TOKENS_VALIDATOR_USE_SECRETS", "", "",
     secrets<&Options::user_tokens>},
    {"apiServer.authn.tokens.validator.publicKeys", "", "", "", keys<&Options::user_tokens>},
    {"dpServer.interface", "KUMA_DP_SERVER_INTERFACE", "dp-interface", "address of the proxies' port",
     &Options::dp_interface},
    {"dpServer.port", "KUMA_DP_SERVER_PORT", "dp-port", "port for proxies, 0: any free one", &Options::dp_port},
    {"dpServer.authn.dpProxy.type", "KUMA_DP_SERVER_AUTHN_DP_PROXY_TYPE", "", "", &Options::dp_auth_type},
    {"dpServer.authn.dpProxy.dpToken.enableIssuer", "KUMA_DP_SERVER_AUTHN_DP_PROXY_DP_TOKEN_ENABLE_ISSUER", "", "",
     issuer<&Options::dataplane_tokens>},
    {"dpServer.authn.dpProxy.dpToken.validator.useSecrets",
     "KUMA_DP_SERVER_AUTHN_DP_PROXY_DP_TOKEN_VALIDATOR_USE_SECRETS", "", "", secrets<&Options::dataplane_tokens>},
    {"dpServer.authn.dpProxy.dpToken.validator.publicKeys", "", "", "", keys<&Options::dataplane_tokens>},
    {"dpServer.authn.zoneProxy.zoneToken.enableIssuer", "KUMA_DP_SERVER_AUTHN_ZONE_PROXY_ZONE_TOKEN_ENABLE_ISSUER", "",
     "", issuer<&Options::zone_tokens>},
    {"dpServer.gracefulShutdownTimeout", "KUMA_DP_SERVER_GRACEFUL_SHUTDOWN_TIMEOUT", "", "",
     &Options::graceful_shutdown},
    {"diagnostics.interface", "KUMA_DIAGNOSTICS_INTERFACE", "diagnostics-interface",
     "address of /ready, /healthy, /metrics", &Options::diagnostics_interface},
    {"diagnostics.serverPort", "KUMA_DIAGNOSTICS_SERVER_PORT", "diagnostics-port",
     "port of /ready, /healthy, /metrics, 0: any free one", &Options::diagnostics_port},
    {"access.static.adminResources.users", "KUMA_ACCESS_STATIC_ADMIN_RESOURCES_USERS", "", "",
     users_of<&AccessRules::admin_resources>},
    {"access.static.adminResources.groups", "KUMA_ACCESS_STATIC_ADMIN_RESOURCES_GROUPS", "", "",
     groups_of<&AccessRules::admin_resources>},
    {"access.static.generateDpToken.users", "KUMA_ACCESS_STATIC_GENERATE_DP_TOKEN_USERS", "", "",
     users_of<&AccessRules::generate_dataplane_token>},
    {"access.static.generateDpToken.groups", "KUMA_ACCESS_STATIC_GENERATE_DP_TOKEN_GROUPS", "", "",
     groups_of<&AccessRules::generate_dataplane_token>},
    {"access.static.generateUserToken.users", "KUMA_ACCESS_STATIC_GENERATE_USER_TOKEN_USERS", "", "",
     users_of<&AccessRules::generate_user_token>},
    {"access.static.generateUserToken.groups", "KUMA_ACCESS_STATIC_GENERATE_USER_TOKEN_GROUPS", "", "",
     groups_of<&AccessRules::generate_user_token>},
    {"access.static.generateZoneToken.users", "KUMA_ACCESS_STATIC_GENERATE_ZONE_TOKEN_USERS", "", "",
     users_of<&AccessRules::generate_zone_token>},
    {"access.static.generateZoneToken.groups", "KUMA_ACCESS_STATIC_GENERATE_ZONE_TOKEN_GROUPS", "", "",
     groups_of<&AccessRules::generate_zone_token>},
    {"access.static.viewConfigDump.users", "KUMA_ACCESS_STATIC_GET_CONFIG_DUMP_USERS", "", "",
     users_of<&AccessRules::view_config_dump>},
    {"access.static.viewConfigDump.groups", "KUMA_ACCESS_STATIC_GET_CONFIG_DUMP_GROUPS", "", "",
     groups_of<&AccessRules::view_config_dump>},
    {"access.static.viewStats.users", "KUMA_ACCESS_STATIC_VIEW_STATS_USERS", "", "",
     users_of<&AccessRules::view_stats>},
    {"access.static.viewStats.groups", "KUMA_ACCESS_STATIC_VIEW_STATS_GROUPS", "", "",
     groups_of<&AccessRules::view_stats>},
    {"access.static.viewClusters.users", "KUMA_ACCESS_STATIC_VIEW_CLUSTERS_USERS", "", "",
     users_of<&AccessRules::view_clusters>},
    {"access.static.viewClusters.groups", "KUMA_ACCESS_STATIC_VIEW_CLUSTERS_GROUPS", "", "",
     groups_of<&AccessRules::view_clusters>},
    {"access.static.controlPlaneMetadata.users", "KUMA_ACCESS_STATIC_CONTROL_PLANE_METADATA_USERS", "", "",
     users_of<&AccessRules::control_plane_metadata>},
    {"access.static.controlPlaneMetadata.groups", "KUMA_ACCESS_STATIC_CONTROL_PLANE_METADATA_GROUPS", "", "",
     groups_of<&AccessRules::control_plane_metadata>},
    {"multizone.zone.name", "KUMA_MULTIZONE_ZONE_NAME", "", "", &Options::zone},
    {"multizone.zone.globalAddress", "KUMA_MULTIZONE_ZONE_GLOBAL_ADDRESS", "", "", &Options::global_address},
    {"multizone.zone.disableOriginLabelValidation", "KUMA_MULTIZONE_ZONE_DISABLE_ORIGIN_LABEL_VALIDATION", "", "",
     &Options::skip_origin_check},
    {"defaults.skipMeshCreation", "KUMA_DEFAULTS_SKIP_MESH_CREATION", "", "", &Options::skip_mesh_creation},
    {"defaults.skipTenantResources", "KUMA_DEFAULTS_SKIP_TENANT_RESOURCES", "", "", &Options::skip_tenant_resources},
    {"defaults.skipHostnameGenerators", "KUMA_DEFAULTS_SKIP_HOSTNAME_GENERATORS", "", "",
     &Options::skip_hostname_generators},
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

// Where the setting is in `options`; null: it is of another type.
template <typename T>
T* place(Options& options, const Field& field) {
  if (const auto* member = std::get_if<T Options::*>(&field)) return &(options.*(*member));
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, Words>) {
    if (const auto* reach = std::get_if<T& (*)(Options&)>(&field)) return &(*reach)(options);
  }
  return nullptr;
}

Words words_in(std::string_view text) {
  Words words;
  for (const std::string_view word : split(text, ',')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  return words;
}

// Error: says what the text should be.
Status set(Options& options, const Field& field, std::string_view text) {
  if (auto* target = place<std::string>(options, field)) {
    *target = text;
  } else if (auto* port = place<uint16_t>(options, field)) {
    if (!parse_number(text, *port)) return invalid(cat("\"", text, "\" is not a port from 0 to 65535"));
  } else if (auto* flag = place<bool>(options, field)) {
    if (text != "true" && text != "false") return invalid(cat("\"", text, "\" is neither true nor false"));
    *flag = text == "true";
  } else if (auto* words = place<Words>(options, field)) {
    *words = words_in(text);
  } else if (auto* time = place<Nanoseconds>(options, field)) {
    const Result<Nanoseconds> duration = parse_duration(text);
    if (!duration.ok()) return duration.status();
    if (*duration < Nanoseconds::zero()) return invalid(cat("\"", text, "\" is negative"));
    *time = *duration;
  } else {
    return invalid("must be a list of keys");
  }
  return ok();
}

// A list is what the environment would say: "a,b".
std::string text_of(const Node& node) {
  if (node.kind == Node::Kind::kBool) return node.boolean ? "true" : "false";
  std::vector<std::string> words;
  for (const Node& item : node.items) words.push_back(item.text);
  return node.is_list() ? join(words, ",") : node.text;
}

Status set_keys(Keys& keys, const Node& list) {
  keys.clear();
  for (const Node& item : list.items) {
    const auto text = [&](std::string_view key) {
      const Node* node = item.find(key);
      return node == nullptr ? std::string() : node->text;
    };
    PublicKeySetting setting{text("kid"), text("key"), text("keyFile")};
    if (setting.kid.empty()) return invalid("every key needs a kid");
    if (setting.key.empty() == setting.key_file.empty()) return invalid("every key needs either key or keyFile");
    keys.push_back(std::move(setting));
  }
  return ok();
}

Status set_list(Options& options, const Field& field, const Node& list) {
  if (const auto* reach = std::get_if<Keys& (*)(Options&)>(&field)) return set_keys((*reach)(options), list);
  if (auto* text = place<std::string>(options, field)) {
    *text = text_of(list);
    return ok();
  }
  Words* words = place<Words>(options, field);
  if (words == nullptr) return invalid("must be a single value");
  words->clear();
  for (const Node& item : list.items) {
    if (item.is_object() || item.is_list()) return invalid("must be a list of words");
    words->push_back(item.text);
  }
  return ok();
}

Status set_node(Options& options, const Field& field, const Node& node) {
  if (node.is_list()) return set_list(options, field, node);
  if (node.is_object()) return invalid("must be a single value");
  return set(options, field, text_of(node));
}

const Node* find_path(const Node& root, std::string_view path) {
  const Node* node = &root;
  for (const std::string_view part : split(path, '.')) {
    node = node->find(part);
    if (node == nullptr) return nullptr;
  }
  return node;
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
    const Status applied = set_node(options, setting.field, *node);
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

void write_value(JsonWriter& out, Options& options, const Field& field) {
  if (const auto* text = place<std::string>(options, field)) return out.string(*text);
  if (const auto* port = place<uint16_t>(options, field)) return out.number(*port);
  if (const auto* flag = place<bool>(options, field)) return out.boolean(*flag);
  if (const auto* time = place<Nanoseconds>(options, field)) return out.string(format_duration(*time));
  out.begin_list();
  if (const auto* words = place<Words>(options, field)) {
    for (const std::string& word : *words) out.string(word);
  } else if (const auto* reach = std::get_if<Keys& (*)(Options&)>(&field)) {
    // The key itself is public, and long.
    for (const PublicKeySetting& key : (*reach)(options)) out.string(key.kid);
  }
  out.end_list();
}

Status check(const Options& options) {
  if (options.mode != "zone" && options.mode != "global") return invalid("invalid mode. Available modes: zone, global");
  if (options.environment != "universal") return invalid("environment: this version runs on \"universal\" only");
  if (options.dp_auth_type != "" && options.dp_auth_type != "dpToken" && options.dp_auth_type != "none") {
    return invalid(cat("dpServer.authn.dpProxy.type: \"", options.dp_auth_type, "\" is neither dpToken nor none"));
  }
  if (!options.https_port.empty()) {
    uint16_t port = 0;
    if (!parse_number(options.https_port, port)) {
      return invalid(cat("apiServer.https.port: \"", options.https_port, "\" is not a port from 0 to 65535"));
    }
  }
  if (options.https_cert_file.empty() != options.https_key_file.empty()) {
    return invalid("apiServer.https: tlsCertFile and tlsKeyFile go together");
  }
  if (options.https_require_client_cert && options.https_client_ca_file.empty()) {
    return invalid("apiServer.https: requireClientCert needs tlsCaFile");
  }
  if (!options.api_base_path.starts_with('/')) return invalid("apiServer.basePath: must start with /");
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
    const bool in_environment = *setting.environment != '\0';
    if (const char* value = in_environment ? environment(setting.environment) : nullptr; value != nullptr) {
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

std::string options_help() {
  Given given;
  return make_flags(given).help();
}

std::string print_options(const Options& given) {
  Options options = given;
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
    write_value(out, options, setting.field);
  }
  for (; !open.empty(); open.pop_back()) out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace weft::cp
