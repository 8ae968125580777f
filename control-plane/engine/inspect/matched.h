// The policies that are for one dataplane, kind by kind. What they come to is asked of policies/ with these. Pure
// functions of a World; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control-plane/engine/views.h"
#include "control-plane/resource/kind.h"
#include "control-plane/resource/kri.h"
#include "control-plane/store/world.h"
#include "policies/inbound_rules.h"
#include "policies/match.h"
#include "policies/to_rules.h"

namespace weft::cp {

struct MatchedKind {
  const Kind* kind = nullptr;  // never null
  // Weakest first.
  std::vector<PolicyPtr> policies;
  std::vector<Selection> selections;  // of each policy
  std::vector<std::string> warnings;  // of policies that can select nothing

  // What arrives at the port with this index in ProxyView::ports.
  std::vector<InboundRule> rules_of_port(size_t port) const;
};

// Kinds of which at least one policy is for the dataplane, or can be for none, sorted by type.
std::vector<MatchedKind> matched_kinds(const World& world, const DataplaneView& dataplane,
                                       Shadow shadow = Shadow::kIgnore);

// The order in which the kinds are applied to a proxy, which is the order in which they are listed for one place; kinds
// that it does not know come last.
void sort_by_application(std::vector<MatchedKind>& kinds);

// Everything in a mesh that a to-item can name.
class Targets {
 public:
  Targets(const World& world, const std::string& mesh);
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;
  const TargetReader& reader() const { return reader_; }
  // The one that the identifier names, whatever its section; null when there is none.
  const TargetResource* find(const Kri& kri) const;

 private:
  // Beside each other.
  std::vector<ResourcePtr> resources_;
  std::vector<TargetResource> all_;
  TargetReader reader_;
};

}  // namespace weft::cp
