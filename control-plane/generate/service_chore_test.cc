#include "control-plane/generate/service_chore.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "control-plane/generate/mesh_guard.h"
#include "control-plane/resource/check.h"
#include "control-plane/store/sqlite_store.h"
#include "weft/v1/mesh.pb.h"
#include "weft/v1/mesh_service.pb.h"

namespace weft::cp {
namespace {

using std::chrono::hours;

class ServiceChoreTest : public testing::Test {
 protected:
  void SetUp() override {
    write(R"({"type":"Mesh","name":"default"})");
    restart();
  }
  void restart() {
    chore_ = std::make_unique<ServiceChore>(
        ServicePlanOptions{.generate = {.zone = "east"}},
        VipRanges{VipRange::parse("241.0.0.0/8").value(), VipRange::parse("242.0.0.0/8").value(),
                  VipRange::parse("243.0.0.0/8").value()},
        *store_, *worlds_, [this] { return today_; });
  }
  void write(std::string_view json) {
    const Checked document = check_document(parse_json(json).value(), "default");
    ASSERT_TRUE(document.errors.empty()) << sentence(document.errors.front());
    ASSERT_TRUE(store_->write({{.key = document.resource->key, .resource = document.resource}}).ok());
  }
  void dataplane(std::string_view port) {
    write(cat(
        R"({"type":"Dataplane","name":"web-1","labels":{"kuma.io/workload":"web"},"networking":{"address":"10.0.0.1",)",
        R"("inbound":[{"port":)", port, "}]}}"));
  }
  ResourcePtr service() { return worlds_->current()->find({"MeshService", "default", "web"}); }

  std::unique_ptr<Store> store_ = open_sqlite_store(":memory:").value();
  std::unique_ptr<WorldPublisher> worlds_ = WorldPublisher::start(*store_).value();
  std::unique_ptr<ServiceChore> chore_;
  Time today_{std::chrono::seconds(1'800'000'000)};
  Chores::SteadyTime now_{hours(1)};
};

TEST_F(ServiceChoreTest, ServicesFollowTheDataplanesAndNothingIsWrittenTwice) {
  dataplane("80");
  EXPECT_EQ(chore_->run(now_), std::nullopt);
  ASSERT_NE(service(), nullptr);
  EXPECT_NE(worlds_->current()->find({"Workload", "default", "web"}), nullptr);
  const uint64_t revision = store_->revision();
  chore_->run(now_);
  EXPECT_EQ(store_->revision(), revision);
  restart();
  chore_->run(now_);
  EXPECT_EQ(store_->revision(), revision) << "nor by the next process";
  dataplane("81");
  chore_->run(now_);
  EXPECT_EQ(store_->revision(), revision + 2) << "the dataplane and its service";
}

TEST_F(ServiceChoreTest, ItComesBackWhenAServiceHasOutlivedItsDataplanes) {
  dataplane("80");
  chore_->run(now_);
  ASSERT_TRUE(store_->write({{.kind = Write::Kind::kDelete, .key = {"Dataplane", "default", "web-1"}}}).ok());
  EXPECT_EQ(chore_->run(now_), now_ + hours(1));
  today_ += hours(1);
  chore_->run(now_ + hours(1));
  EXPECT_EQ(service(), nullptr);
}

TEST_F(ServiceChoreTest, NothingComesBackIntoAMeshThatIsDeletedMeanwhile) {
  dataplane("80");
  const WorldPtr before = worlds_->current();
  const ServicePlan plan = ServicePlanner(ServicePlanOptions{}, VipRanges{VipRange::parse("241.0.0.0/8").value(),
                                                                          VipRange::parse("242.0.0.0/8").value(),
                                                                          VipRange::parse("243.0.0.0/8").value()})
                               .plan(*before, today_);
  ASSERT_FALSE(plan.writes.empty());
  ASSERT_TRUE(store_
                  ->write({{.kind = Write::Kind::kDeleteMesh, .key = {"Mesh", "", "default"}},
                           {.kind = Write::Kind::kDelete, .key = {"Mesh", "", "default"}}})
                  .ok());
  EXPECT_TRUE(is_not_found(store_->write(guarded(plan.writes)).status()));
  EXPECT_EQ(service(), nullptr);
}

// Writes as a store with a full disk does, until it is told otherwise.
class FullStore : public Store {
 public:
  explicit FullStore(Store& store) : store_(store) {}
  Result<ResourcePtr> get(const ResourceKey& key) const override { return store_.get(key); }
  Result<std::vector<ResourcePtr>> list(std::string_view type, std::string_view mesh) const override {
    return store_.list(type, mesh);
  }
  Result<std::vector<ResourcePtr>> list_all(uint64_t* revision) const override { return store_.list_all(revision); }
  Result<uint64_t> write(const std::vector<Write>& writes) override {
    return full ? Result<uint64_t>(unavailable("no space left")) : store_.write(writes);
  }
  Result<std::shared_ptr<void>> watch(uint64_t from, std::function<void(const std::vector<Change>&)> watcher) override {
    return store_.watch(from, std::move(watcher));
  }
  uint64_t revision() const override { return store_.revision(); }
  std::string_view name() const override { return store_.name(); }
  bool full = true;

 private:
  Store& store_;
};

TEST_F(ServiceChoreTest, AStoreThatCannotWriteIsAskedAgainLater) {
  FullStore full(*store_);
  ServiceChore chore(ServicePlanOptions{},
                     VipRanges{VipRange::parse("241.0.0.0/8").value(), VipRange::parse("242.0.0.0/8").value(),
                               VipRange::parse("243.0.0.0/8").value()},
                     full, *worlds_, [this] { return today_; });
  dataplane("80");
  EXPECT_EQ(chore.run(now_), now_ + ServiceChore::kRetryAfter);
  EXPECT_EQ(service(), nullptr);
  full.full = false;
  EXPECT_EQ(chore.run(now_), std::nullopt);
  EXPECT_NE(service(), nullptr);
}

}  // namespace
}  // namespace weft::cp
