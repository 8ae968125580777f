#include "control-plane/generate/identity_chore.h"

#include <stdlib.h>

#include <gmock/gmock.h>

#include "base/hash.h"
#include "base/text.h"
#include "control-plane/generate/secret_text.h"
#include "control-plane/resource/check.h"
#include "control-plane/resource/pem.h"
#include "control-plane/store/sqlite_store.h"
#include "weft/v1/mesh_trust.pb.h"

namespace weft::cp {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class IdentityChoreTest : public testing::Test {
 protected:
  void SetUp() override {
    write(R"({"type":"Mesh","name":"default"})");
    restart();
  }
  void restart() {
    chore_ = std::make_unique<IdentityChore>(
        Place{.zone = "east"}, *store_, *worlds_, [this] { return today_; },
        [](const World&, const Resource&, uint64_t) { return std::vector<ProxyTrust>(); });
  }
  void write(std::string_view json) {
    const Checked document = check_document(parse_json(json).value(), "default");
    ASSERT_TRUE(document.errors.empty()) << sentence(document.errors.front());
    ASSERT_TRUE(store_->write({{.key = document.resource->key, .resource = document.resource}}).ok());
  }
  void identity(std::string_view provider) {
    write(cat(
        R"({"type":"MeshIdentity","name":"identity","labels":{"kuma.io/zone":"east"},"spec":{"selector":{"dataplane":{}})",
        provider.empty() ? "" : R"(,"provider":)", provider, "}}"));
  }
  void bundled(std::string_view more) { identity(cat(R"({"type":"Bundled","bundled":{)", more, "}}")); }
  ResourcePtr find(const char* type, const char* name) { return worlds_->current()->find({type, "default", name}); }
  // "Type True Reason", in the order of the conditions.
  std::vector<std::string> conditions() {
    std::vector<std::string> out;
    const auto& status = dynamic_cast<const v1::MeshIdentityStatus&>(*find("MeshIdentity", "identity")->status);
    messages_.clear();
    for (const v1::Condition& condition : status.conditions()) {
      out.push_back(cat(condition.type(), " ", condition.status(), " ", condition.reason()));
      append(messages_, condition.message(), "\n");
    }
    return out;
  }
  std::string issuer() {
    return dynamic_cast<const v1::MeshIdentityStatus&>(*find("MeshIdentity", "identity")->status).issuer();
  }
  std::vector<std::string> bundles() {
    std::vector<std::string> out;
    const ResourcePtr trust = find("MeshTrust", "identity");
    if (trust == nullptr) return out;
    for (const auto& bundle : dynamic_cast<const v1::MeshTrust&>(*trust->spec).ca_bundles())
      out.push_back(bundle.pem().value());
    return out;
  }

