// Streams end to end in one process: a real gRPC client against the real server, store and engine.
#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>

#include <gtest/gtest.h>

#include "base/document/document.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "control-plane/generate/defaults.h"
#include "control-plane/generate/identity_chore.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/identity/ca.h"
#include "control-plane/identity/dataplane_token.h"
#include "control-plane/identity/test_request.h"
#include "control-plane/resource/check.h"
#include "control-plane/serve/admission.h"
#include "control-plane/serve/certificate_desk.h"
#include "control-plane/serve/stream_server.h"
#include "control-plane/serve/stream_session.h"
#include "control-plane/store/sqlite_store.h"
#include "tools/bench/streams/light_client.h"

namespace weft::cp {
namespace {

using bench::LightClient;

Time utc_now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }
std::chrono::sys_seconds utc_seconds() { return std::chrono::floor<std::chrono::seconds>(utc_now()); }

std::string dataplane_json(const std::string& name, int port = 8080, const std::string& workload = "web") {
  return cat(R"({"type":"Dataplane","mesh":"default","name":")", name, R"(","labels":{"kuma.io/workload":")", workload,
             R"("},"networking":{"address":"127.0.0.1","inbound":[{"port":)", port,
             R"(,"servicePort":80,"protocol":"http"}]}})");
}

const SigningKey& signing_key() {
  static const SigningKey key = SigningKey::generate().value();
  return key;
}

// A control plane without REST, on a store that outlives it.
class Plane {
 public:
  Plane(Store& store, const std::string& folder) : store_(store) {
    worlds_ = WorldPublisher::start(store).value();
    EXPECT_TRUE(create_default_mesh(store, *worlds_->current(), Place{}).ok());
    EXPECT_TRUE(
        create_signing_key(store, *worlds_->current(), "default", Place{}, [] { return signing_key().pem(); }).ok());
    registrations_ = std::make_unique<Registrations>(store, kDelay);
    delivery_ = std::make_unique<DeliveryThread>(insights_, metrics_);
    admission_ = std::make_unique<Admission>(AdmissionOptions{}, store, *worlds_, keys_, *registrations_, utc_now);
    identities_ = std::make_unique<IdentityChore>(Place{.zone = "east"}, store, *worlds_, utc_now, nullptr);
    certificates_ = std::make_unique<CertificateDesk>(*worlds_, issuing_authority, utc_now, insights_, metrics_);
    context_.reset(new StreamContext{*admission_, *delivery_, *certificates_, metrics_, "cp-1", "0.1.0"});
    const ServerCertificate certificate = load_or_make_server_certificate({.folder = folder}, utc_seconds()).value();
    server_ = StreamServer::start({.interface = "127.0.0.1",
                                   .port = 0,
                                   .certificate_pem = certificate.certificate_pem,
                                   .key_pem = certificate.key_pem},
                                  *context_)
                  .value();
    subscription_ = worlds_->subscribe([this](const WorldPtr& world, const std::vector<Change>&) {
      delivery_->post([world](Delivery& d, SteadyTime now) { d.publish(world, now); });
    });
    delivery_->post([world = worlds_->current()](Delivery& d, SteadyTime now) { d.publish(world, now); });
    authority_ = read_file(certificate.authority_file).value();
  }
  ~Plane() {
    subscription_.reset();
    server_.reset();
  }

  LightClient::Options client(const std::string& name, DataplaneToken token, bool bring_along = true) {
    token.mesh = token.mesh.empty() ? "default" : token.mesh;
    LightClient::Options options{.address = cat("127.0.0.1:", server_->port()), .ca_pem = authority_};
    options.token =
        issue_dataplane_token(std::move(token), std::chrono::hours(1), {{1, signing_key()}}, utc_seconds()).value();
    options.hello.set_mesh("default");
    options.hello.set_name(name);
    options.hello.set_version("0.1.0");
    options.hello.set_instance("process-1");
    if (bring_along) options.hello.set_dataplane(dataplane_json(name));
    return options;
  }
  LightClient::Options client(const std::string& name) { return client(name, {.name = name}); }

