#include "control-plane/store/world.h"

#include <gtest/gtest.h>

#include <thread>

#include "control-plane/store/sqlite_store.h"
#include "control-plane/store/store_test_support.h"
#include "control-plane/store/world_publisher.h"

namespace weft::cp {
namespace {

TEST(World, FindsAndLists) {
  const World world(7, {mesh("b"), mesh("a"), secret("b", "x", ""), secret("a", "y", "")});
  EXPECT_EQ(world.revision(), 7u);
  EXPECT_EQ(world.meshes(), (std::vector<std::string>{"a", "b"}));
  EXPECT_NE(world.find({"Secret", "b", "x"}), nullptr);
  EXPECT_EQ(world.find({"Secret", "a", "x"}), nullptr);
  EXPECT_EQ(world.list("Secret").front()->key.mesh, "a");
  EXPECT_TRUE(world.table("MeshRetry", "a")->empty());
}

TEST(World, SharesTheTablesThatDidNotChange) {
  const auto first =
      std::make_shared<const World>(1, std::vector<ResourcePtr>{mesh("a"), secret("a", "x", ""), secret("b", "x", "")});
  const auto second =
      first->with({{2, {"Secret", "a", "y"}, secret("a", "y", "")}, {3, {"Secret", "a", "x"}, nullptr}});
  EXPECT_EQ(second->revision(), 3u);
  EXPECT_EQ(second->table("Secret", "b"), first->table("Secret", "b"));
  EXPECT_EQ(second->table("Mesh", ""), first->table("Mesh", ""));
  EXPECT_EQ(first->find({"Secret", "a", "y"}), nullptr) << "a World never changes";
  EXPECT_NE(second->find({"Secret", "a", "y"}), nullptr);
  EXPECT_EQ(second->find({"Secret", "a", "x"}), nullptr);
}

TEST(WorldPublisher, AWriterReadsItsOwnWrites) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(":memory:");
  ASSERT_TRUE((*store)->write({put(mesh("before"))}).ok());
  Result<std::unique_ptr<WorldPublisher>> publisher = WorldPublisher::start(**store);
  ASSERT_TRUE(publisher.ok()) << publisher.status();
  EXPECT_NE((*publisher)->current()->find({"Mesh", "", "before"}), nullptr);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string name = cat("s-", t, "-", i);
        const Result<uint64_t> revision = (*store)->write({put(secret("m", name, ""))});
        ASSERT_TRUE(revision.ok()) << revision.status();
        const WorldPtr world = (*publisher)->current();
        ASSERT_GE(world->revision(), *revision);
        ASSERT_NE(world->find({"Secret", "m", name}), nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(WorldPublisher, SubscribersSeeEveryWorldInOrderUntilTheyLetGo) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(":memory:");
  Result<std::unique_ptr<WorldPublisher>> publisher = WorldPublisher::start(**store);
  std::vector<uint64_t> revisions;
  size_t changes_seen = 0;
  std::shared_ptr<void> handle =
      (*publisher)->subscribe([&](const WorldPtr& world, const std::vector<Change>& changes) {
        revisions.push_back(world->revision());
        changes_seen += changes.size();
      });
  ASSERT_TRUE((*store)->write({put(mesh("a")), put(secret("a", "x", ""))}).ok());
  ASSERT_TRUE((*store)->write({put(mesh("b"))}).ok());
  EXPECT_EQ(revisions, (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(changes_seen, 3u);
  handle.reset();
  ASSERT_TRUE((*store)->write({put(mesh("c"))}).ok());
  EXPECT_EQ(revisions.size(), 2u);
}

TEST(WorldPublisher, ASubscriberMayLetGoInsideItsOwnCall) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(":memory:");
  Result<std::unique_ptr<WorldPublisher>> publisher = WorldPublisher::start(**store);
  int calls = 0;
  std::shared_ptr<void> handle;
  handle = (*publisher)->subscribe([&](const WorldPtr&, const std::vector<Change>&) {
    ++calls;
    handle.reset();
  });
  ASSERT_TRUE((*store)->write({put(mesh("a"))}).ok());
  ASSERT_TRUE((*store)->write({put(mesh("b"))}).ok());
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace weft::cp