  std::unique_ptr<Store> store_ = open_sqlite_store(":memory:").value();
  std::unique_ptr<WorldPublisher> worlds_ = WorldPublisher::start(*store_).value();
  std::unique_ptr<IdentityChore> chore_;
  std::string messages_;
  Time today_{std::chrono::seconds(1'800'000'000)};
  Chores::SteadyTime now_{std::chrono::hours(1)};
};

constexpr char kOwn[] = R"("insecureAllowSelfSigned":true,"autogenerate":{"enabled":true})";

TEST_F(IdentityChoreTest, AnIdentityThatWantsAnAuthorityGetsOneAndIsTrusted) {
  bundled(kOwn);
  EXPECT_EQ(chore_->run(now_), std::nullopt);
  EXPECT_THAT(conditions(), ElementsAre("Provider True ProviderInitialized", "MeshTrustCreated True MeshTrustCreated",
                                        "Ready True Ready"));
  ASSERT_NE(find("Secret", "identity-root-ca"), nullptr);
  ASSERT_NE(find("Secret", "identity-private-key"), nullptr);
  EXPECT_THAT(bundles(), ElementsAre(secret_bytes(*find("Secret", "identity-root-ca"))));
  const ResourcePtr trust = find("MeshTrust", "identity");
  EXPECT_EQ(dynamic_cast<const v1::MeshTrust&>(*trust->spec).trust_domain(), "default.east.mesh.local");
  EXPECT_EQ(dynamic_cast<const v1::MeshTrustStatus&>(*trust->status).origin().kri(), "kri_mid_default_east__identity_");
}

TEST_F(IdentityChoreTest, TheStatusNamesTheAuthorityThatSignsAndGoesOnNamingItWhenItFails) {
  bundled(kOwn);
  chore_->run(now_);
  const std::string first = issuer();
  EXPECT_EQ(first, hex64(content_hash(pem_certificates(secret_bytes(*find("Secret", "identity-root-ca"))).at(0))));
  ASSERT_TRUE(
      store_->write({{.kind = Write::Kind::kDelete, .key = {"Secret", "default", "identity-private-key"}}}).ok());
  chore_->run(now_);
  EXPECT_THAT(conditions(), Contains("Ready False Failure"));
  EXPECT_EQ(issuer(), first);
  ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = {"Secret", "default", "identity-root-ca"}}}).ok());
  chore_->run(now_);
  EXPECT_NE(issuer(), first);
  identity(R"({"type":"Spire","spire":{}})");
  chore_->run(now_);
  EXPECT_EQ(issuer(), "") << "nobody signs here any more";
}

TEST_F(IdentityChoreTest, NothingIsMadeTwice) {
  bundled(kOwn);
  chore_->run(now_);
  const uint64_t revision = store_->revision();
  chore_->run(now_);
  restart();
  chore_->run(now_);
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(IdentityChoreTest, AfterACrashBetweenItsWritesItGoesOn) {
  bundled(kOwn);
  chore_->run(now_);
  const auto before = bundles();
  ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = {"MeshTrust", "default", "identity"}}}).ok());
  restart();
  chore_->run(now_);
  EXPECT_EQ(bundles(), before) << "with the authority that was there";
}

TEST_F(IdentityChoreTest, ASelfSignedAuthorityMustBeAllowed) {
  bundled(R"("autogenerate":{"enabled":true})");
  EXPECT_EQ(chore_->run(now_), now_ + IdentityChore::kLookAgainAfter);
  EXPECT_THAT(conditions(), ElementsAre("Provider False ProviderInitializationError", "Ready False Failure"));
  EXPECT_THAT(messages_, HasSubstr("self-signed certificates are not allowed"));
  EXPECT_EQ(find("Secret", "identity-root-ca"), nullptr);
}

TEST_F(IdentityChoreTest, ANewAuthorityIsTrustedBesideTheOldOne) {
  bundled(kOwn);
  chore_->run(now_);
  for (const char* name : {"identity-root-ca", "identity-private-key"}) {
    ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = {"Secret", "default", name}}}).ok());
  }
  chore_->run(now_);
  EXPECT_EQ(bundles().size(), 2u);
}

TEST_F(IdentityChoreTest, HalfAnAuthorityIsNotReplaced) {
  bundled(kOwn);
  chore_->run(now_);
  ASSERT_TRUE(
      store_->write({{.kind = Write::Kind::kDelete, .key = {"Secret", "default", "identity-private-key"}}}).ok());
  chore_->run(now_);
  EXPECT_THAT(conditions(), ElementsAre("Provider False ProviderInitializationError", "Ready False Failure"));
  EXPECT_THAT(messages_, HasSubstr("identity-private-key"));
}

TEST_F(IdentityChoreTest, AnAuthorityThatWasMadeGoesWithItsIdentityAndTheTrustStays) {
  bundled(kOwn);
  write(R"({"type":"Secret","name":"other-root-ca","data":"YQ=="})");
  chore_->run(now_);
  ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = {"MeshIdentity", "default", "identity"}}}).ok());
  chore_->run(now_);
  EXPECT_EQ(find("Secret", "identity-root-ca"), nullptr);
  EXPECT_EQ(find("Secret", "identity-private-key"), nullptr);
  EXPECT_NE(find("Secret", "other-root-ca"), nullptr);
  EXPECT_EQ(bundles().size(), 1u) << "proxies may still show certificates of it";
}

