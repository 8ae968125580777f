#include "tools/weftctl/config_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/document/print.h"
#include "base/file.h"
#include "base/text.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

// "caCertFile" as it is written today, or "ca_cert_file" as older files have it.
const Node* member(const Node* parent, std::string_view key) {
  if (parent == nullptr) return nullptr;
  if (const Node* found = parent->find(key)) return found;
  std::string older;
  for (const char c : key) {
    if (c >= 'A' && c <= 'Z') {
      append(older, '_', static_cast<char>(c - 'A' + 'a'));
    } else {
      older += c;
    }
  }
  return parent->find(older);
}

std::string text_of(const Node* parent, std::string_view key) {
  const Node* node = member(parent, key);
  return node == nullptr ? "" : node->text;
}

ControlPlane read_control_plane(const Node& node) {
  ControlPlane out;
  out.name = text_of(&node, "name");
  const Node* server = member(member(&node, "coordinates"), "apiServer");
  out.url = text_of(server, "url");
  out.ca_cert_file = text_of(server, "caCertFile");
  out.client_cert_file = text_of(server, "clientCertFile");
  out.client_key_file = text_of(server, "clientKeyFile");
  if (const Node* skip = member(server, "skipVerify")) out.skip_verify = skip->boolean;
  out.auth_type = text_of(server, "authType");
  if (const Node* conf = member(server, "authConf")) {
    for (const Member& entry : conf->members) out.auth_conf.emplace_back(entry.key, entry.value.text);
  }
  if (const Node* headers = member(server, "headers")) {
    for (const Node& header : headers->items)
      out.headers.emplace_back(text_of(&header, "key"), text_of(&header, "value"));
  }
  return out;
}

Node control_plane_tree(const ControlPlane& plane, bool masked) {
  Node server = object();
  put(server, "url", text(plane.url));
  if (!plane.ca_cert_file.empty()) put(server, "caCertFile", text(plane.ca_cert_file));
  if (!plane.client_cert_file.empty()) put(server, "clientCertFile", text(plane.client_cert_file));
  if (!plane.client_key_file.empty()) put(server, "clientKeyFile", text(plane.client_key_file));
  if (plane.skip_verify) put(server, "skipVerify", boolean(true));
  if (!plane.auth_type.empty()) put(server, "authType", text(plane.auth_type));
  if (!plane.auth_conf.empty()) {
    Node conf = object();
    for (const auto& [key, value] : plane.auth_conf) put(conf, key, text(masked ? "*****" : value));
    put(server, "authConf", std::move(conf));
  }
  if (!plane.headers.empty()) {
    Node headers = list();
    for (const auto& [key, value] : plane.headers) {
      headers.items.push_back(object({{"key", text(key)}, {"value", text(masked ? "*****" : value)}}));
    }
    put(server, "headers", std::move(headers));
  }
  return object({{"name", text(plane.name)}, {"coordinates", object({{"apiServer", std::move(server)}})}});
}

Node context_tree(const Context& context) {
  Node out = object({{"name", text(context.name)}, {"controlPlane", text(context.control_plane)}});
  if (!context.mesh.empty()) put(out, "defaults", object({{"mesh", text(context.mesh)}}));
  return out;
}

template <typename Named>
const Named* find_named(const std::vector<Named>& all, std::string_view name) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == name; });
  return at == all.end() ? nullptr : &*at;
}

// In the place of its namesake, or at the end.
template <typename Named>
void replace_named(std::vector<Named>& all, Named one) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const Named& other) { return other.name == one.name; });
  if (at == all.end()) {
    all.push_back(std::move(one));
  } else {
    *at = std::move(one);
  }
}

}  // namespace

std::string_view ControlPlane::token() const {
  if (auth_type != "tokens") return {};
  for (const auto& [key, value] : auth_conf) {
    if (key == "token") return value;
  }
  return {};
}

const ControlPlane* Config::find(std::string_view name) const { return find_named(control_planes, name); }

const Context* Config::find_context(std::string_view name) const { return find_named(contexts, name); }

