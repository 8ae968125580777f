#include "control-plane/source/resource_service.h"

#include <google/protobuf/util/message_differencer.h>

#include "base/text.h"
#include "control-plane/resource/labels.h"
#include "control-plane/resource/names.h"
#include "control-plane/resource/validate/remarks.h"
#include "control-plane/resource/validate/validate.h"
#include "control-plane/source/url_checks.h"
#include "control-plane/source/write_rules.h"

namespace weft::cp {
namespace {

// Somebody else may write the same resource at the same time; a PUT replaces whatever is there, so it looks again.
constexpr int kAttempts = 64;

constexpr std::string_view kProcessTitle = "Could not process a resource";

std::string_view write_title(bool exists) {
  return exists ? "Failed to update a resource" : "Failed to create a resource";
}

Violations as_violations(const std::vector<Finding>& findings) {
  Violations out;
  for (const Finding& finding : findings) out.add(finding.field, finding.reason);
  return out;
}

Problem unreadable(const Kind& kind, const std::string& reason) {
  return bad_request(cat("invalid ", kind.type(), " object: \"", reason, "\""));
}

// Fields that the server owns keep their stored values whatever the author sends.
void keep_owned_fields(const google::protobuf::Message& stored, google::protobuf::Message& next) {
  const google::protobuf::Descriptor& type = *stored.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type.field(i);
    if (!field->options().GetExtension(v1::schema).server_owned()) continue;
    const std::unique_ptr<google::protobuf::Message> owned(stored.New());
    owned->CopyFrom(stored);
    for (int j = 0; j < type.field_count(); ++j) {
      if (j != i) owned->GetReflection()->ClearField(owned.get(), type.field(j));
    }
    next.GetReflection()->ClearField(&next, field);
    next.MergeFrom(*owned);
  }
}

bool is_same(const Resource& a, const Resource& b) {
  return a.labels == b.labels && google::protobuf::util::MessageDifferencer::Equals(*a.spec, *b.spec);
}

}  // namespace

std::variant<ResourceService::Incoming, Problem> ResourceService::read(const Kind& kind, const ResourceKey& key,
                                                                       std::string_view body) const {
  const Result<Node> document = parse_json(body);
  if (!document.ok()) return unreadable(kind, reason(document.status()));
  Decoded decoded = decode(*document, &kind);
  if (!decoded.violations.empty()) return not_valid(kProcessTitle, as_violations(decoded.violations));
  if (!decoded.unreadable.empty()) {
    std::vector<std::string> all;
    for (const Finding& finding : decoded.unreadable) all.push_back(sentence(finding));
    return unreadable(kind, join(all, "; "));
  }
  Violations violations;
  check_against_url(decoded.key, key, kind, violations);
  check_name(decoded.key.name, violations);
  if (options_.place.is_federated) check_name_with_zone(decoded.key.name, options_.place.zone, violations);
  if (!kind.is_global() && !decoded.key.mesh.empty()) check_mesh_name(decoded.key.mesh, violations);
  check_labels(kind, key, decoded.labels, options_.place, violations);
  if (!violations.empty()) return not_valid(kProcessTitle, violations);
  if (std::string reason = workload_label_problem(kind, decoded.labels, options_.place); !reason.empty()) {
    return bad_request(cat("bad request: ", reason));
  }
  complete_spec(*decoded.spec, options_.place);
  Incoming incoming;
  incoming.resource = std::make_shared<Resource>();
  incoming.resource->key = key;
  incoming.resource->labels = computed_labels(kind, key, std::move(decoded.labels), options_.place, decoded.spec.get());
  incoming.resource->spec = std::move(decoded.spec);
  for (const Finding& finding : decoded.warnings) incoming.warnings.push_back(sentence(finding));
  for (std::string& remark : remarks(*incoming.resource)) incoming.warnings.push_back(std::move(remark));
  return incoming;
}

std::optional<Problem> ResourceService::settle(const Kind& kind, const Resource* stored, Resource& next) const {
  if (std::optional<Problem> problem = check_written_here(kind, options_, stored)) return problem;
  Violations violations;
  if (stored != nullptr) {
    check_immutable_labels(stored->labels, next.labels, violations);
    if (!violations.empty()) return not_valid("Could not update a resource", violations);
    std::shared_ptr<google::protobuf::Message> spec(next.spec->New());
    spec->CopyFrom(*next.spec);
    keep_owned_fields(*stored->spec, *spec);
    next.spec = std::move(spec);
    next.status = stored->status;
  }
  validate(next, violations);
  if (!violations.empty()) return not_valid(write_title(stored != nullptr), violations);
  return std::nullopt;
}

