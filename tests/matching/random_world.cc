#include "tests/matching/random_world.h"

#include <functional>
#include <map>
#include <random>
#include <utility>

#include "base/text.h"
#include "control-plane/resource/kind.h"
#include "tests/conformance/compare.h"
#include "tests/matching/trees.h"

namespace weft::reference {
namespace {

using conformance::list_node;
using conformance::number_node;
using conformance::object_node;
using conformance::set_member;
using conformance::string_node;

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  World world() {
    World out;
    out.kind = one_of(kinds());
    if (chance(9, 10)) out.documents.push_back(document("Mesh", "default", {}));
    for (const std::string type : {"MeshService", "MeshMultiZoneService", "MeshExternalService", "MeshHTTPRoute"}) {
      if (cp::find_kind(type) == nullptr || type == out.kind) continue;
      const size_t count = type == "MeshService" ? 1 + roll(4) : roll(3);
      for (size_t i = 0; i < count; ++i) out.documents.push_back(target(type, cat(lower(type), "-", i)));
    }
    // In the order of names, as a store lists them: what is equal in every other way keeps it.
    std::map<std::string, Node> policies;
    for (size_t i = 0; i < 1 + roll(6); ++i) {
      Node made = policy(out.kind, i);
      policies.emplace(text(made, "name"), std::move(made));
    }
    for (auto& [name, made] : policies) out.documents.push_back(std::move(made));
    out.dataplane = dataplane();
    return out;
  }

 private:
  size_t roll(size_t sides) { return random_() % sides; }
  bool chance(size_t part, size_t of) { return roll(of) < part; }
  std::string one_of(const std::vector<std::string>& words) { return words[roll(words.size())]; }
  std::string seconds() { return cat(1 + roll(50), "s"); }

  static std::vector<std::string> kinds() {
    std::vector<std::string> out;
    for (const char* kind :
         {"MeshTimeout", "MeshTimeout", "MeshRetry", "MeshHTTPRoute", "MeshTrace", "MeshPassthrough"}) {
      if (cp::find_kind(kind) != nullptr) out.emplace_back(kind);
    }
    return out;
  }

  static Node document(const std::string& type, const std::string& name, std::vector<Member> labels) {
    Node out = object_node({{"type", {}, string_node(type)}});
    if (type != "Mesh") set_member(out, "mesh", string_node("default"));
    set_member(out, "name", string_node(name));
    if (!labels.empty()) set_member(out, "labels", object_node(std::move(labels)));
    return out;
  }

  // Labels that say where something is from; policies are subject to all of them.
  std::vector<Member> origin_labels(bool policy) {
    std::vector<Member> out;
    const auto maybe = [&](size_t part, const char* key, const std::vector<std::string>& values) {
      if (chance(part, 10)) out.push_back({key, {}, string_node(one_of(values))});
    };
    maybe(6, "kuma.io/origin", {"global", "zone"});
    maybe(5, "kuma.io/zone", {"east", "west"});
    maybe(5, "k8s.kuma.io/namespace", {"ns-1", "ns-2"});
    if (!policy) return out;
    maybe(4, "kuma.io/policy-role", {"system", "producer", "consumer", "workload-owner"});
    maybe(3, "kuma.io/display-name", {"aaa", "mmm", "zzz"});
    maybe(1, "kuma.io/effect", {"shadow", "other"});
    return out;
  }

  std::vector<Member> plain_labels() {
    std::vector<Member> out;
    if (chance(7, 10)) out.push_back({"app", {}, string_node(one_of({"a", "b"}))});
    if (chance(7, 10)) out.push_back({"env", {}, string_node(one_of({"x", "y"}))});
    return out;
  }

  Node port() {
    Node out = object_node({{"port", {}, number_node(static_cast<int64_t>(80 + roll(3)))}});
    if (chance(1, 2)) set_member(out, "name", string_node(one_of({"http", "admin", "81"})));
    return out;
  }

