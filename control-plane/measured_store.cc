#include "control-plane/measured_store.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace weft::cp {
namespace {

std::string_view operation_of(const Write& write) {
  if (write.kind != Write::Kind::kPut) return "delete";
  return write.expected_revision == uint64_t{0} ? "create" : "update";
}

class MeasuredStore final : public Store {
 public:
  MeasuredStore(std::unique_ptr<Store> store, HistogramFamily& operations)
      : store_(std::move(store)), operations_(operations) {}

  Result<ResourcePtr> get(const ResourceKey& key) const override { return store_->get(key); }
  Result<std::vector<ResourcePtr>> list(std::string_view type, std::string_view mesh) const override {
    return store_->list(type, mesh);
  }
  Result<std::vector<ResourcePtr>> list_all(uint64_t* revision) const override { return store_->list_all(revision); }
  Result<uint64_t> write(const std::vector<Write>& writes) override {
    const auto first = std::find_if(writes.begin(), writes.end(),
                                    [](const Write& write) { return write.kind != Write::Kind::kRequire; });
    const auto begin = std::chrono::steady_clock::now();
    Result<uint64_t> revision = store_->write(writes);
    if (first != writes.end()) {
      operations_.observe(cat("operation=\"", operation_of(*first), "\",resource_type=\"", first->key.type, '"'),
                          std::chrono::steady_clock::now() - begin);
    }
    return revision;
  }
  Result<std::shared_ptr<void>> watch(uint64_t from_revision,
                                      std::function<void(const std::vector<Change>&)> watcher) override {
    return store_->watch(from_revision, std::move(watcher));
  }
  uint64_t revision() const override { return store_->revision(); }
  std::string_view name() const override { return store_->name(); }

 private:
  const std::unique_ptr<Store> store_;
  HistogramFamily& operations_;
};

}  // namespace

std::unique_ptr<Store> measure_writes(std::unique_ptr<Store> store, HistogramFamily& operations) {
  return std::make_unique<MeasuredStore>(std::move(store), operations);
}

}  // namespace weft::cp