Result<std::vector<Write>> ResourceService::transaction(const Kind& kind, const Resource* stored,
                                                        const std::shared_ptr<Resource>& next) const {
  std::vector<Write> writes;
  if (!kind.is_global()) writes.push_back({Write::Kind::kRequire, {"Mesh", "", next->key.mesh}, nullptr, std::nullopt});
  writes.push_back({Write::Kind::kPut, next->key, next, stored == nullptr ? 0 : stored->revision});
  if (kind.type() != "Mesh" || stored != nullptr || !hooks_.mesh_companions) return writes;
  Result<std::vector<ResourcePtr>> companions = hooks_.mesh_companions(*next);
  if (!companions.ok()) return companions.status();
  for (const ResourcePtr& companion : *companions) {
    writes.push_back({Write::Kind::kPut, companion->key, companion, std::nullopt});
  }
  return writes;
}

std::variant<ResourceService::Preview, Problem> ResourceService::preview(const World& world, const Kind& kind,
                                                                         const std::string& mesh,
                                                                         const std::string& name,
                                                                         std::string_view body) const {
  const ResourceKey key{std::string(kind.type()), mesh, name};
  if (!kind.is_global() && world.find({"Mesh", "", mesh}) == nullptr) return missing("Failed to retrieve Mesh");
  auto read_result = read(kind, key, body);
  if (auto* problem = std::get_if<Problem>(&read_result)) return std::move(*problem);
  Incoming& incoming = std::get<Incoming>(read_result);
  Preview preview{world.find(key), nullptr, std::move(incoming.warnings)};
  if (std::optional<Problem> problem = settle(kind, preview.before.get(), *incoming.resource))
    return *std::move(problem);
  if (hooks_.advise) {
    for (std::string& advice : hooks_.advise(*incoming.resource, world)) preview.warnings.push_back(std::move(advice));
  }
  const bool same = preview.before != nullptr && is_same(*preview.before, *incoming.resource);
  preview.after = same ? preview.before : incoming.resource;
  return preview;
}

std::variant<Written, Problem> ResourceService::put(const Kind& kind, const std::string& mesh, const std::string& name,
                                                    std::string_view body, bool dry_run) {
  const ResourceKey key{std::string(kind.type()), mesh, name};
  if (!kind.is_global() && world_.current()->find({"Mesh", "", mesh}) == nullptr)
    return missing("Failed to retrieve Mesh");
  auto read_result = read(kind, key, body);
  if (auto* problem = std::get_if<Problem>(&read_result)) return std::move(*problem);
  Incoming& incoming = std::get<Incoming>(read_result);

  for (int attempt = 1;; ++attempt) {
    const WorldPtr world = world_.current();
    const ResourcePtr stored = world->find(key);
    auto next = std::make_shared<Resource>(*incoming.resource);
    if (std::optional<Problem> problem = settle(kind, stored.get(), *next)) return *std::move(problem);
    Written written{stored == nullptr, 0, incoming.warnings};
    if (hooks_.advise) {
      for (std::string& advice : hooks_.advise(*next, *world)) written.warnings.push_back(std::move(advice));
    }
    if (dry_run) return Written{false, 0, std::move(written.warnings)};
    if (stored != nullptr && is_same(*stored, *next)) {
      written.revision = stored->revision;
      return written;
    }
    const std::string_view title = write_title(stored != nullptr);
    Result<std::vector<Write>> writes = transaction(kind, stored.get(), next);
    if (!writes.ok()) return from_status(title, writes.status());
    const Result<uint64_t> revision = store_.write(*writes);
    if (revision.ok()) {
      written.revision = *revision;
      return written;
    }
    if (is_not_found(revision.status())) {
      Problem problem = not_valid(title, "mesh", cat("mesh of name ", mesh, " is not found"));
      problem.detail = "Mesh is not found";
      return problem;
    }
    if (!is_conflict(revision.status()) || attempt == kAttempts) return from_status(title, revision.status());
  }
}

std::variant<Written, Problem> ResourceService::remove(const Kind& kind, const std::string& mesh,
                                                       const std::string& name) {
  constexpr std::string_view title = "Could not delete a resource";
  const ResourceKey key{std::string(kind.type()), mesh, name};
  const WorldPtr world = world_.current();
  if (!kind.is_global() && world->find({"Mesh", "", mesh}) == nullptr) return missing("Failed to retrieve Mesh");
  const ResourcePtr stored = world->find(key);
  if (std::optional<Problem> problem = check_written_here(kind, options_, stored.get())) return *std::move(problem);
  if (stored == nullptr) return missing(title);
  if (std::optional<Problem> problem = check_removable(*stored, options_, *world)) return *std::move(problem);
  const Result<uint64_t> revision = store_.write(removal_of(key, *world));
  if (!revision.ok()) return from_status(title, revision.status());
  return Written{false, *revision, {}};
}

}  // namespace weft::cp
