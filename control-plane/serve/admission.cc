#include "control-plane/serve/admission.h"

#include <google/protobuf/util/message_differencer.h>

#include "base/document/document.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/engine/workload_identity.h"
#include "control-plane/identity/dataplane_token.h"
#include "control-plane/resource/check.h"
#include "control-plane/resource/labels.h"
#include "control-plane/serve/work_threads.h"
#include "policies/policy_resource.h"
#include "weft/v1/config_service.pb.h"
#include "weft/v1/dataplane.pb.h"

namespace weft::cp {
namespace {

constexpr int kWriteAttempts = 5;

Status failed_precondition(std::string_view message) {
  return Status(absl::StatusCode::kFailedPrecondition, std::string(message));
}

// The Dataplane document of a Hello, complete with labels.
Result<ResourcePtr> read_document(const v1::Hello& hello, const Place& place) {
  const Result<Node> document = parse_json(hello.dataplane());
  if (!document.ok()) return annotate(document.status(), "the Dataplane cannot be read");
  Checked checked = check_document(*document, hello.mesh().empty() ? "default" : hello.mesh());
  if (!checked.errors.empty()) {
    std::vector<std::string> sentences;
    for (const Finding& finding : checked.errors) sentences.push_back(sentence(finding));
    return invalid(cat("the Dataplane is not valid: ", join(sentences, "; ")));
  }
  if (checked.resource->key.type != "Dataplane") {
    return invalid(cat("a proxy brings a Dataplane along, not a ", checked.resource->key.type));
  }
  auto complete = std::make_shared<Resource>(*checked.resource);
  std::shared_ptr<google::protobuf::Message> spec(complete->spec->New());
  spec->CopyFrom(*complete->spec);
  complete_spec(*spec, place);
  complete->spec = std::move(spec);
  complete->labels =
      computed_labels(*find_kind("Dataplane"), complete->key, complete->labels, place, complete->spec.get());
  return complete;
}

// With transparent proxying every destination has an address of its own; listeners beside that would say otherwise.
Status check_outbounds(const Resource& dataplane) {
  const auto* spec = google::protobuf::DynamicCastToGenerated<const v1::Dataplane>(dataplane.spec.get());
  if (spec == nullptr || spec->networking().outbound().empty()) return ok();
  const auto& transparent = spec->networking().transparent_proxying();
  if (transparent.redirect_port_inbound() == 0 && transparent.redirect_port_outbound() == 0) return ok();
  return invalid(
      "the Dataplane is not valid: outbound: should be empty since dataplane is in Transparent Proxying mode");
}

bool same_content(const Resource& a, const Resource& b) {
  return a.labels == b.labels && google::protobuf::util::MessageDifferencer::Equals(*a.spec, *b.spec);
}

}  // namespace

Admission::Admission(AdmissionOptions options, Store& store, const WorldPublisher& worlds, TokenKeys& keys,
                     Registrations& registrations, std::function<Time()> clock)
    : options_(std::move(options)),
      store_(store),
      worlds_(worlds),
      keys_(keys),
      registrations_(registrations),
      clock_(std::move(clock)),
      threads_(std::make_unique<WorkThreads>(options_.threads, "admission")) {}
Admission::~Admission() = default;

void Admission::post(absl::AnyInvocable<void()> task) { threads_->post(std::move(task)); }

Result<Admitted> Admission::admit(std::string_view token_text, const v1::Hello& hello) {
  if (options_.place.is_global)
    return failed_precondition("proxies connect to the control plane of their zone; this is the global one");
  ResourceKey key{"Dataplane", hello.mesh(), hello.name()};
  ResourcePtr document;
  if (!hello.dataplane().empty()) {
    Result<ResourcePtr> read = read_document(hello, options_.place);
    if (!read.ok()) return read.status();
    document = *std::move(read);
    if (!key.name.empty() && document->key != key) {
      return invalid("the name and mesh of the proxy differ from those of its Dataplane");
    }
    key = document->key;
  }
  if (key.mesh.empty() || key.name.empty())
    return invalid("the proxy says neither its name and mesh nor its Dataplane");
  const WorldPtr world = worlds_.current();
  if (world->find({"Mesh", "", key.mesh}) == nullptr) {
    return failed_precondition(cat("there is no mesh \"", key.mesh, "\""));
  }
  Result<DataplaneToken> token = check_token(*world, token_text, key);
  if (!token.ok()) return token.status();
  registrations_.arrived(key);
  Result<Admitted> admitted = document != nullptr ? register_dataplane(*document, *token) : find_dataplane(key, *token);
  if (!admitted.ok()) {
    registrations_.left(key, false, std::chrono::steady_clock::now());
    return admitted;
  }
  if (options_.check_tokens) admitted->token = std::make_shared<const DataplaneToken>(*std::move(token));
  return admitted;
}

void Admission::left(const Admitted& admitted) {
  registrations_.left(admitted.dataplane, admitted.brought_along, std::chrono::steady_clock::now());
}

Result<DataplaneToken> Admission::check_token(const World& world, std::string_view text, const ResourceKey& key) const {
  if (!options_.check_tokens) return DataplaneToken{};
  if (text.empty()) {
    return unauthenticated(
        "a dataplane token is required; make one with \"weftctl generate dataplane-token\" and give it to the "
        "proxy with --dataplane-token-file");
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_());
  static const KeyRing kNone;
  const std::shared_ptr<const KeyRing> ring = options_.trust_secrets ? keys_.dataplane_keys(world, key.mesh) : nullptr;
  Result<DataplaneToken> token =
      verify_dataplane_token(text, key.mesh, ring == nullptr ? kNone : *ring,
                             TokenKeys::revoked_dataplane_tokens(world, key.mesh), now, options_.foreign_keys);
  if (!token.ok()) return token.status();
  if (Status named = check_token_name(*token, key.mesh, key.name); !named.ok()) return named;
  return token;
}

// The name of a workload is worth as much as the token that says who may bear it.
Status Admission::check_workload(const World& world, const Resource& dataplane, const DataplaneToken& token) const {
  if (!options_.check_tokens) return ok();
  const std::string_view zone = label_value(dataplane.labels, kZoneLabel);
  const auto identities = identity_views(*world.table("MeshIdentity", dataplane.key.mesh), zone);
  const IdentityView* best = best_identity(identities, dataplane.labels);
  if (best == nullptr || !best->path.ok() || !best->path->uses("Workload")) return ok();
  const std::string identity =
      cat("MeshIdentity \"", best->resource->display_name(), "\" names dataplanes by workload");
  if (label_value(dataplane.labels, kWorkloadLabel).empty()) {
    return denied(cat(identity, "; the Dataplane has no label ", kWorkloadLabel));
  }
  return token.workload.empty() ? denied(cat(identity, " and requires a workload-bound token")) : ok();
}

Result<Admitted> Admission::find_dataplane(const ResourceKey& key, const DataplaneToken& token) {
  WorldPtr world = worlds_.current();
  const ResourcePtr dataplane = world->find(key);
  if (dataplane == nullptr)
    return not_found(cat("there is no Dataplane \"", key.name, "\" in mesh \"", key.mesh, "\" yet"));
  if (Status labels = check_token_labels(token, dataplane->labels); !labels.ok()) return labels;
  if (Status workload = check_workload(*world, *dataplane, token); !workload.ok()) return workload;
  if (Status outbounds = check_outbounds(*dataplane); !outbounds.ok()) return outbounds;
  return Admitted{key, false, nullptr, std::move(world)};
}

Result<Admitted> Admission::register_dataplane(const Resource& dataplane, const DataplaneToken& token) {
  if (Status labels = check_token_labels(token, dataplane.labels); !labels.ok()) return labels;
  if (Status workload = check_workload(*worlds_.current(), dataplane, token); !workload.ok()) return workload;
  if (Status outbounds = check_outbounds(dataplane); !outbounds.ok()) return outbounds;
  Status last = ok();
  for (int attempt = 0; attempt < kWriteAttempts; ++attempt) {
    WorldPtr world = worlds_.current();
    const ResourcePtr existing = world->find(dataplane.key);
    if (existing != nullptr) {
      // Nobody takes over a Dataplane that they could not have opened as it is.
      if (Status labels = check_token_labels(token, existing->labels); !labels.ok()) return labels;
      if (same_content(*existing, dataplane)) return Admitted{dataplane.key, true, nullptr, std::move(world)};
    }
    const Result<uint64_t> written =
        store_.write({{.kind = Write::Kind::kPut,
                       .key = dataplane.key,
                       .resource = std::make_shared<const Resource>(dataplane),
                       .expected_revision = existing == nullptr ? 0 : existing->revision}});
    if (written.ok()) return Admitted{dataplane.key, true, nullptr, worlds_.current()};
    last = written.status();
    if (!is_conflict(last)) break;
  }
  return unavailable(cat("the Dataplane cannot be stored now: ", reason(last)));
}

}  // namespace weft::cp
