// The policy model written down a second time, as simply as it can be said: over the documents as trees, by scanning
// everything. For tests; slow on purpose. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "base/document/document.h"

namespace weft::reference {

struct World {
  // Meshes, services, routes; and the policies of one kind.
  std::vector<Node> documents;
  Node dataplane;
  std::string kind;
};

// Everything the policies of the kind say about the Dataplane:
//   policies  names of those that are for it, weakest first
//   to        "type/name/section" -> conf, origins ("name#index"), origins by matches
//   look_ups  the same key for every service and section -> the conf that holds there
//   inbounds  position of the port -> rules in order, what holds for named callers, what for all others
//   proxy     conf and origins of kinds with one default
Node rules(const World& world, bool include_shadow);

}  // namespace weft::reference