  uint64_t put(const std::string& json) {
    Checked checked = check_document(parse_json(json).value(), "default");
    EXPECT_TRUE(checked.errors.empty()) << json << (checked.errors.empty() ? "" : sentence(checked.errors[0]));
    return store_.write({{.key = checked.resource->key, .resource = checked.resource}}).value();
  }
  ResourcePtr find(const std::string& name) { return worlds_->current()->find({"Dataplane", "default", name}); }
  DeliveryReport report(uint64_t revision) {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<DeliveryReport> got;
    delivery_->post([&](Delivery& d, SteadyTime now) {
      d.wait_until_active(
          "default", revision, now + std::chrono::seconds(20),
          [&](const DeliveryReport& report) {
            const std::lock_guard lock(mutex);
            got = report;
            ready.notify_all();
          },
          now);
    });
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return got.has_value(); });
    return *got;
  }
  // Everything that streams left for the delivery thread has been done.
  bool connected(const std::string& name) {
    std::promise<bool> answer;
    delivery_->post([&](Delivery& d, SteadyTime) { answer.set_value(d.is_connected({"Dataplane", "default", name})); });
    return answer.get_future().get();
  }
  void remove_due(SteadyTime now) { registrations_->remove_due(now); }
  void run_identity_chore() { identities_->run(std::chrono::steady_clock::now()); }
  std::vector<IdentityHolder> holders() {
    std::promise<std::vector<IdentityHolder>> answer;
    delivery_->post([&](Delivery& d, SteadyTime) { answer.set_value(d.holders("default")); });
    return answer.get_future().get();
  }
  uint16_t port() const { return server_->port(); }
  StreamContext& context() { return *context_; }

  static constexpr std::chrono::seconds kDelay{10};

 private:
  Store& store_;
  std::unique_ptr<WorldPublisher> worlds_;
  ServeMetrics metrics_;
  Insights insights_{"cp-1", utc_now};
  TokenKeys keys_;
  std::unique_ptr<Registrations> registrations_;
  std::unique_ptr<DeliveryThread> delivery_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<CertificateDesk> certificates_;
  std::unique_ptr<IdentityChore> identities_;
  std::unique_ptr<StreamContext> context_;
  std::unique_ptr<StreamServer> server_;
  std::shared_ptr<void> subscription_;
  std::string authority_;
};

class StreamTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/weft-stream-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    store_ = open_sqlite_store(":memory:").value();
    plane_ = std::make_unique<Plane>(*store_, folder_);
  }
  void TearDown() override {
    plane_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  // How the control plane ends a stream of such a client.
  Status end_of(LightClient::Options options) {
    LightClient client(std::move(options));
    client.connect();
    EXPECT_TRUE(client.wait([](const auto& s) { return s.ended; }));
    EXPECT_FALSE(client.state().welcomed);
    return client.state().end;
  }

  std::string folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Plane> plane_;
};

// A MeshIdentity that works; a client's certificate request for the SPIFFE ID it is told.
constexpr char kIdentity[] = R"({"type":"MeshIdentity","name":"identity","spec":{"selector":{"dataplane":{}},
    "spiffeID":{"trustDomain":"d"},"provider":{"type":"Bundled","bundled":{
    "insecureAllowSelfSigned":true,"autogenerate":{"enabled":true}}}}})";
constexpr auto kAnswered = [](const LightClient::State& s) { return s.certificate.id() > 0; };

constexpr auto kConfigured = [](const LightClient::State& s) { return s.updates > 0; };

TEST_F(StreamTest, AProxyThatBringsItsDataplaneIsRegisteredAndConfigured) {
  LightClient client(plane_->client("web-1"));
  client.connect();
  ASSERT_TRUE(client.wait(kConfigured));
  const LightClient::State state = client.state();
  EXPECT_TRUE(state.welcomed);
  EXPECT_EQ(state.welcome.instance(), "cp-1");
  EXPECT_TRUE(state.held.contains({v1::LISTENERS, "listeners"}));
  v1::ListenerSet listeners;
  ASSERT_TRUE(listeners.ParseFromString(state.payloads.at({v1::LISTENERS, "listeners"})));
  ASSERT_EQ(listeners.listeners_size(), 1);
  EXPECT_EQ(listeners.listeners(0).port(), 8080u);
  ASSERT_NE(plane_->find("web-1"), nullptr);
  EXPECT_EQ(plane_->find("web-1")->labels.at("kuma.io/mesh"), "default");
}

TEST_F(StreamTest, WithoutADataplaneTheProxyIsToldToTryAgainLater) {
  const Status end = end_of(plane_->client("web-1", {}, false));
  EXPECT_TRUE(is_not_found(end)) << end;
  plane_->put(dataplane_json("web-1"));
  LightClient client(plane_->client("web-1", {}, false));
  client.connect();
  EXPECT_TRUE(client.wait(kConfigured));
}

