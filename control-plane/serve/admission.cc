#include "control-plane/serve/admission.h"

#include <google/protobuf/util/message_differencer.h>

#include "base/document/document.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/identity/dataplane_token.h"
#include "control-plane/resource/check.h"
#include "control-plane/resource/labels.h"
#include "control-plane/serve/work_threads.h"
#include "weft/v1/config_service.pb.h"

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
  if (!admitted.ok()) registrations_.left(key, false, std::chrono::steady_clock::now());
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

Result<Admitted> Admission::find_dataplane(const ResourceKey& key, const DataplaneToken& token) {
  WorldPtr world = worlds_.current();
  const ResourcePtr dataplane = world->find(key);
  if (dataplane == nullptr)
    return not_found(cat("there is no Dataplane \"", key.name, "\" in mesh \"", key.mesh, "\" yet"));
  if (Status labels = check_token_labels(token, dataplane->labels); !labels.ok()) return labels;
  return Admitted{key, false, std::move(world)};
}

Result<Admitted> Admission::register_dataplane(const Resource& dataplane, const DataplaneToken& token) {
  if (Status labels = check_token_labels(token, dataplane.labels); !labels.ok()) return labels;
  Status last = ok();
  for (int attempt = 0; attempt < kWriteAttempts; ++attempt) {
    WorldPtr world = worlds_.current();
    const ResourcePtr existing = world->find(dataplane.key);
    if (existing != nullptr) {
      // Nobody takes over a Dataplane that they could not have opened as it is.
      if (Status labels = check_token_labels(token, existing->labels); !labels.ok()) return labels;
      if (same_content(*existing, dataplane)) return Admitted{dataplane.key, true, std::move(world)};
    }
    const Result<uint64_t> written =
        store_.write({{.kind = Write::Kind::kPut,
                       .key = dataplane.key,
                       .resource = std::make_shared<const Resource>(dataplane),
                       .expected_revision = existing == nullptr ? 0 : existing->revision}});
    if (written.ok()) return Admitted{dataplane.key, true, worlds_.current()};
    last = written.status();
    if (!is_conflict(last)) break;
  }
  return unavailable(cat("the Dataplane cannot be stored now: ", reason(last)));
}

}  // namespace weft::cp
