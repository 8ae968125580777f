// How the control plane was told to run: defaults, then a YAML file, then the environment, then flags, each overriding
// the one before. One table says every setting's key, environment name and field; unknown keys of a file are ignored,
// as the contract demands. Plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/status.h"
#include "control-plane/resource/place.h"
#include "control-plane/source/caller.h"

namespace weft::cp {

// A public key of tokens that are made elsewhere.
struct PublicKeySetting {
  std::string kid;
  std::string key;       // PEM; or
  std::string key_file;  // the file it is in
  bool operator==(const PublicKeySetting&) const = default;
};

// How one kind of token is made and checked.
struct TokenSettings {
  bool enable_issuer = true;
  // The signing keys among the secrets are trusted, beside public_keys.
  bool use_secrets = true;
  std::vector<PublicKeySetting> public_keys;
};

// The REST paths of what can be switched off, sorted: all kinds of policies, and these other kinds.
std::vector<std::string> policy_paths();
std::vector<std::string> core_resource_paths();

struct Options {
  std::string work_dir;  // default: $HOME/.weft
  std::string log_level = "info";
  std::string tls_cert_file;
  std::string tls_key_file;

  // Where the keys are that encrypt the store's secrets; none: a file of the work folder.
  std::string store_key_file;
  std::string store_key_command;
  std::string store_keys;  // themselves, out of the environment; never printed

  std::string api_interface = "0.0.0.0";
  uint16_t api_port = 5681;  // 0, here and below: any free port
  bool https_enabled = true;
  std::string https_interface = "0.0.0.0";
  std::string https_port;       // empty: 5682, or any free port when that of plain HTTP is 0
  std::string https_cert_file;  // empty: the certificate of the proxies' port
  std::string https_key_file;
  std::string https_client_ca_file;
  bool https_require_client_cert = false;
  std::string api_base_path = "/";
  std::vector<std::string> cors_allowed_domains;

  bool localhost_is_admin = true;
  TokenSettings user_tokens;
  TokenSettings dataplane_tokens;
  TokenSettings zone_tokens;
  bool bootstrap_admin_token = true;
  AccessRules access;
  bool api_read_only = false;
  std::string dp_interface = "0.0.0.0";
  uint16_t dp_port = 5678;
  std::string dp_auth_type;  // "", dpToken or none
  // Proxies whose token file changes are to show the new one at once.
  bool reloadable_tokens = false;
  std::string diagnostics_interface = "0.0.0.0";
  uint16_t diagnostics_port = 5680;

  bool monitoring_enabled = true;
  std::string monitoring_interface;  // empty: that of the REST API
  std::string monitoring_port;       // empty: 5676, or any free port when that of the REST API is 0
  std::string monitoring_cert_file;  // empty: without TLS
  std::string monitoring_key_file;
  Nanoseconds monitoring_refresh = std::chrono::seconds(1);
  Nanoseconds monitoring_fetch_timeout = std::chrono::seconds(30);

  std::string mode = "zone";
  std::string environment = "universal";
  std::string zone = "default";
  std::string global_address;  // of the global control plane; set: this zone is federated
  bool skip_origin_check = false;
  bool unsafe_delete = false;
  bool skip_mesh_creation = false;
  bool skip_tenant_resources = false;
  bool skip_hostname_generators = false;
  std::vector<std::string> enabled_policies = policy_paths();
  std::vector<std::string> enabled_core_resources = core_resource_paths();
  Nanoseconds mesh_service_interval = std::chrono::seconds(2);  // 0: services are not generated
  Nanoseconds mesh_service_grace = std::chrono::hours(1);
  bool propagate_labels = false;  // from dataplanes to the services generated of them
  std::string propagated_keys;    // "team,tier"; empty: all that are not reserved
  std::string mesh_service_cidr = "241.0.0.0/8";
  std::string mesh_external_service_cidr = "242.0.0.0/8";
  std::string mesh_multi_zone_service_cidr = "243.0.0.0/8";
  Nanoseconds deregistration_delay = std::chrono::seconds(10);
  Nanoseconds graceful_shutdown = std::chrono::seconds(10);
};

// The arguments after "run". `environment` looks up a variable; null when it is not set. Error: names the flag, the
// variable or the file and key that is wrong.
Result<Options> read_options(const std::vector<std::string>& arguments,
                             const std::function<const char*(const char*)>& environment);

// Where the options put the control plane among others.
inline Place place_of(const Options& options) {
  return {.is_global = options.mode == "global",
          .is_federated = !options.global_address.empty(),
          .zone = options.zone,
          .checks_origin = !options.skip_origin_check};
}

// One line a flag.
std::string options_help();

// The settings as JSON, nested as in a file. Nothing of it is secret: keys are named by their files.
std::string print_options(const Options& options);

}  // namespace weft::cp
