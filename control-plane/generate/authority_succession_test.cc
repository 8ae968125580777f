#include "control-plane/generate/authority_succession.h"

#include <stdlib.h>

#include <gmock/gmock.h>

#include "base/hash.h"
#include "base/text.h"
#include "control-plane/generate/identity_chore.h"
#include "control-plane/generate/issuing_authority.h"
#include "control-plane/generate/secret_text.h"
#include "control-plane/resource/check.h"
#include "control-plane/store/sqlite_store.h"
#include "weft/v1/mesh_trust.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr char kOwn[] = R"("insecureAllowSelfSigned":true,"autogenerate":{"enabled":true})";
constexpr char kSupplied[] = R"("insecureAllowSelfSigned":true,"ca":{
    "certificate":{"type":"Secret","secretRef":{"kind":"Secret","name":"ca"}},
    "privateKey":{"type":"Secret","secretRef":{"kind":"Secret","name":"ca-key"}}})";

class SuccessionTest : public testing::Test {
 protected:
  void SetUp() override { write(R"({"type":"Mesh","name":"default"})"); }

  void write(std::string_view json) {
    const Checked document = check_document(parse_json(json).value(), "default");
    ASSERT_TRUE(document.errors.empty()) << sentence(document.errors.front());
    ASSERT_TRUE(store_->write({{.key = document.resource->key, .resource = document.resource}}).ok());
  }
  void bundled(std::string_view more) {
    write(cat(
        R"({"type":"MeshIdentity","name":"identity","labels":{"kuma.io/zone":"east"},"spec":{"selector":{"dataplane":{}},)",
        R"("provider":{"type":"Bundled","bundled":{)", more, "}}}}"));
  }
  // Each run by a control plane of its own, as if the one before had been killed.
  void run() {
    IdentityChore chore(
        Place{.zone = "east"}, *store_, *worlds_, [this] { return today_; },
        [this](const World&, const Resource&, uint64_t) { return proxies_; });
    chore.run(now_);
  }
  // What nobody is late with is done when it has settled.
  void settle() {
    run();
    today_ += kSettleTime;
    run();
  }
  MeshAuthority supply() {
    MeshAuthority authority = make_mesh_authority("x", std::chrono::floor<std::chrono::seconds>(today_)).value();
    put_secret("ca", authority.certificate_pem);
    put_secret("ca-key", authority.key_pem);
    return authority;
  }
  void put_secret(const char* name, const std::string& text) {
    const ResourceKey key{"Secret", "default", name};
    ASSERT_TRUE(
        store_->write({authority_secret_write(Place{.zone = "east"}, key, text, worlds_->current()->find(key))}).ok());
  }
  ResourcePtr identity() { return worlds_->current()->find({"MeshIdentity", "default", "identity"}); }
  v1::MeshIdentityStatus status() { return dynamic_cast<const v1::MeshIdentityStatus&>(*identity()->status); }
  std::string phase() { return status().rotation().phase(); }
  void request(bool forced = false) {
    auto changed = std::make_shared<Resource>(*identity());
    auto next = std::make_shared<v1::MeshIdentityStatus>(status());
    RotationState state = read_rotation(*next);
    if (state.phase == RotationPhase::kNone) state.phase = RotationPhase::kRequested;
    state.retires = true;
    state.forced = forced;
    write_rotation(state, *next);
    changed->status = next;
    ASSERT_TRUE(store_->write({{.key = changed->key, .resource = changed}}).ok());
  }
  // As the status names them.
  std::vector<std::string> believed() {
    std::vector<std::string> out;
    const ResourcePtr trust = worlds_->current()->find({"MeshTrust", "default", "identity"});
    for (const auto& bundle : dynamic_cast<const v1::MeshTrust&>(*trust->spec).ca_bundles())
      out.push_back(hex64(authority_hash(bundle.pem().value())));
    return out;
  }
  std::string signer() {
    const auto authority = issuing_authority(*worlds_->current(), *identity());
    return authority.ok() ? hex64(authority_hash(authority->certificate_pem)) : reason(authority.status());
  }
  bool has_secret(std::string_view name) {
    return worlds_->current()->find({"Secret", "default", std::string(name)}) != nullptr;
  }
  uint64_t shown(const std::string& issuer) { return std::strtoull(issuer.c_str(), nullptr, 16); }

