// What is accepted and worth a word: a document that can mean something, but hardly what its author thinks. Judged by
// itself; what depends on other resources is said elsewhere. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "control-plane/resource/resource.h"

namespace weft::cp {

// Sentences.
std::vector<std::string> remarks(const Resource& resource);

}  // namespace weft::cp
