// Lists: which resources a query asks for, and which page of them. Pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/document/json_writer.h"
#include "control-plane/resource/resource.h"
#include "control-plane/source/http_message.h"
#include "control-plane/source/problem.h"
#include "control-plane/source/router.h"

namespace weft::cp {

// Writes one item of a list.
using WriteItem = std::function<void(JsonWriter& out, const Resource& resource)>;

// How the answer ends when there is no further page: `"next": null`, or nothing.
enum class LastPage { kNullNext, kWithoutNext };

// The page of `all` (sorted by mesh and name) that the call's query asks for, as the body of the answer.
HttpResponse list_response(const Call& call, const std::vector<ResourcePtr>& all, const WriteItem& write_item,
                           LastPage last_page = LastPage::kNullNext);

}  // namespace weft::cp