  std::unique_ptr<Store> store_ = open_sqlite_store(":memory:").value();
  std::unique_ptr<WorldPublisher> worlds_ = WorldPublisher::start(*store_).value();
  std::vector<ProxyTrust> proxies_;
  Time today_{std::chrono::seconds(1'800'000'000)};
  Chores::SteadyTime now_{std::chrono::hours(1)};
};

TEST_F(SuccessionTest, ANewAuthorityOfOurOwnIsBelievedThenSignsThenIsAlone) {
  bundled(kOwn);
  run();
  const std::string first = status().issuer();
  EXPECT_EQ(signer(), first);
  proxies_ = {{.name = "web", .by_this_identity = true, .is_connected = true, .shown_issuer = shown(first)}};
  request();
  run();
  EXPECT_EQ(phase(), "Trusting");
  const std::string second = status().rotation().next();
  EXPECT_NE(second, first);
  EXPECT_THAT(believed(), UnorderedElementsAre(first, second));
  EXPECT_EQ(signer(), first);
  run();
  EXPECT_EQ(signer(), first) << "web has not confirmed yet";

  proxies_[0].has_confirmed = true;
  settle();
  EXPECT_EQ(phase(), "Renewing");
  EXPECT_EQ(status().issuer(), second);
  EXPECT_EQ(signer(), second);
  EXPECT_FALSE(has_secret("identity-issuing-private-key")) << "the old key is needed no more";
  run();
  EXPECT_THAT(believed(), UnorderedElementsAre(first, second)) << "web shows the old one";

  proxies_[0].shown_issuer = shown(second);
  settle();
  EXPECT_EQ(phase(), "");
  EXPECT_THAT(believed(), ElementsAre(second));
  const uint64_t revision = store_->revision();
  run();
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(SuccessionTest, WhoIsAwayIsWaitedForUntilItsCertificateHasRunOut) {
  bundled(kOwn);
  run();
  request();
  run();
  settle();
  ASSERT_EQ(phase(), "Renewing");
  proxies_ = {{.name = "away", .by_this_identity = true}};
  run();
  EXPECT_EQ(phase(), "Renewing");
  today_ += std::chrono::hours(121);
  run();
  EXPECT_EQ(phase(), "");
}

TEST_F(SuccessionTest, ASuppliedAuthorityThatIsReplacedTakesTheSameWayAndTheOldOneStaysBelieved) {
  const MeshAuthority first = supply();
  bundled(kSupplied);
  run();
  const std::string before = status().issuer();
  EXPECT_EQ(before, hex64(authority_hash(first.certificate_pem)));
  proxies_ = {{.name = "web", .by_this_identity = true, .is_connected = true, .shown_issuer = shown(before)}};

  const MeshAuthority second = supply();
  const std::string after = hex64(authority_hash(second.certificate_pem));
  EXPECT_EQ(signer(), before) << "also before the chore has seen it";
  run();
  EXPECT_EQ(phase(), "Trusting");
  EXPECT_EQ(signer(), before);
  EXPECT_THAT(believed(), UnorderedElementsAre(before, after));
  proxies_[0].has_confirmed = true;
  settle();
  EXPECT_EQ(signer(), after);
  proxies_[0].shown_issuer = shown(after);
  settle();
  EXPECT_EQ(phase(), "");
  EXPECT_THAT(believed(), UnorderedElementsAre(before, after)) << "nobody asked for it to go";
}

TEST_F(SuccessionTest, FromOneOfOurOwnToASuppliedOneIsNoJumpEither) {
  bundled(kOwn);
  run();
  const std::string own = status().issuer();
  proxies_ = {{.name = "web", .by_this_identity = true, .is_connected = true, .shown_issuer = shown(own)}};
  supply();
  bundled(kSupplied);
  // A write of the spec by its author keeps the status.
  auto changed = std::make_shared<Resource>(*identity());
  auto kept = std::make_shared<v1::MeshIdentityStatus>();
  kept->set_issuer(own);
  changed->status = kept;
  ASSERT_TRUE(store_->write({{.key = changed->key, .resource = changed}}).ok());
  EXPECT_EQ(signer(), own);
  run();
  EXPECT_EQ(phase(), "Trusting");
  EXPECT_EQ(signer(), own);
}

TEST_F(SuccessionTest, ABrokenSuppliedAuthorityLeavesTheOneThatSigns) {
  supply();
  bundled(kSupplied);
  run();
  const std::string before = status().issuer();
  put_secret("ca", "not a certificate");
  run();
  EXPECT_EQ(signer(), before);
  EXPECT_EQ(status().issuer(), before);
  EXPECT_EQ(phase(), "");
}

TEST_F(SuccessionTest, AnExpiredAuthorityIsFollowedAtOnceWhenSomebodyAsks) {
  bundled(kOwn);
  run();
  const std::string first = status().issuer();
  proxies_ = {{.name = "web", .by_this_identity = true, .is_connected = true, .shown_issuer = shown(first)}};
  today_ += std::chrono::hours(24 * 365 * 11);
  run();
  EXPECT_EQ(status().issuer(), first) << "never by itself";
  request(true);
  run();
  run();
  EXPECT_EQ(phase(), "Renewing");
  EXPECT_NE(signer(), first);
  EXPECT_THAT(believed(), Contains(signer()));
}

TEST_F(SuccessionTest, TheSecretsOfARotationGoWithTheIdentity) {
  supply();
  bundled(kSupplied);
  run();
  ASSERT_TRUE(has_secret("identity-issuing-ca"));
  ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = identity()->key}}).ok());
  run();
  EXPECT_FALSE(has_secret("identity-issuing-ca"));
  EXPECT_FALSE(has_secret("identity-issuing-private-key"));
  EXPECT_TRUE(has_secret("ca")) << "it is the author's";
}

}  // namespace
}  // namespace weft::cp
