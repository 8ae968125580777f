// The REST API as an OpenAPI 3 document: create, read, update and delete of every kind with its schema, and the other
// operations as they are given. Pure function; any thread.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "api/reference/schema.h"

namespace weft::reference {

// An operation that is not about reading or writing a resource of some kind.
struct Operation {
  std::string method;  // "GET"
  std::string path;    // "/meshes/{mesh}/dataplanes/{name}/_rules"
  std::string summary;
};

// Compact JSON. Of `others`, those that every kind has anyway are left out.
std::string openapi_document(const Schema& schema, std::string_view version, std::span<const Operation> others,
                             const std::set<std::string, std::less<>>& without = {});

}  // namespace weft::reference
