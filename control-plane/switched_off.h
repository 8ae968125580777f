// Types of resources that are switched off (`policies.pluginPoliciesEnabled`, `coreResources.enabled`): the store keeps
// what it has of them, and nobody sees it. Functions of their arguments; the store is as thread-safe as the one it
// wraps.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "control-plane/options.h"
#include "control-plane/store/store.h"

namespace weft::cp {

using TypeNames = std::set<std::string, std::less<>>;

TypeNames types_switched_off(const Options& options);

// A store without resources of these types: they are not read, what is written of them is left out, deleting a mesh
// takes them along. The store itself when there are none.
std::unique_ptr<Store> hide_types(std::unique_ptr<Store> store, TypeNames types);

}  // namespace weft::cp
