#include "control-plane/serve/holding.h"

#include <gtest/gtest.h>

#include "control-plane/serve/test_items.h"

namespace weft::cp {
namespace {

const ItemName kA{v1::DESTINATION, "a"};

TEST(HoldingTest, ANewProxyLacksEverythingAndAnUpToDateOneNothing) {
  Holding holding;
  const ProxyItemsPtr target = items({destination("a", "1"), destination("b", "1")});
  EXPECT_EQ(names(holding.difference(*target)), "a b");
  holding.accept(target, {});
  EXPECT_TRUE(holding.difference(*target).empty());
  EXPECT_TRUE(holding.difference(*items({destination("a", "1"), destination("b", "1")})).empty());
}

TEST(HoldingTest, OnlyWhatDiffersIsSentAndWhatIsGoneIsRemoved) {
  Holding holding;
  holding.accept(items({destination("a", "1"), destination("b", "1"), destination("c", "1")}), {});
  EXPECT_EQ(names(holding.difference(*items({destination("b", "2"), destination("c", "1"), destination("d", "1")}))),
            "b d -a");
  EXPECT_EQ(names(holding.difference(*items({}))), "-a -b -c");
}

TEST(HoldingTest, WhatAProxyComesWithIsNotSentAgain) {
  const CompiledItemPtr a = destination("a", "1");
  Holding holding({{kA, a->hash}, {{v1::DESTINATION, "b"}, 7}, {{v1::ENDPOINTS, "old"}, 9}});
  EXPECT_EQ(names(holding.difference(*items({a, destination("b", "1")}))), "b -old");
  const ProxyItemsPtr target = items({a, destination("b", "1")});
  holding.accept(target, {});
  EXPECT_TRUE(holding.difference(*target).empty());
}

TEST(HoldingTest, ARefusedVersionIsNotOfferedAgainButTheNextOneIs) {
  Holding holding;
  holding.accept(items({destination("a", "good")}), {});
  const ProxyItemsPtr bad = items({destination("a", "bad"), destination("b", "1")});
  holding.accept(bad, std::vector<ItemRefusal>{{kA, "too large"}});
  EXPECT_TRUE(holding.difference(*bad).empty());
  ASSERT_EQ(holding.refusals(*bad).size(), 1u);
  EXPECT_EQ(holding.refusals(*bad)[0].reason, "too large");
  EXPECT_EQ(names(holding.difference(*items({destination("a", "better"), destination("b", "1")}))), "a");
}

TEST(HoldingTest, AfterARefusalTheProxyStillHoldsTheVersionItHad) {
  Holding holding;
  const ProxyItemsPtr good = items({destination("a", "good")});
  const ProxyItemsPtr bad = items({destination("a", "bad")});
  holding.accept(good, {});
  holding.accept(bad, std::vector<ItemRefusal>{{kA, "no"}});
  EXPECT_TRUE(holding.difference(*good).empty());
  EXPECT_TRUE(holding.refusals(*good).empty());
  EXPECT_EQ(names(holding.difference(*items({}))), "-a");
}

TEST(HoldingTest, AnItemRefusedAtFirstSightIsNotHeld) {
  Holding holding;
  const ProxyItemsPtr bad = items({destination("a", "bad")});
  holding.accept(bad, std::vector<ItemRefusal>{{kA, "no"}});
  EXPECT_TRUE(holding.difference(*items({})).empty());
  // It stays refused while other things change.
  const ProxyItemsPtr more = items({destination("a", "bad"), destination("b", "1")});
  EXPECT_EQ(names(holding.difference(*more)), "b");
  holding.accept(more, {});
  EXPECT_TRUE(holding.difference(*more).empty());
  EXPECT_EQ(holding.refusals(*more).size(), 1u);
}

TEST(HoldingTest, WhatWasRefusedCanBeOfferedAgainAndIsThenHeldOrRefusedAnew) {
  Holding holding;
  const ProxyItemsPtr target = items({destination("a", "1"), destination("b", "1")});
  const std::vector<ItemRefusal> both = {{kA, "port in use"}, {{v1::DESTINATION, "b"}, "too"}};
  holding.accept(target, both);
  holding.offer_refused_again();
  EXPECT_EQ(names(holding.difference(*target)), "a b");
  EXPECT_EQ(holding.refusals(*target).size(), 2u);  // until the proxy says otherwise
  holding.accept(target, std::vector<ItemRefusal>{{kA, "still in use"}});
  EXPECT_TRUE(holding.difference(*target).empty());
  ASSERT_EQ(holding.refusals(*target).size(), 1u);
  EXPECT_EQ(holding.refusals(*target)[0].reason, "still in use");
  EXPECT_EQ(names(holding.difference(*items({}))), "-b");
}

TEST(HoldingTest, ARefusalOfSomethingThatWasNeverSentChangesNothing) {
  Holding holding;
  const ProxyItemsPtr target = items({destination("a", "1")});
  holding.accept(target, std::vector<ItemRefusal>{{{v1::DESTINATION, "x"}, "what?"}});
  EXPECT_TRUE(holding.refusals(*target).empty());
  EXPECT_TRUE(holding.difference(*target).empty());
}

}  // namespace
}  // namespace weft::cp
