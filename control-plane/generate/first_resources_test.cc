#include "control-plane/generate/first_resources.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "control-plane/resource/validate/validate.h"
#include "control-plane/store/sqlite_store.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class FirstResources : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = *open_sqlite_store(":memory:");
    worlds_ = *WorldPublisher::start(*store_);
  }
  WorldPtr world() const { return worlds_->current(); }
  std::vector<std::string> names(std::string_view type) const {
    std::vector<std::string> out;
    for (const ResourcePtr& resource : world()->list(type)) out.push_back(resource->key.name);
    return out;
  }

  std::unique_ptr<Store> store_;
  std::unique_ptr<WorldPublisher> worlds_;
  const Place east_{.zone = "east"};
  const Place global_{.is_global = true};
};

TEST_F(FirstResources, AZoneNamesItsOwnServices) {
  ASSERT_TRUE(create_hostname_generators(*store_, *world(), east_).ok());
  EXPECT_THAT(names("HostnameGenerator"),
              UnorderedElementsAre("local-mesh-external-service", "local-universal-mesh-service"));
}

TEST_F(FirstResources, TheGlobalControlPlaneNamesWhatItSendsToZones) {
  ASSERT_TRUE(create_hostname_generators(*store_, *world(), global_).ok());
  EXPECT_THAT(names("HostnameGenerator"),
              UnorderedElementsAre("synced-headless-kube-mesh-service", "synced-kube-mesh-service",
                                   "synced-mesh-external-service", "synced-mesh-multi-zone-service",
                                   "synced-universal-mesh-service"));
}

TEST_F(FirstResources, GeneratorsAreWhatAUserCouldHaveWritten) {
  ASSERT_TRUE(create_hostname_generators(*store_, *world(), east_).ok());
  ASSERT_TRUE(create_hostname_generators(*store_, *world(), global_).ok());
  for (const ResourcePtr& generator : world()->list("HostnameGenerator")) {
    Violations violations;
    validate(*generator, violations);
    EXPECT_TRUE(violations.empty()) << generator->key.name;
  }
}

TEST_F(FirstResources, WhatIsThereStaysAsItIs) {
  ASSERT_TRUE(create_hostname_generators(*store_, *world(), east_).ok());
  const uint64_t before = world()->find({"HostnameGenerator", "", "local-universal-mesh-service"})->revision;
  ASSERT_TRUE(create_hostname_generators(*store_, *world(), east_).ok());
  EXPECT_EQ(world()->find({"HostnameGenerator", "", "local-universal-mesh-service"})->revision, before);
}

TEST_F(FirstResources, AZoneIsTheOnlyZoneItKnows) {
  ASSERT_TRUE(create_own_zone(*store_, *world(), Place{.zone = "before"}).ok());
  ASSERT_TRUE(create_own_zone(*store_, *world(), east_).ok());
  ASSERT_TRUE(create_own_zone(*store_, *world(), east_).ok());
  EXPECT_THAT(names("Zone"), ElementsAre("east"));
}

TEST_F(FirstResources, TheGlobalControlPlaneLearnsOfZonesWhenTheyConnect) {
  ASSERT_TRUE(create_own_zone(*store_, *world(), global_).ok());
  EXPECT_THAT(names("Zone"), IsEmpty());
}

}  // namespace
}  // namespace weft::cp