  Node target(const std::string& type, const std::string& name) {
    std::vector<Member> labels = plain_labels();
    if (chance(4, 5)) labels.push_back({"kuma.io/display-name", {}, string_node(name)});
    Node out = document(type, name, std::move(labels));
    Node spec = object_node();
    if (type == "MeshExternalService") {
      set_member(spec, "match", object_node({{"port", {}, number_node(443)}}));
    } else if (type != "MeshHTTPRoute") {
      Node ports = list_node({port()});
      if (chance(1, 2)) ports.items.push_back(port());
      set_member(spec, "ports", std::move(ports));
    }
    set_member(out, "spec", std::move(spec));
    return out;
  }

  Node dataplane() {
    std::vector<Member> labels = origin_labels(false);
    for (Member& one : plain_labels()) labels.push_back(std::move(one));
    Node networking = object_node({{"address", {}, string_node("10.0.0.1")}});
    Node inbounds = list_node();
    for (size_t i = 0; i < roll(3); ++i) inbounds.items.push_back(port());
    if (!inbounds.items.empty()) set_member(networking, "inbound", std::move(inbounds));
    if (chance(1, 4)) {
      Node listener = port();
      set_member(listener, "address", string_node("10.0.0.2"));
      set_member(networking, "listeners", list_node({std::move(listener)}));
    }
    if (chance(1, 6)) set_member(networking, "gateway", object_node());
    Node out = document("Dataplane", "dp", std::move(labels));
    set_member(out, "networking", std::move(networking));
    return out;
  }

  Node policy(const std::string& kind, size_t number) {
    Node out = document(kind, cat(one_of({"a", "m", "z"}), "-", number), origin_labels(true));
    Node spec = object_node();
    const bool inbound = kind == "MeshTimeout" && chance(1, 2);
    if (chance(3, 4)) set_member(spec, "targetRef", proxies(inbound));
    if (kind == "MeshTrace" || kind == "MeshPassthrough") {
      set_member(spec, "default", conf(kind));
    } else if (inbound) {
      set_member(spec, "rules", list([&] { return rule(kind); }, 1 + roll(3)));
    } else {
      set_member(spec, "to", list([&] { return to(kind); }, 1 + roll(3)));
    }
    set_member(out, "spec", std::move(spec));
    return out;
  }

  static Node list(const std::function<Node()>& make, size_t count) {
    Node out = list_node();
    for (size_t i = 0; i < count; ++i) out.items.push_back(make());
    return out;
  }

  Node proxies(bool inbound) {
    if (chance(1, 3)) return object_node({{"kind", {}, string_node("Mesh")}});
    Node out = object_node({{"kind", {}, string_node("Dataplane")}});
    std::vector<Member> labels = plain_labels();
    if (chance(1, 6)) labels.push_back({"kuma.io/display-name", {}, string_node(one_of({"dp", "other"}))});
    if (!labels.empty() && chance(2, 3)) set_member(out, "labels", object_node(std::move(labels)));
    if (inbound && chance(1, 2)) set_member(out, "sectionName", string_node(one_of({"80", "81", "http", "admin"})));
    return out;
  }

  Node destination(bool route) {
    std::vector<std::string> kinds = {"MeshService", "MeshService", "MeshExternalService", "MeshMultiZoneService"};
    if (!route) kinds.insert(kinds.end(), {"Mesh", "Mesh", "MeshHTTPRoute"});
    const std::string kind = one_of(kinds);
    Node out = object_node({{"kind", {}, string_node(kind)}});
    if (kind == "Mesh") return out;
    std::vector<Member> labels = plain_labels();
    if (labels.empty() || chance(1, 3))
      labels = {{"kuma.io/display-name", {}, string_node(cat(lower(kind), "-", roll(3)))}};
    set_member(out, "labels", object_node(std::move(labels)));
    const bool ports = kind == "MeshService" || kind == "MeshMultiZoneService";
    if (ports && chance(1, 3)) set_member(out, "sectionName", string_node(one_of({"80", "81", "http", "admin"})));
    return out;
  }

  Node to(const std::string& kind) {
    const bool route = kind == "MeshHTTPRoute";
    Node out = object_node({{"targetRef", {}, destination(route)}});
    if (route) {
      set_member(out, "rules", list([&] { return route_rule(); }, 1 + roll(3)));
    } else if (chance(9, 10)) {
      set_member(out, "default", conf(kind));
    }
    return out;
  }

  Node rule(const std::string& kind) {
    Node out = object_node();
    if (chance(2, 3)) set_member(out, "matches", list([&] { return match(); }, 1 + roll(2)));
    if (chance(9, 10)) set_member(out, "default", conf(kind));
    return out;
  }

