#include "tests/conformance/memory_server.h"

#include <algorithm>

#include "base/document/json_writer.h"
#include "base/text.h"
#include "control-plane/resource/decode.h"
#include "control-plane/resource/encode.h"
#include "control-plane/source/problem.h"
#include "control-plane/source/url.h"

namespace weft::conformance {
namespace {

using cp::HttpRequest;
using cp::HttpResponse;
using cp::Kind;
using cp::ResourceKey;
using cp::ResourcePtr;

HttpResponse json(std::string body, int status = 200) { return {status, std::move(body), "application/json", {}}; }

// The types there are, as far as a client asks.
std::string type_list() {
  JsonWriter out;
  out.begin_object();
  out.key("resources");
  out.begin_list();
  for (const Kind& kind : cp::kinds()) {
    out.begin_object();
    out.member("name", kind.type());
    out.member("path", kind.rules.path());
    out.member("scope", kind.is_global() ? "Global" : "Mesh");
    out.member("readOnly", kind.rules.read_only());
    out.member("shortName", kind.rules.short_name());
    if (kind.is_policy()) {
      out.key("policy");
      out.begin_object();
      out.end_object();
    }
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return out.take();
}

// A path of the API: which kind, which mesh, which resource.
struct Place {
  const Kind* kind = nullptr;
  ResourceKey key;  // without a name: the list
};

Place place_of(std::string_view path) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(path.substr(1), '/')) parts.push_back(cp::percent_decoded(part));
  Place out;
  if (parts.size() >= 3 && parts[0] == "meshes") {
    out.key.mesh = parts[1];
    parts.erase(parts.begin(), parts.begin() + 2);
  }
  if (parts.size() > 2) return {};
  out.kind = cp::find_kind_by_path(parts[0]);
  if (out.kind == nullptr || out.kind->is_global() != out.key.mesh.empty()) return {};
  out.key.type = out.kind->type();
  if (parts.size() == 2) out.key.name = parts[1];
  return out;
}

}  // namespace

Result<std::unique_ptr<MemoryServer>> MemoryServer::start() {
  auto out = std::make_unique<MemoryServer>();
  MemoryServer* self = out.get();
  auto server = cp::HttpServer::start(
      {}, [self](const HttpRequest& request, const cp::Respond& respond) { respond(self->answer(request)); });
  if (!server.ok()) return server.status();
  out->server_ = *std::move(server);
  return out;
}

void MemoryServer::fix(const std::string& path, std::string body) {
  const std::lock_guard lock(mutex_);
  fixed_[path] = std::move(body);
}

std::vector<Node> MemoryServer::dump() const {
  const std::lock_guard lock(mutex_);
  std::vector<ResourcePtr> sorted = resources_;
  std::sort(sorted.begin(), sorted.end(), [](const ResourcePtr& a, const ResourcePtr& b) {
    return std::tie(a->key.type, a->key.name) < std::tie(b->key.type, b->key.name);
  });
  std::vector<Node> out;
  for (const ResourcePtr& resource : sorted) out.push_back(parse_json(cp::encode(*resource)).value_or(Node{}));
  return out;
}

HttpResponse MemoryServer::answer(const HttpRequest& request) {
  const std::lock_guard lock(mutex_);
  const size_t question = request.target.find('?');
  const std::string path = request.target.substr(0, question);
  const std::string query = question == std::string::npos ? "" : request.target.substr(question + 1);
  if (const auto found = fixed_.find(path); found != fixed_.end()) return json(found->second);
  if (path == "/") return json(R"({"product": "Kuma", "version": "3.0.0", "hostname": "h", "instanceId": "i"})");
  if (path == "/_resources") return json(type_list());
  const Place place = place_of(path);
  if (place.kind == nullptr) return to_response(cp::missing("Not found"));
  if (place.key.name.empty()) return list(*place.kind, place.key.mesh, query);
  if (request.method == "PUT") {
    return put(*place.kind, place.key, request.body, cp::Query(query).get("dryRun") == "true");
  }
  if (request.method == "DELETE") return remove(place.key);
  const ResourcePtr resource = find(place.key);
  return resource == nullptr ? to_response(cp::missing("Could not retrieve a resource")) : json(cp::encode(*resource));
}

// In the order in which they came; pages go by name.
HttpResponse MemoryServer::list(const Kind& kind, const std::string& mesh, std::string_view query_text) const {
  const cp::Query query(query_text);
  std::vector<ResourcePtr> all;
  for (const ResourcePtr& resource : resources_) {
    if (resource->key.type == kind.type() && resource->key.mesh == mesh) all.push_back(resource);
  }
  size_t begin = 0, end = all.size();
  if (query.has("size")) {
    std::sort(all.begin(), all.end(),
              [](const ResourcePtr& a, const ResourcePtr& b) { return a->key.name < b->key.name; });
    parse_number(query.get("offset"), begin);
    size_t size = all.size();
    parse_number(query.get("size"), size);
    begin = std::min(begin, all.size());
    end = std::min(begin + size, all.size());
  }
  JsonWriter out;
  out.begin_object();
  out.key("total");
  out.number(all.size());
  out.key("items");
  out.begin_list();
  for (size_t i = begin; i < end; ++i) write_resource(out, *all[i]);
  out.end_list();
  out.key("next");
  if (end == all.size()) {
    out.null();
  } else {
    out.string(cat("http://localhost/", kind.rules.path(), "?offset=", end));
  }
  out.end_object();
  return json(out.take());
}

HttpResponse MemoryServer::put(const Kind& kind, const ResourceKey& key, const std::string& body, bool dry_run) {
  const auto document = parse_json(body);
  if (!document.ok()) return to_response(cp::bad_request(reason(document.status())));
  cp::Decoded decoded = cp::decode(*document, &kind);
  if (!decoded.ok()) {
    Violations violations;
    for (const cp::Finding& finding : decoded.violations) violations.add(finding.field, finding.reason);
    for (const cp::Finding& finding : decoded.unreadable) violations.add(finding.field, finding.reason);
    return to_response(cp::not_valid("Could not process a resource", violations));
  }
  auto resource = std::make_shared<cp::Resource>();
  resource->key = key;
  resource->labels = std::move(decoded.labels);
  resource->spec = std::move(decoded.spec);
  const auto at = std::find_if(resources_.begin(), resources_.end(), [&](const auto& one) { return one->key == key; });
  const bool created = at == resources_.end();
  if (!dry_run && created) resources_.push_back(std::move(resource));
  if (!dry_run && !created) *at = std::move(resource);
  return json("{}", created ? 201 : 200);
}

HttpResponse MemoryServer::remove(const ResourceKey& key) {
  const bool found = std::erase_if(resources_, [&](const auto& one) { return one->key == key; }) != 0;
  return found ? json("{}") : to_response(cp::missing("Could not delete a resource"));
}

ResourcePtr MemoryServer::find(const ResourceKey& key) const {
  for (const ResourcePtr& resource : resources_) {
    if (resource->key == key) return resource;
  }
  return nullptr;
}

}  // namespace weft::conformance
