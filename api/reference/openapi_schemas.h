// The "components.schemas" of the OpenAPI document: one for each kind's document, its list, its spec, and every message
// these hold. Pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/reference/schema.h"
#include "base/document/json_writer.h"

namespace weft::reference {

// All of them, as members of an object that is open.
void write_schemas(JsonWriter& out, const Schema& schema);
// {"$ref": "#/components/schemas/NAME"} as a value.
void write_ref(JsonWriter& out, std::string_view name);

}  // namespace weft::reference