TEST_F(StreamTest, ATokenThatDoesNotFitIsRefusedForGoodWithTheReason) {
  LightClient::Options none = plane_->client("web-1");
  none.token.clear();
  EXPECT_EQ(end_of(none).code(), absl::StatusCode::kUnauthenticated);
  LightClient::Options garbled = plane_->client("web-1");
  garbled.token = "garbled";
  EXPECT_EQ(reason(end_of(garbled)), "not a JSON web token: it must have three parts, separated by dots");
  const Status other = end_of(plane_->client("web-1", {.name = "web-2"}));
  EXPECT_EQ(other.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(reason(other), "the token is for dataplane \"web-2\", not \"web-1\"");
  const Status mesh = end_of(plane_->client("web-1", {.mesh = "other"}));
  EXPECT_EQ(mesh.code(), absl::StatusCode::kPermissionDenied);
  const Status workload = end_of(plane_->client("web-1", {.workload = "db"}));
  EXPECT_EQ(reason(workload), "the token is for workload \"db\", not \"web\"");
  LightClient::Options expired = plane_->client("web-1");
  expired.token = issue_dataplane_token({.mesh = "default"}, std::chrono::seconds(1), {{1, signing_key()}},
                                        utc_seconds() - std::chrono::hours(1))
                      .value();
  EXPECT_EQ(end_of(expired).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(plane_->find("web-1"), nullptr);
}

TEST_F(StreamTest, ADataplaneThatIsNotValidIsRefusedForGoodNamingTheField) {
  LightClient::Options options = plane_->client("web-1");
  options.hello.set_dataplane(dataplane_json("web-1", 70'000));
  const Status end = end_of(options);
  EXPECT_EQ(end.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(reason(end).find("inbound[0].port"), std::string::npos) << end;
  options.hello.set_dataplane("{");
  EXPECT_EQ(end_of(options).code(), absl::StatusCode::kInvalidArgument);
  options.hello.set_dataplane(dataplane_json("web-2"));
  EXPECT_EQ(end_of(options).code(), absl::StatusCode::kInvalidArgument);
  options.hello.clear_dataplane();
  options.hello.set_mesh("nowhere");
  EXPECT_EQ(end_of(options).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(StreamTest, ADataplaneIsNotTakenOverByATokenThatDoesNotFitIt) {
  plane_->put(dataplane_json("web-1", 8080, "db"));
  const Status end = end_of(plane_->client("web-1", {.workload = "web"}));
  EXPECT_EQ(end.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(plane_->find("web-1")->labels.at("kuma.io/workload"), "db");
}

TEST_F(StreamTest, AStreamThatDoesNotBeginWithHelloIsRefused) {
  LightClient::Options options = plane_->client("web-1");
  options.greet = false;
  LightClient client(options);
  client.connect();
  v1::ProxyMessage message;
  message.mutable_subscribe()->set_everything(true);
  client.send(message);
  ASSERT_TRUE(client.wait([](const auto& s) { return s.ended; }));
  EXPECT_EQ(client.state().end.code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(StreamTest, AChangeReachesEveryProxyItConcernsAndNoOther) {
  std::vector<std::unique_ptr<LightClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<LightClient>(plane_->client(cat("web-", i))));
    clients.back()->connect();
  }
  for (const auto& client : clients) ASSERT_TRUE(client->wait(kConfigured));
  const uint64_t before = plane_->put(R"({"type":"MeshTimeout","mesh":"default","name":"a",
      "spec":{"rules":[{"default":{"http":{"requestTimeout":"1s"}}}]}})");
  DeliveryReport report = plane_->report(before);
  EXPECT_EQ(report.total, 20u);
  EXPECT_EQ(report.active, 20u);
  EXPECT_TRUE(report.refused.empty());
  std::vector<int> updates;
  for (const auto& client : clients) {
    EXPECT_EQ(client->state().revision, before);
    updates.push_back(client->state().updates);
  }
  const uint64_t one = plane_->put(R"({"type":"MeshTimeout","mesh":"default","name":"aa",
      "spec":{"targetRef":{"kind":"Dataplane","labels":{"kuma.io/display-name":"web-7"}},
              "rules":[{"default":{"http":{"requestTimeout":"2s"}}}]}})");
  report = plane_->report(one);
  EXPECT_EQ(report.active, 20u);
  for (size_t i = 0; i < clients.size(); ++i)
    EXPECT_EQ(clients[i]->state().updates, updates[i] + (i == 7 ? 1 : 0)) << i;
}

TEST_F(StreamTest, ARefusedItemIsReportedWithItsReason) {
  LightClient::Options options = plane_->client("web-1");
  options.refuse = [](const v1::Item& item) { return item.type() == v1::DESTINATION ? "not today" : ""; };
  LightClient client(options);
  client.connect();
  ASSERT_TRUE(client.wait(kConfigured));
  const DeliveryReport report = plane_->report(1);
  ASSERT_EQ(report.refused.size(), 1u);
  EXPECT_EQ(report.refused[0].proxy, "web-1");
  EXPECT_EQ(report.refused[0].reason, "not today");
}

TEST_F(StreamTest, AfterARestartOfTheControlPlaneNothingIsSentAgain) {
  LightClient client(plane_->client("web-1"));
  client.connect();
  ASSERT_TRUE(client.wait(kConfigured));
  const uint64_t revision = store_->revision();
  plane_->report(revision);
  const LightClient::State before = client.state();
  plane_.reset();
  ASSERT_TRUE(client.wait([](const auto& s) { return s.ended; }));
  EXPECT_EQ(client.state().end.code(), absl::StatusCode::kUnavailable);
  plane_ = std::make_unique<Plane>(*store_, folder_);
  EXPECT_NE(plane_->find("web-1"), nullptr);  // a stop removes nothing
  LightClient::Options options = plane_->client("web-1");
  for (const auto& [name, hash] : before.held) {
    v1::HeldItem* held = options.hello.add_held();
    held->set_type(name.first);
    held->set_name(name.second);
    held->set_hash(hash);
  }
  LightClient again(options);
  again.connect();
  ASSERT_TRUE(again.wait([](const auto& s) { return s.welcomed; }));
  const DeliveryReport report = plane_->report(store_->revision());
  EXPECT_EQ(report.active, 1u);
  EXPECT_EQ(again.state().updates, 0);
  EXPECT_EQ(store_->revision(), revision);  // nor was the same Dataplane written again
}

TEST_F(StreamTest, ADataplaneIsRemovedSomeTimeAfterItsProxyLeft) {
  auto client = std::make_unique<LightClient>(plane_->client("web-1"));
  client->connect();
  ASSERT_TRUE(client->wait(kConfigured));
  const auto disconnect = [&] {
    client->disconnect();
    ASSERT_TRUE(client->wait([](const auto& s) { return s.ended; }));
    while (plane_->connected("web-1")) {
    }
  };
  disconnect();
  const SteadyTime left = std::chrono::steady_clock::now();
  plane_->remove_due(left);
  EXPECT_NE(plane_->find("web-1"), nullptr);
  client->connect();
  ASSERT_TRUE(client->wait([](const auto& s) { return s.welcomed; }));
  plane_->remove_due(left + 2 * Plane::kDelay);
  EXPECT_NE(plane_->find("web-1"), nullptr);  // it came back
  disconnect();
  plane_->remove_due(std::chrono::steady_clock::now() + 2 * Plane::kDelay);
  EXPECT_EQ(plane_->find("web-1"), nullptr);
}

TEST_F(StreamTest, ADataplaneThatWasThereBeforeStays) {
  plane_->put(dataplane_json("web-1"));
  {
    LightClient client(plane_->client("web-1", {}, false));
    client.connect();
    ASSERT_TRUE(client.wait(kConfigured));
  }
  while (plane_->connected("web-1")) {
  }
  plane_->remove_due(std::chrono::steady_clock::now() + 2 * Plane::kDelay);
  EXPECT_NE(plane_->find("web-1"), nullptr);
}

TEST_F(StreamTest, AProxyGetsItsCertificateAndTheTrustToJudgeOthersBy) {
  plane_->put(kIdentity);
  plane_->run_identity_chore();
  LightClient::Options options = plane_->client("web-1", {.workload = "web"});
  options.make_request = testing::make_request_for;
  LightClient client(options);
  client.connect();
  ASSERT_TRUE(client.wait(kAnswered));
  const LightClient::State state = client.state();
  EXPECT_EQ(state.certificate.refused(), "");
  ASSERT_EQ(state.certificate.chain_size(), 1);
  EXPECT_NE(testing::describe(state.certificate.chain(0)).find("spiffe://d/workload/web"), std::string::npos);
  v1::TrustDomain trust;
  ASSERT_TRUE(trust.ParseFromString(state.payloads.at({v1::TRUST, "d"})));
  ASSERT_EQ(trust.authorities_size(), 1);
  EXPECT_EQ(state.certificate.issuer(), content_hash(trust.authorities(0)));
  plane_->report(store_->revision());
  std::vector<IdentityHolder> holders = plane_->holders();
  while (!holders.at(0).certificate.has_value()) holders = plane_->holders();
  EXPECT_EQ(holders[0].certificate->issuer(), state.certificate.issuer());
  EXPECT_TRUE(holders[0].believes(store_->revision()));
  EXPECT_EQ(holders[0].identity, state.held.at({v1::IDENTITY, "identity"}));
}

TEST_F(StreamTest, AProxyDoesNotGetTheCertificateOfAnother) {
  plane_->put(kIdentity);
  plane_->run_identity_chore();
  LightClient::Options options = plane_->client("web-1", {.workload = "web"});
  options.make_request = [](const std::string&) { return testing::make_request_for("spiffe://d/workload/admin"); };
  LightClient client(options);
  client.connect();
  ASSERT_TRUE(client.wait(kAnswered));
  EXPECT_EQ(client.state().certificate.refused(), "this Dataplane may hold spiffe://d/workload/web and nothing else");
  EXPECT_EQ(client.state().certificate.chain_size(), 0);
  EXPECT_FALSE(client.state().ended) << "configuration goes on";
  v1::ProxyMessage huge;
  huge.mutable_certificate_request()->set_id(99);
  huge.mutable_certificate_request()->set_csr(std::string(1 << 20, '0'));
  client.send(huge);
  ASSERT_TRUE(client.wait([](const auto& s) { return s.certificate.id() == 99; }));
  EXPECT_EQ(client.state().certificate.refused(), "the request is too long");
}

TEST_F(StreamTest, WhereNamesComeFromWorkloadsTheTokenMustNameTheWorkload) {
  plane_->put(kIdentity);
  EXPECT_EQ(reason(end_of(plane_->client("web-1", {.name = "web-1"}))),
            "MeshIdentity \"identity\" names dataplanes by workload and requires a workload-bound token");
  EXPECT_EQ(reason(end_of(plane_->client("web-1", {.workload = "admin"}))),
            "the token is for workload \"admin\", not \"web\"");
  LightClient::Options nameless = plane_->client("web-1");
  nameless.hello.set_dataplane(
      R"({"type":"Dataplane","mesh":"default","name":"web-1","networking":{"address":"127.0.0.1"}})");
  const Status missing = end_of(nameless);
  EXPECT_EQ(missing.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(reason(missing).find("has no label kuma.io/workload"), std::string::npos) << missing;
  EXPECT_EQ(plane_->find("web-1"), nullptr);
  LightClient client(plane_->client("web-1", {.workload = "web"}));
  client.connect();
  EXPECT_TRUE(client.wait(kConfigured));
}

TEST_F(StreamTest, AStolenTokenIsOfNoUseToAnotherDataplane) {
  LightClient::Options thief = plane_->client("db-1", {.name = "web-1", .workload = "web"});
  thief.hello.set_dataplane(dataplane_json("db-1", 8080, "db"));
  EXPECT_EQ(reason(end_of(thief)), "the token is for dataplane \"web-1\", not \"db-1\"");
  LightClient::Options relabelled = plane_->client("db-1", {.workload = "web"});
  relabelled.hello.set_dataplane(dataplane_json("db-1", 8080, "db"));
  EXPECT_EQ(reason(end_of(relabelled)), "the token is for workload \"web\", not \"db\"");
  LightClient::Options elsewhere = plane_->client("web-1", {.name = "web-1", .mesh = "staging"});
  EXPECT_EQ(reason(end_of(elsewhere)), "the token is for mesh \"staging\", not \"default\"");
}

TEST_F(StreamTest, OutboundsBesideTransparentProxyingAreRefused) {
  LightClient::Options options = plane_->client("web-1");
  options.hello.set_dataplane(
      R"({"type":"Dataplane","mesh":"default","name":"web-1","networking":{"address":"127.0.0.1",
      "transparentProxying":{"redirectPortInbound":15006,"redirectPortOutbound":15001},
      "outbound":[{"port":1000,"backendRef":{"kind":"MeshService","name":"db","port":80}}]}})");
  const Status end = end_of(options);
  EXPECT_EQ(end.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(reason(end).find("should be empty since dataplane is in Transparent Proxying mode"), std::string::npos);
}

TEST_F(StreamTest, APortInUseIsAClearError) {
  const auto second = StreamServer::start({.interface = "127.0.0.1", .port = plane_->port()}, plane_->context());
  EXPECT_NE(reason(second.status()).find(cat("127.0.0.1:", plane_->port())), std::string::npos) << second.status();
}

}  // namespace
}  // namespace weft::cp
