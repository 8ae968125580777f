#include "control-plane/settings.h"

namespace weft::cp {
namespace {

using Words = Setting::Words;
using Keys = Setting::Keys;

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

constexpr Setting kSettings[] = {
    {"environment", "KUMA_ENVIRONMENT", "", "", &Options::environment},
    {"mode", "KUMA_MODE", "", "", &Options::mode},
    {"general.workDir", "KUMA_GENERAL_WORK_DIR", "work-dir", "keeps the store, the certificates, ports.json",
     &Options::work_dir},
    {"general.tlsCertFile", "KUMA_GENERAL_TLS_CERT_FILE", "tls-cert-file", "PEM certificate of the proxies' port",
     &Options::tls_cert_file},
    {"general.tlsKeyFile", "KUMA_GENERAL_TLS_KEY_FILE", "tls-key-file", "and its key", &Options::tls_key_file},
    {"store.encryption.keyFile", "WEFT_STORE_ENCRYPTION_KEY_FILE", "store-key-file",
     "keys that encrypt the store's secrets: base64 of 32 bytes, one a line, the first encrypts; default: store.key in "
     "the work folder. Or in the variable WEFT_STORE_KEY",
     &Options::store_key_file},
    {"store.encryption.keyCommand", "WEFT_STORE_ENCRYPTION_KEY_COMMAND", "store-key-command",
     "program that prints such keys (a KMS client), with its arguments; run once at start",
     &Options::store_key_command},
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
    {"dpServer.authn.enableReloadableTokens", "KUMA_DP_SERVER_AUTHN_ENABLE_RELOADABLE_TOKENS", "", "",
     &Options::reloadable_tokens},
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
    {"monitoringAssignmentServer.enabled", "KUMA_MONITORING_ASSIGNMENT_SERVER_ENABLED", "", "",
     &Options::monitoring_enabled},
    {"monitoringAssignmentServer.interface", "KUMA_MONITORING_ASSIGNMENT_SERVER_INTERFACE", "", "",
     &Options::monitoring_interface},
    {"monitoringAssignmentServer.port", "KUMA_MONITORING_ASSIGNMENT_SERVER_PORT", "monitoring-port",
     "port where Prometheus asks what to read, 0: any free one", &Options::monitoring_port},
    {"monitoringAssignmentServer.tlsCertFile", "KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_CERT_FILE", "", "",
     &Options::monitoring_cert_file},
    {"monitoringAssignmentServer.tlsKeyFile", "KUMA_MONITORING_ASSIGNMENT_SERVER_TLS_KEY_FILE", "", "",
     &Options::monitoring_key_file},
    {"monitoringAssignmentServer.assignmentRefreshInterval",
     "KUMA_MONITORING_ASSIGNMENT_SERVER_ASSIGNMENT_REFRESH_INTERVAL", "", "", &Options::monitoring_refresh},
    {"monitoringAssignmentServer.defaultFetchTimeout", "KUMA_MONITORING_ASSIGNMENT_SERVER_DEFAULT_FETCH_TIMEOUT", "",
     "", &Options::monitoring_fetch_timeout},
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
    {"policies.pluginPoliciesEnabled", "KUMA_PLUGIN_POLICIES_ENABLED", "", "", &Options::enabled_policies},
    {"coreResources.enabled", "KUMA_CORE_RESOURCES_ENABLED", "", "", &Options::enabled_core_resources},
    {"ipam.meshService.cidr", "KUMA_IPAM_MESH_SERVICE_CIDR", "", "", &Options::mesh_service_cidr},
    {"ipam.meshExternalService.cidr", "KUMA_IPAM_MESH_EXTERNAL_SERVICE_CIDR", "", "",
     &Options::mesh_external_service_cidr},
    {"ipam.meshMultiZoneService.cidr", "KUMA_IPAM_MESH_MULTI_ZONE_SERVICE_CIDR", "", "",
     &Options::mesh_multi_zone_service_cidr},
    {"xdsServer.dataplaneDeregistrationDelay", "KUMA_XDS_DATAPLANE_DEREGISTRATION_DELAY", "", "",
     &Options::deregistration_delay},
    {"log.level", "KUMA_LOG_LEVEL", "log-level", "debug, info, warn, error or off", &Options::log_level},
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

}  // namespace weft::cp
