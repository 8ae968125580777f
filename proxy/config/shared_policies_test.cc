#include "proxy/config/shared_policies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::proxy {
namespace {

Result<std::unique_ptr<const Policy>> make(std::string_view conf, bool) {
  if (conf == "bad") return invalid("MeshTest: the conf cannot be read");
  return std::unique_ptr<const Policy>(std::make_unique<Policy>());
}

const PolicyKind kForgetful{.name = "MeshTest", .make = make, .remembers_nothing = true};
const PolicyKind kBucket{.name = "MeshBucket", .make = make};

std::shared_ptr<const Policy> get(SharedPolicies& shared, const PolicyKind& kind, const std::string& conf, bool inbound,
                                  const std::string& place) {
  auto policy = shared.policy(kind, conf, inbound, place);
  EXPECT_TRUE(policy.ok());
  return *policy;
}

TEST(SharedPolicies, a_kind_that_remembers_nothing_has_one_object_a_conf_and_direction) {
  SharedPolicies shared;
  const auto policy = get(shared, kForgetful, "conf", false, "here");
  EXPECT_EQ(get(shared, kForgetful, "conf", false, "there"), policy);
  EXPECT_NE(get(shared, kForgetful, "other", false, "here"), policy);
  EXPECT_NE(get(shared, kForgetful, "conf", true, "here"), policy);
}

TEST(SharedPolicies, a_kind_that_remembers_has_one_object_a_place_and_keeps_it_while_the_conf_stays) {
  SharedPolicies shared;
  const auto policy = get(shared, kBucket, "conf", false, "here");
  EXPECT_NE(get(shared, kBucket, "conf", false, "there"), policy);
  shared.drop_unused();
  EXPECT_EQ(get(shared, kBucket, "conf", false, "here"), policy);
  EXPECT_NE(get(shared, kBucket, "other", false, "here"), policy);
}

TEST(SharedPolicies, the_same_objects_make_the_same_chain) {
  SharedPolicies shared;
  const auto one = get(shared, kForgetful, "one", false, "");
  const auto two = get(shared, kForgetful, "two", false, "");
  const PolicyChain chain = shared.chain({one, two});
  EXPECT_EQ(shared.chain({one, two}).policies().data(), chain.policies().data());
  EXPECT_NE(shared.chain({two, one}).policies().data(), chain.policies().data());
  EXPECT_TRUE(shared.chain({}).policies().empty());
}

TEST(SharedPolicies, what_nobody_has_any_more_goes) {
  SharedPolicies shared;
  PolicyChain chain = shared.chain({get(shared, kForgetful, "conf", false, "")});
  shared.drop_unused();
  EXPECT_EQ(shared.policies(), 1u);
  chain = PolicyChain();
  shared.drop_unused();
  EXPECT_EQ(shared.policies(), 0u);
}

TEST(SharedPolicies, a_conf_that_its_kind_refuses_is_not_kept) {
  SharedPolicies shared;
  EXPECT_FALSE(shared.policy(kForgetful, "bad", false, "").ok());
  EXPECT_EQ(shared.policies(), 0u);
}

}  // namespace
}  // namespace weft::proxy