TEST_F(IdentityChoreTest, NoTrustIsMadeWhenThatIsOff) {
  bundled(cat(kOwn, R"(,"meshTrustCreation":"Disabled")"));
  chore_->run(now_);
  EXPECT_THAT(conditions(), ElementsAre("Provider True ProviderInitialized", "Ready True Ready"));
  EXPECT_EQ(find("MeshTrust", "identity"), nullptr);
}

TEST_F(IdentityChoreTest, AnAuthorityOfTheAuthorsIsReadAndChecked) {
  const auto ca = make_mesh_authority("x", std::chrono::floor<std::chrono::seconds>(today_)).value();
  const auto other = make_mesh_authority("x", std::chrono::floor<std::chrono::seconds>(today_)).value();
  ::setenv("WEFT_TEST_CA", ca.certificate_pem.c_str(), 1);
  ::setenv("WEFT_TEST_KEY", other.key_pem.c_str(), 1);
  constexpr char kBrought[] = R"("insecureAllowSelfSigned":true,"ca":{
      "certificate":{"type":"EnvVar","envVar":{"name":"WEFT_TEST_CA"}},
      "privateKey":{"type":"EnvVar","envVar":{"name":"WEFT_TEST_KEY"}}})";
  bundled(kBrought);
  chore_->run(now_);
  EXPECT_THAT(conditions(), ElementsAre("Provider False ProviderValidationError", "Ready False Failure"));
  EXPECT_THAT(messages_, Not(HasSubstr("PRIVATE")));
  ::setenv("WEFT_TEST_KEY", ca.key_pem.c_str(), 1);
  EXPECT_EQ(chore_->run(now_), now_ + IdentityChore::kLookAgainAfter) << "what it rests on may change unseen";
  EXPECT_THAT(conditions(), ElementsAre("Provider True ProviderInitialized", "MeshTrustCreated True MeshTrustCreated",
                                        "Ready True Ready"));
  EXPECT_THAT(bundles(), ElementsAre(ca.certificate_pem));
  EXPECT_EQ(find("Secret", "identity-root-ca"), nullptr);
  ::unsetenv("WEFT_TEST_CA");
  ::unsetenv("WEFT_TEST_KEY");
}

TEST_F(IdentityChoreTest, ASourceThatIsNotThereIsNamed) {
  bundled(R"("ca":{"certificate":{"type":"Secret","secretRef":{"kind":"Secret","name":"my-ca"}},
             "privateKey":{"type":"File","file":{"path":"/no/such.key"}}})");
  chore_->run(now_);
  EXPECT_THAT(conditions(), ElementsAre("Provider False ProviderInitializationError", "Ready False Failure"));
  EXPECT_THAT(messages_, HasSubstr("ca.certificate: mesh \"default\" has no Secret \"my-ca\""));
}

TEST_F(IdentityChoreTest, WithoutAProviderOnlyTheNamesCount) {
  identity("");
  EXPECT_EQ(chore_->run(now_), std::nullopt);
  EXPECT_THAT(conditions(), ElementsAre("SpiffeIDProvider True SpiffeIDProvided", "Ready False PartiallyReady"));
}

TEST_F(IdentityChoreTest, SpireNeedsNothingAndAnExtensionIsNotThere) {
  identity(R"({"type":"Spire","spire":{}})");
  chore_->run(now_);
  EXPECT_THAT(conditions(), ElementsAre("Provider True ProviderInitialized", "Ready True Ready"));
  identity(R"({"type":"Extension","extension":{"name":"acme"}})");
  chore_->run(now_);
  EXPECT_THAT(conditions(), ElementsAre("Provider False ProviderNotFoundError", "Ready False Failure"));
}

}  // namespace
}  // namespace weft::cp
