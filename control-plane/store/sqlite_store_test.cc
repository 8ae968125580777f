#include "control-plane/store/sqlite_store.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>
#include <thread>

#include "control-plane/store/database.h"
#include "control-plane/store/store_test_support.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Store> open(const std::string& path, const SqliteOptions& options = {}) {
  Result<std::unique_ptr<Store>> store = open_sqlite_store(path, options);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::string open_error(const std::string& path) {
  const Result<std::unique_ptr<Store>> store = open_sqlite_store(path);
  return store.ok() ? "none" : reason(store.status());
}

TEST(SqliteStore, GivesBackWhatWasStoredAlsoAfterReopening) {
  const TestFolder folder;
  const std::string path = folder.file("weft.db");
  auto service = std::make_shared<Resource>();
  service->key = {"MeshService", "default", "backend"};
  service->labels = {{"a", "b"}, {"kuma.io/zone", "east"}};
  auto spec = std::make_shared<v1::MeshService>();
  spec->add_ports()->set_port(80);
  auto status = std::make_shared<v1::MeshServiceStatus>();
  status->mutable_tls()->set_status("Ready");
  service->spec = spec;
  service->status = status;
  uint64_t revision = 0;
  {
    const auto store = open(path);
    const Result<uint64_t> written = store->write({put(service), put(mesh("default"))});
    ASSERT_TRUE(written.ok()) << written.status();
    revision = *written;
  }
  const auto store = open(path);
  EXPECT_EQ(store->revision(), revision);
  const Result<ResourcePtr> found = store->get(service->key);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->labels, service->labels);
  EXPECT_EQ((*found)->revision, revision);
  EXPECT_NE((*found)->created, Time{});
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*(*found)->spec, *spec));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*(*found)->status, *status));
  EXPECT_EQ((*store->get({"Mesh", "", "default"}))->status, nullptr);
  EXPECT_TRUE(is_not_found(store->get({"Mesh", "", "other"}).status()));
}

TEST(SqliteStore, ListsByTypeAndMeshInOrder) {
  const auto store = open(":memory:");
  ASSERT_TRUE(
      store->write({put(secret("b", "x", "")), put(secret("a", "z", "")), put(secret("a", "y", "")), put(mesh("a"))})
          .ok());
  EXPECT_EQ(names_in(*store, "Secret", ""), (std::vector<std::string>{"y", "z", "x"}));
  EXPECT_EQ(store->list("Secret", "a")->size(), 2u);
  uint64_t revision = 0;
  EXPECT_EQ(store->list_all(&revision)->size(), 4u);
  EXPECT_EQ(revision, store->revision());
}

TEST(SqliteStore, KeepsTheCreationTimeAndMovesTheRevision) {
  const auto store = open(":memory:");
  const ResourceKey key{"Secret", "m", "s"};
  const uint64_t first = *store->write({put(secret("m", "s", "1"))});
  const Time created = (*store->get(key))->created;
  const uint64_t second = *store->write({put(secret("m", "s", "2"))});
  EXPECT_GT(second, first);
  EXPECT_EQ((*store->get(key))->created, created);
  EXPECT_GE((*store->get(key))->modified, created);
  EXPECT_EQ((*store->get(key))->revision, second);
}

TEST(SqliteStore, ComparesBeforeItSets) {
  const auto store = open(":memory:");
  const uint64_t first = *store->write({put(secret("m", "s", "1"), 0)});
  EXPECT_TRUE(is_conflict(store->write({put(secret("m", "s", "2"), 0)}).status())) << "it exists already";
  EXPECT_TRUE(store->write({put(secret("m", "s", "2"), first)}).ok());
  EXPECT_TRUE(is_conflict(store->write({put(secret("m", "s", "3"), first)}).status()));
  EXPECT_TRUE(is_conflict(store->write({erase({"Secret", "m", "s"}, first)}).status()));
  EXPECT_TRUE(store->write({erase({"Secret", "m", "s"})}).ok());
  EXPECT_TRUE(is_not_found(store->write({erase({"Secret", "m", "s"})}).status()));
}

TEST(SqliteStore, AppliesAllWritesOfATransactionOrNone) {
  const auto store = open(":memory:");
  const uint64_t before = *store->write({put(mesh("m"))});
  EXPECT_TRUE(is_not_found(store->write({put(secret("m", "a", "")), erase({"Secret", "m", "none"})}).status()));
  EXPECT_TRUE(is_not_found(store->get({"Secret", "m", "a"}).status()));
  EXPECT_EQ(store->revision(), before);
  const Write require{Write::Kind::kRequire, {"Mesh", "", "gone"}, nullptr, std::nullopt};
  EXPECT_TRUE(is_not_found(store->write({require, put(secret("gone", "a", ""))}).status()));
  EXPECT_EQ(*store->write({{Write::Kind::kRequire, {"Mesh", "", "m"}, nullptr, before}}), before);
}

TEST(SqliteStore, DeletesAMeshWithAllThatBelongsToIt) {
  const auto store = open(":memory:");
  ASSERT_TRUE(store
                  ->write({put(mesh("a")), put(mesh("b")), put(secret("a", "x", "")), put(secret("a", "y", "")),
                           put(secret("b", "x", ""))})
                  .ok());
  ASSERT_TRUE(
      store->write({{Write::Kind::kDeleteMesh, {"Mesh", "", "a"}, nullptr, std::nullopt}, erase({"Mesh", "", "a"})})
          .ok());
  uint64_t revision = 0;
  EXPECT_EQ(store->list_all(&revision)->size(), 2u);
}