void Config::add(ControlPlane plane) {
  current = plane.name;
  replace_named(contexts, Context{plane.name, plane.name, ""});
  replace_named(control_planes, std::move(plane));
}

bool Config::remove(std::string_view name) {
  if (std::erase_if(control_planes, [&](const ControlPlane& plane) { return plane.name == name; }) == 0) return false;
  std::erase_if(contexts, [&](const Context& context) { return context.control_plane == name; });
  if (find_context(current) == nullptr) current = contexts.empty() ? "" : contexts.front().name;
  return true;
}

Result<std::string> config_path(const Globals& globals) {
  if (!globals.config_file.empty()) return globals.config_file;
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0')
    return invalid("HOME is not set: name the configuration with --config-file, or use --no-config");
  return cat(home, "/.weftctl/config");
}

Result<Config> parse_config(std::string_view text) {
  const auto documents = parse_yaml(text);
  if (!documents.ok()) return documents.status();
  Config config;
  if (documents->empty()) return config;
  const Node& root = documents->front();
  if (!root.is_object()) return invalid("expected an object with controlPlanes");
  if (const Node* planes = member(&root, "controlPlanes")) {
    for (const Node& plane : planes->items) config.control_planes.push_back(read_control_plane(plane));
  }
  if (const Node* contexts = member(&root, "contexts")) {
    for (const Node& context : contexts->items) {
      config.contexts.push_back({text_of(&context, "name"), text_of(&context, "controlPlane"),
                                 text_of(member(&context, "defaults"), "mesh")});
    }
  }
  config.current = text_of(&root, "currentContext");
  return config;
}

std::string config_text(const Config& config, bool masked) {
  Node planes = list(), contexts = list();
  for (const ControlPlane& plane : config.control_planes) planes.items.push_back(control_plane_tree(plane, masked));
  for (const Context& context : config.contexts) contexts.items.push_back(context_tree(context));
  Node root = object({{"controlPlanes", std::move(planes)}, {"contexts", std::move(contexts)}});
  if (!config.current.empty()) put(root, "currentContext", text(config.current));
  return yaml_text(root);
}

Result<Config> load_config(const Globals& globals) {
  Config local;
  local.add(ControlPlane{});
  if (globals.no_config) return local;
  const auto path = config_path(globals);
  if (!path.ok()) return path.status();
  const auto text = read_file(*path);
  if (is_not_found(text.status())) {
    // A home that cannot be written to is no reason not to work.
    if (const Status saved = save_config(globals, local); !saved.ok())
      warn(cat(reason(saved), " (--no-config avoids this)"));
    return local;
  }
  if (!text.ok()) return text.status();
  auto config = parse_config(*text);
  if (!config.ok()) return annotate(config.status(), *path);
  return config;
}

Status save_config(const Globals& globals, const Config& config) {
  const auto path = config_path(globals);
  if (!path.ok()) return path.status();
  const std::string folder = std::filesystem::path(*path).parent_path().string();
  if (!folder.empty()) {
    if (Status made = make_folder(folder, 0700); !made.ok()) return made;
  }
  return write_file(*path, config_text(config, false), 0600);
}

Result<Destination> active_destination(const Globals& globals) {
  const auto config = load_config(globals);
  if (!config.ok()) return config.status();
  const std::string& name = globals.context.empty() ? config->current : globals.context;
  const Context* context = config->find_context(name);
  if (context == nullptr && !globals.context.empty())
    return invalid(cat("there is no context with name \"", name, "\""));
  if (context == nullptr) {
    return invalid(
        "active Control Plane is not set. Use `weftctl config control-planes add` to add a Control Plane and make it "
        "active");
  }
  const ControlPlane* plane = config->find(context->control_plane);
  if (plane == nullptr) {
    return invalid(cat("context \"", name, "\" leads to the Control Plane \"", context->control_plane,
                       "\", which is not in the configuration"));
  }
  return Destination{*plane, context->mesh.empty() ? "default" : context->mesh};
}

}  // namespace weft::ctl
