#include "control-plane/engine/inspect/config_document.h"

#include <memory>
#include <utility>

#include "base/document/print.h"
#include "base/hash.h"
#include "base/text.h"
#include "control-plane/engine/compile_proxy.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

using google::protobuf::Message;

Node text_node(std::string_view text) { return {Node::Kind::kString, false, std::string(text), {}, {}, {}}; }
Node object_of(std::vector<Member> members) { return {Node::Kind::kObject, false, "", {}, std::move(members), {}}; }
Node list_of(std::vector<Node> items) { return {Node::Kind::kList, false, "", std::move(items), {}, {}}; }
void add(Node& object, std::string_view key, Node value) {
  object.members.push_back({std::string(key), {}, std::move(value)});
}

Node tree_of(const Message& message) {
  Result<Node> tree = parse_json(encode_message(message, v1::SPEC));
  return tree.ok() ? *std::move(tree) : Node();
}

// A kind's conf message by its name.
Node conf_of(const v1::PolicyUnit& unit) {
  const auto* type =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(cat("weft.v1.", unit.kind(), "Conf"));
  if (type == nullptr) return text_node(cat(unit.conf().size(), " bytes"));
  const std::unique_ptr<Message> conf(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  return conf->ParseFromString(unit.conf()) ? tree_of(*conf) : text_node("undecodable");
}

// By kind: what changes in one is then seen to be in it.
Node policies_of(const google::protobuf::RepeatedPtrField<v1::PolicyUnit>& units) {
  Node policies = object_of({});
  for (const v1::PolicyUnit& unit : units) {
    std::vector<Node> origins;
    for (const std::string& origin : unit.origins()) origins.push_back(text_node(origin));
    Node one = object_of({});
    add(one, "conf", conf_of(unit));
    add(one, "origins", list_of(std::move(origins)));
    add(policies, unit.kind(), std::move(one));
  }
  return policies;
}

Node destination_tree(const v1::Destination& destination) {
  std::vector<Node> routes;
  for (const v1::Route& route : destination.routes()) {
    Node one = object_of({});
    add(one, "name", text_node(route.name()));
    if (!route.path_prefix().empty()) add(one, "pathPrefix", text_node(route.path_prefix()));
    add(one, "policies", policies_of(route.policies()));
    std::vector<Node> backends;
    for (const v1::Backend& backend : route.backends()) backends.push_back(tree_of(backend));
    add(one, "backends", list_of(std::move(backends)));
    routes.push_back(std::move(one));
  }
  Node tree = object_of({});
  add(tree, "direction", text_node(v1::Direction_Name(destination.direction())));
  add(tree, "protocol", text_node(v1::Protocol_Name(destination.protocol())));
  add(tree, "policies", policies_of(destination.policies()));
  add(tree, "routes", list_of(std::move(routes)));
  return tree;
}

// The messages of a set, each below its name.
template <typename Set>
Node parse(const std::string& bytes, Node (*show)(const Set&)) {
  Set set;
  return set.ParseFromString(bytes) ? show(set) : text_node("undecodable");
}

Node listeners_tree(const v1::ListenerSet& set) {
  Node tree = object_of({});
  for (const v1::Listener& listener : set.listeners()) {
    Node one = object_of({});
    add(one, "direction", text_node(v1::Direction_Name(listener.direction())));
    add(one, "address", text_node(cat(listener.address(), ":", listener.port())));
    add(one, "destination", text_node(listener.destination()));
    add(tree, listener.name(), std::move(one));
  }
  return tree;
}

Node endpoints_tree(const v1::EndpointSet& set) {
  std::vector<Node> endpoints;
  for (const v1::Endpoint& endpoint : set.endpoints()) endpoints.push_back(tree_of(endpoint));
  return list_of(std::move(endpoints));
}

Node identity_tree(const v1::WorkloadIdentity& identity) {
  Node tree = object_of({});
  add(tree, "spiffeId", text_node(identity.spiffe_id()));
  add(tree, "source", text_node(identity.source()));
  add(tree, "issuer", text_node(hex64(identity.issuer())));
  add(tree, "lifetime", text_node(cat(identity.lifetime_seconds(), "s")));
  if (identity.has_tls()) add(tree, "tls", conf_of(identity.tls()));
  return tree;
}

// Certificates by what identifies an issuer elsewhere.
Node trust_tree(const v1::TrustDomain& domain) {
  std::vector<Node> authorities;
  for (const std::string& der : domain.authorities()) authorities.push_back(text_node(hex64(content_hash(der))));
  return list_of(std::move(authorities));
}

Node peer_tree(const v1::EndpointSet& set) { return tree_of(set.tls()); }

Result<Node> compiled_tree(const World& world, const ResourceKey& dataplane, Shadow shadow) {
  Memo memo(shadow);
  const Result<ProxyItemsPtr> items = compile_proxy(world, dataplane, memo);
  if (!items.ok()) return items.status();
  return config_tree(**items);
}

// RFC 6901.
std::string pointer_below(const std::string& path, std::string_view key) {
  std::string out = cat(path, "/");
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

class Patch {
 public:
  void compare(const Node& before, const Node& after, const std::string& path) {
    if (before.is_object() && after.is_object()) return objects(before, after, path);
    if (compact_json(before) != compact_json(after)) operation("replace", path, &after);
  }
  Node take() { return list_of(std::move(operations_)); }

 private:
  void objects(const Node& before, const Node& after, const std::string& path) {
    for (const Member& member : before.members) {
      const std::string here = pointer_below(path, member.key);
      if (const Node* other = after.find(member.key)) {
        compare(member.value, *other, here);
      } else {
        operation("remove", here, nullptr);
      }
    }
    for (const Member& member : after.members) {
      if (before.find(member.key) == nullptr) operation("add", pointer_below(path, member.key), &member.value);
    }
  }
  void operation(std::string_view op, const std::string& path, const Node* value) {
    Node one = object_of({});
    add(one, "op", text_node(op));
    add(one, "path", text_node(path));
    if (value != nullptr) add(one, "value", *value);
    operations_.push_back(std::move(one));
  }

  std::vector<Node> operations_;
};

}  // namespace

Node config_tree(const ProxyItems& items) {
  Node listeners = object_of({});
  Node destinations = object_of({});
  Node endpoints = object_of({});
  Node identity = object_of({});
  Node trusts = object_of({});
  Node peers = object_of({});
  for (const CompiledItemPtr& item : items.items) {
    if (item->type == v1::LISTENERS) listeners = parse(*item->bytes, listeners_tree);
    if (item->type == v1::DESTINATION) add(destinations, item->name, parse(*item->bytes, destination_tree));
    if (item->type == v1::ENDPOINTS) add(endpoints, item->name, parse(*item->bytes, endpoints_tree));
    if (item->type == v1::IDENTITY) identity = parse(*item->bytes, identity_tree);
    if (item->type == v1::TRUST) add(trusts, item->name, parse(*item->bytes, trust_tree));
    if (item->type != v1::ENDPOINTS) continue;
    Node peer = parse(*item->bytes, peer_tree);
    if (!peer.members.empty()) add(peers, item->name, std::move(peer));
  }
  Node tree = object_of({});
  add(tree, "listeners", std::move(listeners));
  add(tree, "destinations", std::move(destinations));
  add(tree, "endpointSets", std::move(endpoints));
  if (!identity.members.empty()) add(tree, "identity", std::move(identity));
  if (!trusts.members.empty()) add(tree, "trust", std::move(trusts));
  if (!peers.members.empty()) add(tree, "peerTls", std::move(peers));
  return tree;
}

Node json_patch(const Node& before, const Node& after) {
  Patch patch;
  patch.compare(before, after, "");
  return patch.take();
}

Result<std::string> config_document(const World& world, const ResourceKey& dataplane, bool shadow,
                                    bool with_difference) {
  Result<Node> now = compiled_tree(world, dataplane, Shadow::kIgnore);
  if (!now.ok()) return now.status();
  Result<Node> shown = shadow ? compiled_tree(world, dataplane, Shadow::kInclude) : *now;
  if (!shown.ok()) return shown.status();
  Node document = object_of({});
  Node difference = json_patch(*now, *shown);
  add(document, "xds", *std::move(shown));
  if (with_difference) add(document, "diff", std::move(difference));
  return pretty_json(document);
}

}  // namespace weft::cp