TEST(SqliteStore, TellsWatchersEveryChangeInOrderBeforeTheWriteReturns) {
  const auto store = open(":memory:");
  const uint64_t start = *store->write({put(mesh("a"))});
  ASSERT_TRUE(store->write({put(mesh("b"))}).ok());
  std::vector<Change> seen;
  auto handle = store->watch(
      start, [&](const std::vector<Change>& changes) { seen.insert(seen.end(), changes.begin(), changes.end()); });
  ASSERT_TRUE(handle.ok()) << handle.status();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].key.name, "b");
  ASSERT_TRUE(store->write({put(mesh("c")), erase({"Mesh", "", "b"})}).ok());
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[1].resource->key.name, "c");
  EXPECT_EQ(seen[2].resource, nullptr);
  EXPECT_EQ(seen[1].revision, seen[2].revision);
  handle->reset();
  ASSERT_TRUE(store->write({put(mesh("d"))}).ok());
  EXPECT_EQ(seen.size(), 3u);
}

TEST(SqliteStore, ForgetsOldChangesAndSaysSo) {
  const auto store = open(":memory:", {.max_remembered_changes = 2});
  const uint64_t first = *store->write({put(mesh("a"))});
  for (const char* name : {"b", "c", "d"}) ASSERT_TRUE(store->write({put(mesh(name))}).ok());
  const auto ignore = [](const std::vector<Change>&) {};
  EXPECT_TRUE(is_exhausted(store->watch(first, ignore).status()));
  EXPECT_TRUE(store->watch(first + 1, ignore).ok());
}

TEST(SqliteStore, ManyWritersAtOnceLoseNothing) {
  const TestFolder folder;
  constexpr int kThreads = 8, kWrites = 50;
  const auto store = open(folder.file("weft.db"));
  std::mutex mutex;
  std::set<uint64_t> revisions;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWrites; ++i) {
        const Result<uint64_t> revision = store->write({put(secret("m", cat("s-", t, "-", i), "x"))});
        ASSERT_TRUE(revision.ok()) << revision.status();
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(revisions.insert(*revision).second);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store->list("Secret", "m")->size(), size_t{kThreads * kWrites});
  EXPECT_EQ(store->revision(), uint64_t{kThreads * kWrites});
}

TEST(SqliteStore, AFullStoreRefusesWritesKeepsAnsweringAndRecovers) {
  const TestFolder folder;
  const auto store = open(folder.file("weft.db"), {.max_bytes = 128 * 1024});
  ASSERT_TRUE(store->write({put(secret("m", "small", "x"))}).ok());
  const uint64_t before = store->revision();
  const Result<uint64_t> refused =
      store->write({put(secret("m", "first", "y")), put(secret("m", "big", std::string(200'000, 'z')))});
  EXPECT_TRUE(is_unavailable(refused.status())) << refused.status();
  EXPECT_THAT(reason(refused.status()), HasSubstr("full"));
  EXPECT_EQ(store->revision(), before);
  EXPECT_TRUE(store->get({"Secret", "m", "small"}).ok());
  EXPECT_TRUE(is_not_found(store->get({"Secret", "m", "first"}).status())) << "half of a transaction was stored";
  EXPECT_TRUE(store->write({put(secret("m", "after", "x"))}).ok());
}

// The system refuses to let the file grow, as a full disk does.
TEST(SqliteStore, AnErrorOfTheDiskRefusesWritesKeepsAnsweringAndRecovers) {
  const TestFolder folder;
  const auto store = open(folder.file("weft.db"));
  ASSERT_TRUE(store->write({put(secret("m", "small", "x"))}).ok());
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit tight{64 * 1024, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Result<uint64_t> refused = store->write({put(secret("m", "big", std::string(500'000, 'z')))});
  const Result<ResourcePtr> read = store->get({"Secret", "m", "small"});
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  std::signal(SIGXFSZ, previous);
  EXPECT_TRUE(is_unavailable(refused.status())) << refused.status();
  EXPECT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(store->write({put(secret("m", "big", std::string(500'000, 'z')))}).ok());
}

TEST(SqliteStore, RefusesAFileItCannotUse) {
  const TestFolder folder;
  EXPECT_THAT(open_error(folder.file("missing/weft.db")), HasSubstr("missing/weft.db"));
  std::ofstream(folder.file("text")) << std::string(5000, 'x');
  EXPECT_THAT(open_error(folder.file("text")), HasSubstr("no store"));
  {
    Result<Database> other = Database::open(folder.file("other.db"));
    ASSERT_TRUE(other->execute("CREATE TABLE t (a);").ok());
  }
  EXPECT_THAT(open_error(folder.file("other.db")), HasSubstr("another program's database"));
}

TEST(SqliteStore, RefusesASchemaItDoesNotKnow) {
  const TestFolder folder;
  open(folder.file("weft.db"));
  const auto set_version = [&](int version) {
    Result<Database> database = Database::open(folder.file("weft.db"));
    ASSERT_TRUE(database->execute(cat("PRAGMA user_version = ", version)).ok());
  };
  set_version(99);
  EXPECT_THAT(open_error(folder.file("weft.db")), HasSubstr("newer version of weft-cp (its schema is 99"));
  set_version(0);
  EXPECT_THAT(open_error(folder.file("weft.db")), HasSubstr("older"));
  set_version(1);
  EXPECT_EQ(open_error(folder.file("weft.db")), "none");
}

TEST(SqliteStore, TwoOfThemDoNotShareAFile) {
  const TestFolder folder;
  const auto store = open(folder.file("weft.db"));
  EXPECT_THAT(open_error(folder.file("weft.db")), HasSubstr("in use by another process"));
}

}  // namespace
}  // namespace weft::cp