  Node typed(const std::string& type, const std::string& value) {
    return object_node({{"type", {}, string_node(type)}, {"value", {}, string_node(value)}});
  }

  Node match() {
    Node out = object_node();
    if (chance(4, 5)) {
      const std::string value = one_of({"spiffe://m", "spiffe://m/a", "spiffe://m/a/b", "spiffe://n"});
      set_member(out, "spiffeID", typed(one_of({"Exact", "Prefix"}), value));
    }
    if (chance(1, 4)) set_member(out, "sni", typed("Exact", one_of({"one", "two"})));
    return out;
  }

  Node route_rule() {
    const auto one = [&] {
      Node path = object_node({{"value", {}, string_node(one_of({"/", "/a", "/b"}))},
                               {"type", {}, string_node(one_of({"Exact", "PathPrefix"}))}});
      Node out = object_node({{"path", {}, std::move(path)}});
      if (chance(1, 4)) set_member(out, "method", string_node(one_of({"GET", "POST"})));
      return out;
    };
    Node conf = object_node();
    if (chance(1, 2)) {
      set_member(conf, "backendRefs",
                 list(
                     [&] {
                       return object_node({{"kind", {}, string_node("MeshService")},
                                           {"labels", {}, object_node({{"app", {}, string_node(one_of({"a", "b"}))}})},
                                           {"weight", {}, number_node(static_cast<int64_t>(roll(100)))}});
                     },
                     1 + roll(2)));
    }
    if (chance(1, 3)) {
      Node rewrite = object_node({{"hostname", {}, string_node(one_of({"h1", "h2"}))}});
      Node filter = object_node({{"type", {}, string_node("URLRewrite")}, {"urlRewrite", {}, std::move(rewrite)}});
      set_member(conf, "filters", list_node({std::move(filter)}));
    }
    return object_node({{"matches", {}, list(one, 1 + roll(2))}, {"default", {}, std::move(conf)}});
  }

  Node conf(const std::string& kind) {
    Node out = object_node();
    if (kind == "MeshTrace") {
      if (chance(1, 2)) set_member(out, "tags", list([&] { return tag(); }, 1 + roll(2)));
      if (chance(2, 3))
        set_member(
            out, "sampling",
            object_node({{one_of({"overall", "client", "random"}), {}, number_node(static_cast<int64_t>(roll(100)))}}));
      return out;
    }
    if (kind == "MeshPassthrough") {
      if (chance(1, 2)) set_member(out, "passthroughMode", string_node(one_of({"All", "None", "Matched"})));
      if (chance(2, 3)) set_member(out, "appendMatch", list([&] { return outside(); }, 1 + roll(2)));
      return out;
    }
    Node http = object_node();
    if (kind == "MeshRetry") {
      if (chance(1, 2)) set_member(http, "numRetries", number_node(static_cast<int64_t>(1 + roll(9))));
      if (chance(1, 2))
        set_member(http, "retryOn", list([&] { return string_node(one_of({"5xx", "Reset"})); }, 1 + roll(2)));
    } else {
      for (const char* key : {"connectionTimeout", "idleTimeout"}) {
        if (chance(1, 2)) set_member(out, key, string_node(seconds()));
      }
      for (const char* key : {"requestTimeout", "maxStreamDuration"}) {
        if (chance(1, 3)) set_member(http, key, string_node(seconds()));
      }
    }
    if (!http.members.empty() || chance(1, 5)) set_member(out, "http", std::move(http));
    return out;
  }

  Node tag() {
    return object_node(
        {{"name", {}, string_node(one_of({"team", "env"}))}, {"literal", {}, string_node(one_of({"a", "b"}))}});
  }

  Node outside() {
    return object_node({{"type", {}, string_node("Domain")},
                        {"value", {}, string_node(one_of({"a.com", "b.com"}))},
                        {"port", {}, number_node(static_cast<int64_t>(80 + roll(2)))},
                        {"protocol", {}, string_node("tls")}});
  }

  std::mt19937_64 random_;
};

}  // namespace

World random_world(uint64_t seed) { return Generator(seed).world(); }

}  // namespace weft::reference
