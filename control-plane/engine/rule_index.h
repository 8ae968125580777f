// What computing rules needs of one mesh: its policies sorted, and everything a to-item can name by label. Follows the
// tables of a World by pointer, so what did not change is not looked at. One owner, one thread at a time.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/label_index.h"
#include "control-plane/engine/mesh_index.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// A resource that a to-item can name: a service of any kind, a route, the mesh.
struct TargetView {
  ResourcePtr resource;
  TargetResource target;
};
using TargetViewPtr = std::shared_ptr<const TargetView>;

// Never null.
TargetViewPtr view_target(ResourcePtr resource);

class RuleIndex {
 public:
  explicit RuleIndex(std::string mesh);

  void follow(const World& world);

  // Null when there is no such Mesh.
  const TargetViewPtr& mesh() const { return mesh_view_; }
  // What a targetRef of another kind than Mesh names; oldest first.
  std::vector<TargetViewPtr> named(const v1::TargetRef& ref) const;
  // Null when there is none of that type and name.
  TargetViewPtr target(std::string_view type, std::string_view name) const;
  // By the position of the kind in policy_kinds(); weakest first.
  const std::vector<PolicyPtr>& policies(size_t kind) const { return policies_[kind].sorted(); }

 private:
  struct Targets {
    std::string_view type;
    LabelIndex<TargetView> views{view_target};
  };
  const Targets* find(std::string_view type) const;

  std::string mesh_;
  TargetViewPtr mesh_view_;
  std::vector<Targets> targets_;
  std::vector<PolicyIndex> policies_;
};

}  // namespace weft::cp
