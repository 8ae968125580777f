// The reference as Markdown: an index and a page for each kind. Pure functions; any thread.
#pragma once

#include <map>
#include <string>

#include "api/reference/schema.h"

namespace weft::reference {

// File name ("meshretry.md") to text; the index is README.md.
std::map<std::string, std::string> pages(const Schema& schema);

}  // namespace weft::reference
