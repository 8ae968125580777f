#include "control-plane/generate/defaults.h"

#include <gtest/gtest.h>

#include "base/document/document.h"
#include "control-plane/identity/user_token.h"
#include "control-plane/resource/check.h"
#include "control-plane/resource/encode.h"
#include "control-plane/store/sqlite_store.h"
#include "control-plane/store/world_publisher.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/secret.pb.h"

namespace weft::cp {
namespace {

Result<std::string> fake_key() { return std::string("a key"); }

ResourcePtr mesh(std::vector<std::string> skipped) {
  auto spec = std::make_shared<v1::Mesh>();
  for (std::string& type : skipped) spec->add_skip_creating_initial_policies(std::move(type));
  auto resource = std::make_shared<Resource>();
  resource->key = {"Mesh", "", "shop"};
  resource->spec = std::move(spec);
  return resource;
}

std::vector<std::string> companions(std::vector<std::string> skipped) {
  std::vector<std::string> names;
  const auto companions = mesh_companions(*mesh(std::move(skipped)), Place{.zone = "east"}, fake_key);
  for (const ResourcePtr& companion : companions.value()) {
    EXPECT_EQ(companion->key.mesh, "shop");
    names.push_back(companion->key.type + " " + companion->key.name);
  }
  return names;
}

TEST(Defaults, AMeshComesWithItsKeyAndItsFirstPolicies) {
  EXPECT_EQ(companions({}),
            (std::vector<std::string>{"MeshTimeout mesh-timeout-all-shop", "MeshTimeout mesh-timeout-to-all-shop",
                                      "MeshCircuitBreaker mesh-circuit-breaker-all-shop",
                                      "MeshRetry mesh-retry-all-shop", "Secret dataplane-token-signing-key-shop-1"}));
  const std::vector<std::string> without_timeouts = {"MeshCircuitBreaker mesh-circuit-breaker-all-shop",
                                                     "MeshRetry mesh-retry-all-shop",
                                                     "Secret dataplane-token-signing-key-shop-1"};
  EXPECT_EQ(companions({"MeshTimeout"}), without_timeouts);
  EXPECT_EQ(companions({"MeshCircuitBreaker", "MeshTimeout", "MeshRetry"}),
            std::vector<std::string>{"Secret dataplane-token-signing-key-shop-1"});
  EXPECT_EQ(companions({"*"}), std::vector<std::string>{"Secret dataplane-token-signing-key-shop-1"});
}

TEST(Defaults, TheFirstPoliciesAreWhatAUserCouldHaveWritten) {
  const auto companions = mesh_companions(*mesh({}), Place{.zone = "east"}, fake_key);
  for (const ResourcePtr& companion : companions.value()) {
    EXPECT_EQ(companion->labels.at("kuma.io/zone"), "east");
    EXPECT_EQ(companion->labels.at("kuma.io/mesh"), "shop");
    const Checked checked = check_document(parse_json(encode(*companion)).value(), "shop");
    EXPECT_TRUE(checked.errors.empty()) << companion->key.name << ": " << sentence(checked.errors[0]);
  }
}

TEST(Defaults, AKeyThatCannotBeMadeIsAnError) {
  const auto broken = [] { return Result<std::string>(internal("no randomness")); };
  EXPECT_FALSE(mesh_companions(*mesh({}), Place{.zone = "east"}, broken).ok());
}

class StoredDefaultsTest : public testing::Test {
 protected:
  WorldPtr world() { return worlds_->current(); }
  std::unique_ptr<Store> store_ = open_sqlite_store(":memory:").value();
  std::unique_ptr<WorldPublisher> worlds_ = WorldPublisher::start(*store_).value();
};

TEST_F(StoredDefaultsTest, TheDefaultMeshIsCreatedOnceAndWhatIsDeletedStaysDeleted) {
  ASSERT_TRUE(create_default_mesh(*store_, *world(), {}).ok());
  ASSERT_TRUE(create_signing_key(*store_, *world(), "default", {}, fake_key).ok());
  EXPECT_NE(world()->find({"Mesh", "", "default"}), nullptr);
  const ResourceKey retry{"MeshRetry", "default", "mesh-retry-all-default"};
  ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = retry}}).ok());
  const uint64_t revision = store_->revision();
  ASSERT_TRUE(create_default_mesh(*store_, *world(), {}).ok());
  int keys_made = 0;
  const auto count = [&] { return ++keys_made, fake_key(); };
  ASSERT_TRUE(create_signing_key(*store_, *world(), "default", {}, count).ok());
  ASSERT_TRUE(create_signing_key(*store_, *world(), "no-such-mesh", {}, count).ok());
  EXPECT_EQ(keys_made, 0);
  EXPECT_EQ(store_->revision(), revision);
}

TEST_F(StoredDefaultsTest, AMeshWithAKeyOfAHigherSerialGetsNoOther) {
  ASSERT_TRUE(create_default_mesh(*store_, *world(), {}).ok());
  auto secret = std::make_shared<Resource>();
  secret->key = {"Secret", "default", "dataplane-token-signing-key-default-7"};
  secret->spec = std::make_shared<v1::Secret>();
  ASSERT_TRUE(store_->write({{.key = secret->key, .resource = secret}}).ok());
  ASSERT_TRUE(create_signing_key(*store_, *world(), "default", {}, fake_key).ok());
  EXPECT_EQ(world()->find({"Secret", "default", "dataplane-token-signing-key-default-1"}), nullptr);
}

TEST_F(StoredDefaultsTest, TheAdministratorsTokenIsSignedByTheKeyBesideIt) {
  const Time now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  ASSERT_TRUE(create_admin_token(*store_, *world(), {}, now).ok());
  const auto bytes = [&](const char* name) {
    return dynamic_cast<const v1::GlobalSecret&>(*world()->find({"GlobalSecret", "", name})->spec).data();
  };
  const KeyRing keys{{1, SigningKey::parse(bytes("user-token-signing-key-1")).value()}};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto token = verify_user_token(bytes("admin-user-token"), keys, {}, seconds);
  ASSERT_TRUE(token.ok()) << token.status();
  EXPECT_EQ(token->name, "mesh-system:admin");
  const uint64_t revision = store_->revision();
  ASSERT_TRUE(create_admin_token(*store_, *world(), {}, now).ok());
  EXPECT_EQ(store_->revision(), revision);
}

}  // namespace
}  // namespace weft::cp
