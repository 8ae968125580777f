#include "control-plane/options.h"

#include <algorithm>
#include <variant>

#include "base/document/document.h"
#include "base/document/json_writer.h"
#include "base/file.h"
#include "base/flags.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/engine/vips.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/names.h"
#include "control-plane/secret_keys.h"
#include "control-plane/settings.h"

namespace weft::cp {
namespace {

using Words = Setting::Words;
using Keys = Setting::Keys;
using Field = Setting::Field;

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
  for (const Setting& setting : settings()) {
    const Node* node = find_path(documents->front(), setting.key);
    if (node == nullptr || node->is_null()) continue;
    const Status applied = set_node(options, setting.field, *node);
    if (!applied.ok()) return annotate(applied, cat(path, ", line ", node->mark.line, ": ", setting.key));
  }
  return ok();
}

// The flags that were given, as text, in the order of the settings; then the file.
struct Given {
  std::vector<std::vector<std::string>> values{settings().size()};
  std::string config_file;
};

Flags make_flags(Given& given) {
  Flags flags;
  flags.add("config-file", 'c', "FILE", "settings in YAML; the environment and flags override them",
            &given.config_file);
  for (size_t i = 0; i < settings().size(); ++i) {
    if (!settings()[i].flag.empty()) flags.add(settings()[i].flag, 0, "VALUE", settings()[i].help, &given.values[i]);
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

Status check_types(std::string_view key, const Words& enabled, const Words& known) {
  for (const std::string& path : enabled) {
    if (std::find(known.begin(), known.end(), path) == known.end()) {
      return invalid(cat(key, ": \"", path, "\" is none of ", join(known, ", ")));
    }
  }
  return ok();
}

Status check(const Options& options) {
  if (options.mode != "zone" && options.mode != "global") return invalid("invalid mode. Available modes: zone, global");
  if (options.environment != "universal") return invalid("environment: this version runs on \"universal\" only");
  if (options.dp_auth_type != "" && options.dp_auth_type != "dpToken" && options.dp_auth_type != "none") {
    return invalid(cat("dpServer.authn.dpProxy.type: \"", options.dp_auth_type, "\" is neither dpToken nor none"));
  }
  for (const auto& [key, port] : {std::pair("apiServer.https.port", &options.https_port),
                                  std::pair("monitoringAssignmentServer.port", &options.monitoring_port)}) {
    uint16_t number = 0;
    if (!port->empty() && !parse_number(*port, number)) {
      return invalid(cat(key, ": \"", *port, "\" is not a port from 0 to 65535"));
    }
  }
  if (options.https_cert_file.empty() != options.https_key_file.empty()) {
    return invalid("apiServer.https: tlsCertFile and tlsKeyFile go together");
  }
  if (options.monitoring_cert_file.empty() != options.monitoring_key_file.empty()) {
    return invalid("monitoringAssignmentServer: tlsCertFile and tlsKeyFile go together");
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
  Status policies = check_types("policies.pluginPoliciesEnabled", options.enabled_policies, policy_paths());
  if (!policies.ok()) return policies;
  Status core = check_types("coreResources.enabled", options.enabled_core_resources, core_resource_paths());
  if (!core.ok()) return core;
  if (options.work_dir.empty()) return invalid("general.workDir: cannot be empty (HOME is not set)");
  return ok();
}

}  // namespace

std::vector<std::string> policy_paths() {
  Words paths;
  for (const Kind& kind : kinds()) {
    if (kind.is_policy()) paths.emplace_back(kind.rules.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> core_resource_paths() {
  return {"hostnamegenerators",
          "meshexternalservices",
          "meshidentities",
          "meshmultizoneservices",
          "meshopentelemetrybackends",
          "meshservices",
          "meshtrusts",
          "meshzoneaddresses",
          "workloads"};
}

Result<Options> read_options(const std::vector<std::string>& arguments,
                             const std::function<const char*(const char*)>& environment) {
  Given given;
  const Result<std::vector<std::string>> rest = make_flags(given).parse(arguments);
  if (!rest.ok()) return rest.status();
  if (!rest->empty()) return invalid(cat("unexpected argument \"", rest->front(), "\""));
  Options options;
  if (const char* home = environment("HOME"); home != nullptr && *home != '\0') options.work_dir = cat(home, "/.weft");
  if (const char* keys = environment(kStoreKeyVariable); keys != nullptr) options.store_keys = keys;
  if (!given.config_file.empty()) {
    if (Status applied = apply_file(given.config_file, options); !applied.ok()) return applied;
  }
  for (size_t i = 0; i < settings().size(); ++i) {
    const Setting& setting = settings()[i];
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
  for (const Setting& setting : settings()) {
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
