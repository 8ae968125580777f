// What may be written on this control plane at all, what must not go yet, and what goes with it. Pure functions.
#pragma once

#include <optional>
#include <vector>

#include "control-plane/resource/kind.h"
#include "control-plane/source/api_server.h"
#include "control-plane/source/problem.h"
#include "control-plane/store/store.h"
#include "control-plane/store/world.h"

namespace weft::cp {

// `stored` is null when there is nothing yet.
std::optional<Problem> check_written_here(const Kind& kind, const ApiOptions& options, const Resource* stored);

// A mesh with dataplanes and a zone that is connected stay.
std::optional<Problem> check_removable(const Resource& resource, const ApiOptions& options, const World& world);

// The resource, what is in it, what was only about it.
std::vector<Write> removal_of(const ResourceKey& key, const World& world);

}  // namespace weft::cp
