// For tests: resources from protobuf text, and a World that is edited step by step.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control-plane/store/world.h"
#include "policies/policy_text.h"

namespace weft::cp::testing {

class TestWorld {
 public:
  TestWorld() : world_(std::make_shared<const World>()) {}

  // Adds or replaces; resources added earlier are older. The display name and mesh labels are set as the control plane
  // does.
  template <typename Spec>
  void put(const std::string& name, const std::string& text, Labels labels = {}, const std::string& mesh = "default") {
    auto resource = std::make_shared<Resource>();
    auto spec = std::make_shared<Spec>(weft::testing::spec_of<Spec>(text));
    const auto& rules = spec->GetDescriptor()->options().GetExtension(v1::resource);
    resource->key = {rules.type(), rules.scope() == v1::GLOBAL ? "" : mesh, name};
    labels.insert({{"kuma.io/display-name", name}, {"kuma.io/mesh", mesh}});
    resource->labels = std::move(labels);
    resource->spec = std::move(spec);
    put(std::move(resource));
  }
  void put(std::shared_ptr<Resource> resource) {
    resource->revision = world_->revision() + 1;
    const ResourcePtr old = world_->find(resource->key);
    resource->created = old == nullptr ? Time(std::chrono::seconds(resource->revision)) : old->created;
    world_ = world_->with({{resource->revision, resource->key, resource}});
  }
  void remove(const ResourceKey& key) { world_ = world_->with({{world_->revision() + 1, key, nullptr}}); }

  const World& operator*() const { return *world_; }
  const World* operator->() const { return world_.get(); }

 private:
  WorldPtr world_;
};

}  // namespace weft::cp::testing
